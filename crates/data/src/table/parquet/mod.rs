//! Blocks of a Parquet file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_array::RecordBatch;
use arrow_schema::DataType;

use super::canonical::canonical;
use super::columns::item_type;
use super::{Block, Places, Wanted, missing};
use crate::error::DataError;

/// The wanted columns of a file, `rows` rows at a time.
pub(super) fn blocks(
    path: &Path,
    wanted: &[Wanted],
    rows: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + use<>, DataError> {
    let whole = "a whole Parquet file";
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| DataError::file(path, e.to_string(), whole))?;
    let fields = builder.schema().fields();
    let mut roots = vec![];
    for column in wanted {
        let (at, field) = fields
            .find(&column.name)
            .ok_or_else(|| missing(path, &column.name, fields.iter().map(|f| f.name().as_str())))?;
        check_type(path, column, field.data_type())?;
        roots.push(at);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(rows)
        .build()
        .map_err(|e| DataError::file(path, e.to_string(), whole))?;
    let (file, names): (Arc<Path>, Vec<String>) =
        (path.into(), wanted.iter().map(|w| w.name.clone()).collect());
    let mut next = 1;
    Ok(reader.map(move |batch| {
        let first = next;
        let batch = batch.map_err(|e| {
            DataError::file(&file, format!("from row {first} on: {e}"), "a whole Parquet file")
        })?;
        next += batch.num_rows() as u64;
        block(&file, &batch, &names, first)
    }))
}

fn block(file: &Arc<Path>, batch: &RecordBatch, names: &[String], first: u64) -> Result<Block, DataError> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let array = batch.column_by_name(name).expect("projected");
        columns.push(canonical(array).map_err(|found| {
            DataError::file(file, format!("column `{name}`: {found}"), "texts, numbers or lists of them")
        })?);
    }
    let places = Places::Rows(first);
    Ok(Block { file: Arc::clone(file), places, rows: batch.num_rows(), columns, broken: vec![] })
}

fn check_type(path: &Path, column: &Wanted, found: &DataType) -> Result<(), DataError> {
    if item_type(found).is_some() == column.list {
        return Ok(());
    }
    let expected = if column.list { "lists of ids, for a sequence" } else { "single values" };
    Err(DataError::file(path, format!("column `{}` of type {found}", column.name), expected))
}
