//! Which columns a Parquet file has, and which of them can be read.

use std::path::Path;

use arrow_schema::DataType;

use super::from_arrow::{Convert, convert, is_list};
use crate::error::DataError;
use crate::table::Wanted;

/// The columns of a file that can be read.
pub(in crate::table) fn columns(path: &Path) -> Result<Vec<Wanted>, DataError> {
    let builder = super::open(path)?;
    let read = builder.schema().fields().iter().filter(|field| convert(field.data_type()).is_ok());
    Ok(read.map(|field| Wanted { name: field.name().clone(), list: is_list(field.data_type()) }).collect())
}

/// How a column's type is read, if its cells are lists, or single values, as is wanted.
pub(super) fn reader(path: &Path, column: &Wanted, found: &DataType) -> Result<Convert, DataError> {
    if is_list(found) != column.list {
        let expected = if column.list { "lists of ids, for a sequence" } else { "single values" };
        return Err(DataError::file(path, format!("column `{}` of type {found}", column.name), expected));
    }
    convert(found).map_err(|found| {
        let found = format!("column `{}`: {found}", column.name);
        DataError::file(path, found, "texts, numbers or lists of them")
    })
}
