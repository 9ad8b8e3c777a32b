//! Scores as Parquet.

use std::fs::File;
use std::io;

use super::super::prediction_batch::PredictionBatch;
use crate::source::{CellType, Column, Field, TableWriter, TextColumn};

/// A file that grows.
pub(super) struct Parquet {
    names: Vec<String>,
    /// Until the writer has it.
    file: Option<File>,
    /// Begins with the first rows, which have the columns' types.
    writer: Option<Box<TableWriter>>,
}

impl Parquet {
    /// `names` are those of the kept columns.
    pub fn new(file: File, names: &[String]) -> Self {
        Parquet { names: names.to_vec(), file: Some(file), writer: None }
    }

    /// With why rows have no score, if `reasons`.
    pub fn write(&mut self, rows: &PredictionBatch, scores: &[Option<f32>], reasons: bool) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            let kept = self.names.iter().zip(&rows.kept).map(|(name, column)| Field::like(name, column));
            let score = Field { nullable: true, ..Field::new("score", CellType::Float32) };
            let reason = Field { nullable: true, ..Field::new("reason", CellType::Text) };
            let fields = kept.chain([score]).chain(reasons.then_some(reason));
            self.writer = Some(Box::new(TableWriter::new(file, fields.collect())?));
        }
        let scores = scores.iter().map(|score| score.map(f64::from)).collect();
        let mut of_rows = TextColumn::default();
        let mut wrong = rows.wrong.iter().peekable();
        for row in 0..rows.rows {
            let reason = wrong.next_if(|(at, _)| *at as usize == row);
            of_rows.push(reason.map(|(_, reason)| reason.as_str()));
        }
        let own = [Column::Float(scores)].into_iter().chain(reasons.then(|| of_rows.into()));
        let columns = rows.kept.iter().cloned().chain(own).collect();
        self.writer.as_mut().expect("begun with the first rows").write(columns)
    }

    pub fn finish(&mut self, reasons: bool) -> io::Result<()> {
        if self.writer.is_none() {
            // There was no row: the columns' types are not known.
            self.write(&PredictionBatch::none(self.names.len()), &[], reasons)?;
        }
        self.writer.take().expect("begun above").finish()
    }
}
