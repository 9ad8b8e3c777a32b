//! Which columns a file has.

use std::path::Path;

use super::csv::Csv;
#[cfg(feature = "parquet")]
use super::parquet;
use super::{Blanks, Unread, Wanted, files, json};
use crate::error::DataError;
use crate::schema::{Format, Source};

/// Rows of a text that tell whether a column holds lists.
const LOOKED_AT: usize = 1000;

/// The columns of a source's first file, and those that are not read: of Parquet what is neither texts,
/// numbers nor lists of such. A column of a text holds lists where the separator stands in one of its first
/// fields.
pub(crate) fn columns(source: &Source, base: &Path) -> Result<(Vec<Wanted>, Vec<Unread>), DataError> {
    let files = files::list(source, base)?.files;
    files::check_regular(&files)?;
    let path = &files[0];
    let (mut columns, unread) = match files::format(source, path)? {
        Format::Csv => csv_columns(path, source)?,
        Format::Json => json::columns(path, source, LOOKED_AT)?,
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::columns(path)?,
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(DataError::not_built(path, "Parquet", "parquet")),
    };
    for (key, _) in files::partitions(path) {
        columns.retain(|column| column.name != key);
        columns.push(Wanted::single(key));
    }
    Ok((columns, unread))
}

fn csv_columns(path: &Path, source: &Source) -> Result<(Vec<Wanted>, Vec<Unread>), DataError> {
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
    let is_twice = |i: usize| csv.names.iter().filter(|name| **name == csv.names[i]).count() > 1;
    let (mut once, mut twice) = (vec![], vec![]);
    for (i, column) in wanted.into_iter().enumerate() {
        match is_twice(i) {
            true => twice.push(Unread { name: column.name, reason: "one of several of its name".into() }),
            false => once.push(column),
        }
    }
    Ok((once, twice))
}
