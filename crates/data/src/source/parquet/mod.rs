//! Parquet files: blocks of rows out of them, tables into them.
//!
//! ```text
//! schema (which columns there are) ─ types (what their values are)
//!    │
//! rows ─ read (levels and values of a column) ─ values (made cells) ─▶ Column ─ write ─▶ file
//! ```

pub(super) mod decimals;
mod pages;
mod read;
mod rows;
mod schema;
#[cfg(test)]
pub(crate) mod tests;
mod types;
mod values;
mod write;

use std::fs::File;
use std::path::Path;

use ::parquet::basic::Compression;
use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;

pub(super) use rows::blocks;
pub(super) use schema::columns;
pub(crate) use write::{CellType, Field, TableWriter};

use super::guard::guarded;
use crate::error::DataError;

/// What a file should be.
const WHOLE: &str = "a whole Parquet file";

fn open(path: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    let open = || SerializedFileReader::new(file).map_err(|e| e.to_string());
    let file = guarded(open).map_err(|found| damaged(path, found))?;
    let groups = file.metadata().row_groups().iter().flat_map(|group| group.columns());
    for column in groups {
        let found = match column.compression() {
            #[cfg(not(feature = "brotli"))]
            Compression::BROTLI(_) => return Err(DataError::not_built(path, "brotli", "brotli")),
            Compression::LZO => "compression by LZO",
            _ => continue,
        };
        return Err(DataError::file(path, found, "Snappy, gzip, zstd, LZ4 or brotli, or none"));
    }
    Ok(file)
}

/// What is wrong with a file that cannot be read.
fn damaged(path: &Path, found: String) -> DataError {
    // So what is encrypted looks where no key is.
    let encrypted = found.contains("type_ is missing") || found.contains("encrypt");
    match encrypted {
        true => {
            let found = format!("columns that are encrypted, it seems ({found})");
            DataError::file(path, found, "a file that is not: who has its keys can write one")
        }
        false => DataError::file(path, found, WHOLE),
    }
}
