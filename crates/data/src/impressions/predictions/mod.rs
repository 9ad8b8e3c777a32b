//! Scores, beside the columns that tell whose they are.

#[cfg(feature = "parquet")]
mod parquet;

use std::io::Write;
use std::path::{Path, PathBuf};

use dien_serving::files::Staged;

use super::prediction_batch::PredictionBatch;
use crate::error::DataError;
use crate::source::{Cells, TextForm};

/// A file of predictions that grows: CSV, or Parquet where its name ends so. It has its name once it is
/// whole.
pub struct Predictions {
    /// None for a stream.
    staged: Option<Staged>,
    path: PathBuf,
    names: Vec<String>,
    to: To,
}

enum To {
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    #[cfg(feature = "parquet")]
    Parquet(parquet::Parquet),
}

impl Predictions {
    /// Into a file; `keep` are the kept columns' names.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path, keep: &[String]) -> Result<Self, DataError> {
        if keep.iter().any(|name| name == "score") {
            return Err(DataError::file(
                path,
                "a column `score` to keep",
                "others: that is the score's own name",
            ));
        }
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
            "parquet" => To::Parquet(parquet::Parquet::new(file, keep)),
            _ => To::Csv(Box::new(csv::Writer::from_writer(Box::new(file)))),
        };
        Predictions { staged: Some(staged), path: path.to_path_buf(), names: keep.to_vec(), to }.begun()
    }

    /// As CSV into a stream, such as standard output.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn stream(to: Box<dyn Write>, keep: &[String]) -> Result<Self, DataError> {
        let to = To::Csv(Box::new(csv::Writer::from_writer(to)));
        Predictions { staged: None, path: "standard output".into(), names: keep.to_vec(), to }.begun()
    }

    fn begun(mut self) -> Result<Self, DataError> {
        let header: Vec<&str> = self.names.iter().map(String::as_str).chain(["score"]).collect();
        let written = match &mut self.to {
            To::Csv(csv) => csv.write_record(header).map_err(Into::into),
            #[cfg(feature = "parquet")]
            To::Parquet(_) => Ok(()),
        };
        written.map_err(|e| self.failed(e))?;
        Ok(self)
    }

    /// Adds rows; `scores` has one a row, none where something was wrong with it.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&mut self, rows: &PredictionBatch, scores: &[Option<f32>]) -> Result<(), DataError> {
        let written = match &mut self.to {
            To::Csv(csv) => write_csv(csv, rows, scores),
            #[cfg(feature = "parquet")]
            To::Parquet(parquet) => parquet.write(rows, scores),
        };
        written.map_err(|e| self.failed(e))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<(), DataError> {
        let closed = match &mut self.to {
            To::Csv(csv) => csv.flush(),
            #[cfg(feature = "parquet")]
            To::Parquet(parquet) => parquet.finish(),
        };
        closed.map_err(|e| self.failed(e))?;
        Ok(self.staged.map_or(Ok(()), Staged::commit)?)
    }

    fn failed(&self, source: std::io::Error) -> DataError {
        DataError::io(&self.path, "write")(source)
    }
}

fn write_csv(
    csv: &mut csv::Writer<Box<dyn Write>>,
    rows: &PredictionBatch,
    scores: &[Option<f32>],
) -> std::io::Result<()> {
    let kept: Vec<Cells<'_>> = rows.kept.iter().map(Cells::of).collect();
    let mut buffer = String::new();
    for (row, score) in scores.iter().enumerate() {
        for cells in &kept {
            csv.write_field(cells.token(row, TextForm::Typed, &mut buffer).unwrap_or_default())?;
        }
        csv.write_field(score.map_or(String::new(), |score| score.to_string()))?;
        csv.write_record(None::<&[u8]>)?;
    }
    Ok(())
}
