//! Text in files.

use std::path::Path;

use crate::error::{Error, Result};

/// The text of a file's bytes.
///
/// # Errors
/// The first line that is no UTF-8.
pub fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        Error::file(path, format!("bytes that are not UTF-8 on line {line}"), "UTF-8 text")
    })
}
