//! Which columns a file has.

use std::path::Path;

use super::csv::Csv;
#[cfg(feature = "parquet")]
use super::parquet;
use super::{Blanks, Wanted, files};
use crate::error::DataError;
use crate::schema::{Format, Source};

/// Rows of CSV that tell whether a column holds lists.
const LOOKED_AT: usize = 1000;

/// The columns of a source's first file. Those of Parquet that are neither texts, numbers nor lists of such
/// are left out; a column of CSV holds lists where the separator stands in one of its first fields.
pub(crate) fn columns(source: &Source, base: &Path) -> Result<Vec<Wanted>, DataError> {
    let files = files::list(source, base)?.files;
    files::check_regular(&files)?;
    let path = &files[0];
    let mut columns = match files::format(source, path)? {
        Format::Csv => csv_columns(path, source)?,
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::columns(path)?,
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(DataError::not_built(path, "Parquet", "parquet")),
    };
    for (key, _) in files::partitions(path) {
        columns.retain(|column| column.name != key);
        columns.push(Wanted::single(key));
    }
    Ok(columns)
}

fn csv_columns(path: &Path, source: &Source) -> Result<Vec<Wanted>, DataError> {
    let mut csv = Csv::open(path, source)?;
    let mut wanted: Vec<Wanted> = csv.names.iter().map(Wanted::single).collect();
    for _ in 0..LOOKED_AT {
        let Some(row) = csv.read()? else { break };
        if let Some([found, expected]) = row.fault {
            return Err(DataError::file(path, format!("line {}: {found}", row.line), expected));
        }
        for (i, column) in wanted.iter_mut().enumerate() {
            column.list |= csv.field(i).is_some_and(|field| csv.lists.is_list(field));
        }
    }
    wanted.iter_mut().for_each(|column| column.blanks = Blanks::DroppedAtEnd);
    Ok(wanted)
}
