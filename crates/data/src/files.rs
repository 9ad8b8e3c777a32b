//! Small helpers for files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::DataError;

/// A file's bytes, out of gzip or zstd if its name ends so.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(DataError::io(path, "open"))?);
    let end = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    Ok(match end {
        "gz" => Box::new(MultiGzDecoder::new(file)),
        #[cfg(feature = "zstd")]
        "zst" => Box::new(zstd::Decoder::with_buffer(file).map_err(DataError::io(path, "read"))?),
        #[cfg(not(feature = "zstd"))]
        "zst" => return Err(DataError::not_built(path, "zstd", "zstd")),
        _ => Box::new(file),
    })
}
