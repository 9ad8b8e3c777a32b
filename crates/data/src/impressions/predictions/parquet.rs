//! Scores as Parquet.

use std::fs::File;
use std::io;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use super::super::prediction_batch::PredictionBatch;
use crate::table::{Cells, to_arrow};

/// A file that grows.
pub(super) struct Parquet {
    names: Vec<String>,
    /// Until the writer has it.
    file: Option<File>,
    /// Begins with the first rows, which have the columns' types.
    writer: Option<Box<ArrowWriter<File>>>,
}

impl Parquet {
    /// `names` are those of the kept columns.
    pub fn new(file: File, names: &[String]) -> Self {
        Parquet { names: names.to_vec(), file: Some(file), writer: None }
    }

    pub fn write(&mut self, rows: &PredictionBatch, scores: &[Option<f32>]) -> io::Result<()> {
        let score: ArrayRef = Arc::new(Float32Array::from(scores.to_vec()));
        let kept = rows.kept.iter().map(|column| to_arrow(Cells::of(column), rows.rows));
        let columns = self.names.iter().map(String::as_str).zip(kept).chain([("score", score)]);
        let columns = columns.map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).map_err(io::Error::other)?;
        if let Some(file) = self.file.take() {
            self.writer = Some(Box::new(ArrowWriter::try_new(file, batch.schema(), None)?));
        }
        self.writer.as_mut().expect("begun with the first rows").write(&batch)?;
        Ok(())
    }

    pub fn finish(&mut self) -> io::Result<()> {
        if self.writer.is_none() {
            // There was no row: the columns' types are not known.
            self.write(&PredictionBatch::none(self.names.len()), &[])?;
        }
        self.writer.take().expect("begun above").close()?;
        Ok(())
    }
}
