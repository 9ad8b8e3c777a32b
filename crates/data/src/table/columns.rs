//! Which columns a file has.

use std::fs::File;
use std::path::Path;

use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

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
        Format::Parquet => parquet_columns(path),
    }
}

fn parquet_columns(path: &Path) -> Result<Vec<Wanted>, DataError> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| DataError::file(path, e.to_string(), "a whole Parquet file"))?;
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

/// What a list holds, if it is one.
pub(super) fn item_type(of: &DataType) -> Option<&DataType> {
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
