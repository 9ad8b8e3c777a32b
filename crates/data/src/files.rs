//! Small helpers for files.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::DataError;

/// Writes beside the path, then renames, so that a reader never sees half a file.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let part = temporary(path);
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|source| {
        // What failed is the write; a leftover is only untidy.
        let _ = fs::remove_file(&part);
        DataError::Io { path: path.to_path_buf(), action: "write", source }
    })
}

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

/// The text of a file.
pub(crate) fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, DataError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        DataError::file(path, format!("bytes that are not UTF-8 on line {line}"), "UTF-8 text")
    })
}
