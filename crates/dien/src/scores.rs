//! Every target's score, in a file.

use std::path::Path;

use dien_data::Examples;
use dien_model::Batch;
use dien_model::metrics::Metrics;
use dien_serving::{files, probability};

use crate::error::{Error, Result};
use crate::scorer::{Evaluation, Scorer};

impl Scorer {
    /// Evaluates as [`evaluate`](Self::evaluate), and writes a CSV file with a row for each target: `user`
    /// and `item` as the log calls them, `label`, `logit` and `probability` in the shortest form that reads
    /// back to the same number. Of a log of impressions the user is what the column of kind `group` says,
    /// empty without one. Rows are in the order of the batches, by the length of histories.
    ///
    /// A file is written under another name and then renamed; anything else that is there, such as a pipe, is
    /// written to.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate); the file cannot be written.
    pub fn write_scores(&self, examples: &Examples<'_>, path: &Path) -> Result<Metrics> {
        self.write_scores_as(Evaluation::default(), examples, path, |_| ())
    }

    /// In a way of evaluation; shows each batch.
    pub(crate) fn write_scores_as(
        &self,
        how: Evaluation,
        examples: &Examples<'_>,
        path: &Path,
        mut each: impl FnMut(&Batch),
    ) -> Result<Metrics> {
        let mut text = csv::Writer::from_writer(vec![]);
        let mut row = |fields: [&str; 5]| text.write_record(fields).map_err(|e| failed(path, e.into()));
        row(["user", "item", "label", "logit", "probability"])?;
        let metrics = self.evaluate_named(how, examples, |batch, names, logits| {
            each(batch);
            for (((user, item), label), &logit) in names.iter().zip(&batch.targets.label).zip(logits) {
                let (label, probability) = (label.to_string(), probability(logit).to_string());
                row([user, item, &label, &logit.to_string(), &probability])?;
            }
            Ok(())
        })?;
        let bytes = text.into_inner().map_err(|e| failed(path, e.into_error()))?;
        files::write_to(path, &bytes)?;
        Ok(metrics)
    }
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::io(path, "write")(source)
}
