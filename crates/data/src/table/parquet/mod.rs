//! Blocks of a Parquet file: what knows Arrow of all that is read.

mod from_arrow;
mod schema;
#[cfg(test)]
mod tests;
mod to_arrow;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_array::RecordBatch;

pub(super) use schema::columns;
pub(crate) use to_arrow::to_arrow;

use super::{Block, Places, Wanted, missing};
use crate::error::DataError;
use from_arrow::Convert;

type Builder = ParquetRecordBatchReaderBuilder<File>;

fn open(path: &Path) -> Result<Builder, DataError> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    Builder::try_new(file).map_err(|e| DataError::file(path, e.to_string(), WHOLE))
}

/// What a file should be.
const WHOLE: &str = "a whole Parquet file";

/// The wanted columns of a file, `rows` rows at a time.
pub(super) fn blocks(
    path: &Path,
    wanted: &[Wanted],
    rows: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + use<>, DataError> {
    let builder = open(path)?;
    let fields = builder.schema().fields();
    let (mut roots, mut readers) = (vec![], vec![]);
    for column in wanted {
        let (at, field) = fields
            .find(&column.name)
            .ok_or_else(|| missing(path, &column.name, fields.iter().map(|f| f.name().as_str())))?;
        readers.push((column.name.clone(), schema::reader(path, column, field.data_type())?));
        roots.push(at);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(rows)
        .build()
        .map_err(|e| DataError::file(path, e.to_string(), WHOLE))?;
    let (file, mut next): (Arc<Path>, _) = (path.into(), 1);
    Ok(reader.map(move |batch| {
        let first = next;
        let batch = batch.map_err(|e| DataError::file(&file, format!("from row {first} on: {e}"), WHOLE))?;
        next += batch.num_rows() as u64;
        Ok(block(&file, &batch, &readers, first))
    }))
}

fn block(file: &Arc<Path>, batch: &RecordBatch, readers: &[(String, Convert)], first: u64) -> Block {
    let column =
        |(name, convert): &(String, Convert)| convert(batch.column_by_name(name).expect("projected"));
    let columns = readers.iter().map(column).collect();
    Block {
        file: Arc::clone(file),
        places: Places::Rows(first),
        rows: batch.num_rows(),
        columns,
        broken: vec![],
    }
}
