//! Scores, beside the columns that tell whose they are.

mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod spool;

use std::io::Write;
use std::path::{Path, PathBuf};

use dien_serving::files::Staged;
use serde::Serialize;

use super::prediction_batch::PredictionBatch;
use crate::error::DataError;
use crate::source::{Cells, TextForm};
use spool::Spool;

/// Rows with their scores: a file, CSV or Parquet where its name ends so, or what a stream gets. There is
/// nothing of it anywhere before it is whole.
///
/// Columns: those that are kept, `score`, and [if asked for](Self::with_reasons) `reason`, why a row has no
/// score.
pub struct Predictions {
    path: PathBuf,
    keep: Vec<String>,
    reasons: bool,
    begun: bool,
    to: To,
}

enum To {
    Csv(Box<csv::Writer<Box<dyn Write>>>, Option<Staged>, Option<Spool>),
    Json(json::Json),
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::Parquet>, Staged),
}

impl Predictions {
    /// Into a file; `keep` are the kept columns' names.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path, keep: &[String]) -> Result<Self, DataError> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if !matches!(end, "csv" | "parquet") {
            return Err(DataError::file(
                path,
                format!("a name that ends in `.{end}`"),
                "`.csv` or `.parquet`",
            ));
        }
        #[cfg(not(feature = "parquet"))]
        if end == "parquet" {
            return Err(DataError::not_built(path, "Parquet", "parquet"));
        }
        let staged = Staged::create(path)?;
        let file = staged.file()?;
        let to = match end {
            #[cfg(feature = "parquet")]
            "parquet" => To::Parquet(Box::new(parquet::Parquet::new(file, keep)), staged),
            _ => To::Csv(Box::new(csv::Writer::from_writer(Box::new(file))), Some(staged), None),
        };
        Self::new(path, keep, to)
    }

    /// As CSV into a stream, such as standard output, once all rows are there. A reader of it that has left
    /// is no error.
    ///
    /// # Errors
    /// A column to keep has the score's name; there is no room for temporary files.
    pub fn stream(to: Box<dyn Write>, keep: &[String]) -> Result<Self, DataError> {
        let spool = Spool::new(to)?;
        let csv = csv::Writer::from_writer(spool.writer()?);
        Self::new(Path::new("standard output"), keep, To::Csv(Box::new(csv), None, Some(spool)))
    }

    /// As one JSON object into a stream: what [`finish_with`](Self::finish_with) is told, and `predictions`,
    /// a list of objects with the columns as fields, the kept ones as texts.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn json(to: Box<dyn Write>, keep: &[String]) -> Result<Self, DataError> {
        let to = To::Json(json::Json::new(Spool::new(to)?)?);
        Self::new(Path::new("standard output"), keep, to)
    }

    fn new(path: &Path, keep: &[String], to: To) -> Result<Self, DataError> {
        for own in ["score", "reason"] {
            if keep.iter().any(|name| name == own) {
                let expected = format!("others: that is the name of the {own} itself");
                return Err(DataError::file(path, format!("a column `{own}` to keep"), expected));
            }
        }
        Ok(Predictions { path: path.to_path_buf(), keep: keep.to_vec(), reasons: false, begun: false, to })
    }

    /// The same with a column `reason`.
    #[must_use]
    pub fn with_reasons(self) -> Self {
        Predictions { reasons: true, ..self }
    }

    /// The header, where there is one.
    fn begin(&mut self) -> std::io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let header =
            self.keep.iter().map(String::as_str).chain(["score"]).chain(self.reasons.then_some("reason"));
        match &mut self.to {
            To::Csv(csv, ..) => Ok(csv.write_record(header)?),
            _ => Ok(()),
        }
    }

    /// Adds rows; `scores` has one a row, none where something was wrong with it.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&mut self, rows: &PredictionBatch, scores: &[Option<f32>]) -> Result<(), DataError> {
        self.add(rows, scores).map_err(|e| self.failed(e))
    }

    fn add(&mut self, rows: &PredictionBatch, scores: &[Option<f32>]) -> std::io::Result<()> {
        self.begin()?;
        #[cfg(feature = "parquet")]
        if let To::Parquet(parquet, _) = &mut self.to {
            return parquet.write(rows, scores, self.reasons);
        }
        let kept: Vec<Cells<'_>> = rows.kept.iter().map(Cells::of).collect();
        let (mut buffer, mut wrong) = (String::new(), rows.wrong.iter().peekable());
        for (row, score) in scores.iter().enumerate() {
            let reason = wrong.next_if(|(at, _)| *at as usize == row).map(|(_, reason)| reason.as_str());
            let reason = self.reasons.then_some(reason);
            match &mut self.to {
                To::Json(json) => {
                    json.begin_row()?;
                    for (name, cells) in self.keep.iter().zip(&kept) {
                        json.field(name, &cells.token(row, TextForm::Typed, &mut buffer))?;
                    }
                    json.end_row(*score, reason)?;
                }
                To::Csv(csv, ..) => {
                    for cells in &kept {
                        csv.write_field(cells.token(row, TextForm::Typed, &mut buffer).unwrap_or_default())?;
                    }
                    csv.write_field(score.map_or(String::new(), |score| score.to_string()))?;
                    if let Some(reason) = reason {
                        csv.write_field(reason.unwrap_or_default())?;
                    }
                    csv.write_record(None::<&[u8]>)?;
                }
                #[cfg(feature = "parquet")]
                To::Parquet(..) => unreachable!("written above"),
            }
        }
        Ok(())
    }

    /// Gives the file its name, or the stream what it gets.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<(), DataError> {
        self.finish_with(&serde_json::Map::new())
    }

    /// The same, and says more of the whole where the form has room for it, which is JSON: the fields of an
    /// object.
    ///
    /// # Errors
    /// It cannot be written.
    ///
    /// # Panics
    /// If it is no object.
    pub fn finish_with(mut self, more: &impl Serialize) -> Result<(), DataError> {
        let path = self.path.clone();
        let failed = |e| DataError::io(&path, "write")(e);
        self.begin().map_err(failed)?;
        match self.to {
            To::Csv(csv, staged, spool) => {
                drop(csv.into_inner().map_err(|e| failed(e.into_error()))?);
                spool.map_or(Ok(()), Spool::hand_on).map_err(failed)?;
                Ok(staged.map_or(Ok(()), Staged::commit)?)
            }
            To::Json(json) => json.finish(more).map_err(failed),
            #[cfg(feature = "parquet")]
            To::Parquet(mut parquet, staged) => {
                parquet.finish(self.reasons).map_err(failed)?;
                Ok(staged.commit()?)
            }
        }
    }

    fn failed(&self, source: std::io::Error) -> DataError {
        DataError::io(&self.path, "write")(source)
    }
}
