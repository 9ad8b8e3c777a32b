//! Which columns a file has.

use std::path::Path;

#[cfg(feature = "parquet")]
use super::parquet;
use super::{Wanted, csv, files};
use crate::error::DataError;
use crate::schema::{Format, Source};

/// Rows of CSV that tell whether a column holds lists.
const LOOKED_AT: usize = 1000;

/// The columns of a source's first file. Those of Parquet that are neither texts, numbers nor lists of such
/// are left out; a column of CSV holds lists where the separator stands in one of its first fields.
pub(crate) fn columns(source: &Source, base: &Path) -> Result<Vec<Wanted>, DataError> {
    let files = files::list(source, base)?;
    let path = &files[0];
    match files::format(source, path)? {
        Format::Csv => csv_columns(path, source),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::columns(path),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(DataError::not_built(path, "Parquet", "parquet")),
    }
}

fn csv_columns(path: &Path, source: &Source) -> Result<Vec<Wanted>, DataError> {
    let (mut reader, separator) = csv::reader(path, source)?;
    let header = csv::header(path, &mut reader)?;
    let mut wanted: Vec<Wanted> = header.into_iter().map(|name| Wanted { name, list: false }).collect();
    for record in reader.records().take(LOOKED_AT) {
        let record = record.map_err(|e| csv::wrong(path, e))?;
        for (column, field) in wanted.iter_mut().zip(&record) {
            column.list |= field.contains(separator);
        }
    }
    Ok(wanted)
}
