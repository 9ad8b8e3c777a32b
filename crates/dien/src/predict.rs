//! Scores of a log's rows, in their order.

use dien_data::schema::Source;
use dien_data::{Impressions, PredictionBatch, Predictions, Skipped};

use crate::error::Result;
use crate::oov::OovReport;
use crate::scorer::Scorer;

/// What was scored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Predicted {
    /// Rows, those with something wrong in them included.
    pub rows: u64,
    /// Rows without a score, since something is wrong with them.
    pub skipped: Skipped,
    /// How many ids of those with a score the model does not know.
    pub oov: OovReport,
}

impl Scorer {
    /// Writes the probability of a click for each row of `source`, in the rows' order, beside the columns in
    /// `keep`. `log` says what the columns are; labels are not read. Memory does not depend on how many rows
    /// there are.
    ///
    /// ```no_run
    /// use dien::data::Predictions;
    /// use dien::prelude::*;
    ///
    /// let run = Run::open("runs/of-a-log")?;
    /// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
    /// let Data::Impressions(log) = &data else { panic!("a run on behaviours") };
    /// let mut out = Predictions::create("scores.csv".as_ref(), &[])?;
    /// let done = Scorer::load(&run)?.predict(log, &log.schema().source, &[], &mut out)?;
    /// out.finish()?;
    /// println!("{} rows, {} of them without a score", done.rows, done.skipped.rows);
    /// # Ok::<(), dien::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Impressions::prediction_batches`]; the log does not fit the model; a score is not finite, or
    /// cannot be written.
    pub fn predict(
        &self,
        log: &Impressions,
        source: &Source,
        keep: &[String],
        to: &mut Predictions,
    ) -> Result<Predicted> {
        let (mut rows, mut oov) = (0, OovReport::new(self.features()));
        let mut done: Result<()> = Ok(());
        let skipped = log.prediction_batches(source, keep, |block| {
            rows += block.rows as u64;
            block.batches.iter().for_each(|(batch, _)| oov.add(batch));
            done = self.scores(&block).and_then(|scores| Ok(to.write(&block, &scores)?));
            done.is_ok()
        })?;
        done?;
        Ok(Predicted { rows, skipped, oov })
    }

    fn scores(&self, block: &PredictionBatch) -> Result<Vec<Option<f32>>> {
        let mut scores = vec![None; block.rows];
        for (batch, places) in &block.batches {
            for (&row, score) in places.iter().zip(self.score(batch)?) {
                scores[row as usize] = Some(score);
            }
        }
        Ok(scores)
    }
}
