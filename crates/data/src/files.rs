//! Small helpers for files.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::DataError;

/// A file's bytes, out of gzip or zstd if its name ends so.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(DataError::io(path, "open"))?);
    let end = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    Ok(match end {
        "gz" => Box::new(MultiGzDecoder::new(file)),
        "zst" => Box::new(zstd::Decoder::with_buffer(file).map_err(DataError::io(path, "read"))?),
        _ => Box::new(file),
    })
}

/// The name of a file or folder while it is being written.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    path.with_file_name(name)
}
