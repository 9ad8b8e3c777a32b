//! Which columns a Parquet file has, and which of them can be read.

use std::path::Path;

use arrow_schema::DataType;

use crate::error::DataError;
use crate::table::Wanted;

/// The columns of a file that are texts, numbers or lists of such.
pub(in crate::table) fn columns(path: &Path) -> Result<Vec<Wanted>, DataError> {
    let builder = super::open(path)?;
    let fields = builder.schema().fields().iter();
    Ok(fields
        .filter_map(|field| {
            let item = item_type(field.data_type());
            let list = item.is_some();
            let simple = is_simple(item.unwrap_or(field.data_type()));
            simple.then(|| Wanted { name: field.name().clone(), list })
        })
        .collect())
}

/// That a column's cells are lists, or single values, as is wanted.
pub(super) fn check_type(path: &Path, column: &Wanted, found: &DataType) -> Result<(), DataError> {
    if item_type(found).is_some() == column.list {
        return Ok(());
    }
    let expected = if column.list { "lists of ids, for a sequence" } else { "single values" };
    Err(DataError::file(path, format!("column `{}` of type {found}", column.name), expected))
}

/// What a list holds, if it is one.
fn item_type(of: &DataType) -> Option<&DataType> {
    use DataType::*;
    match of {
        List(item) | LargeList(item) | FixedSizeList(item, _) | ListView(item) | LargeListView(item) => {
            Some(item.data_type())
        }
        _ => None,
    }
}

fn is_simple(of: &DataType) -> bool {
    use DataType::*;
    match of {
        Dictionary(_, values) => is_simple(values),
        Utf8 | LargeUtf8 | Utf8View | Boolean | Date32 | Date64 | Timestamp(..) | Null => true,
        other => other.is_numeric(),
    }
}
