//! Evaluation as the authors' code does it.

use std::path::Path;

use dien_data::Examples;
use dien_model::metrics::Metrics;
use dien_model::{Batch, Registry};
use dien_tensor::Mode;

use crate::error::Result;
use crate::run::Run;
use crate::scorer::{Evaluation, Scorer};

/// How a run's model is evaluated as the authors' TensorFlow code does it, to reproduce published figures. By
/// default, and in [`Scorer::evaluate`], neither is so; with either a target's score depends on the batch it
/// is in.
///
/// ```no_run
/// use dien::prelude::*;
/// use dien::ReferenceEval;
///
/// let run = Run::open("runs/mine")?;
/// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
/// let reference = ReferenceEval::default().batch_statistics(true).pool_padding(true);
/// println!("{:?}", reference.evaluate(&run, &data.test())?.auc);
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferenceEval {
    /// Batch normalisation and Dice use the evaluation batch's own statistics.
    pub batch_statistics: bool,
    /// The pooled history counts the padding; see
    /// [`ModelConfig::pool_padding`](dien_model::ModelConfig::pool_padding).
    pub pool_padding: bool,
    /// How many of each group's candidates are looked at, if their order is
    /// ([`Metrics::ranking`]); none in the authors' code.
    pub top_k: Option<usize>,
}

impl ReferenceEval {
    /// Sets [`batch_statistics`](Self::batch_statistics).
    #[must_use]
    pub fn batch_statistics(mut self, on: bool) -> Self {
        self.batch_statistics = on;
        self
    }

    /// Sets [`pool_padding`](Self::pool_padding).
    #[must_use]
    pub fn pool_padding(mut self, on: bool) -> Self {
        self.pool_padding = on;
        self
    }

    /// Sets [`top_k`](Self::top_k).
    #[must_use]
    pub fn top_k(mut self, k: impl Into<Option<usize>>) -> Self {
        self.top_k = k.into();
        self
    }

    /// AUC, GAUC and log loss of a run's best model over all targets of the batches.
    ///
    /// # Errors
    /// As [`Scorer::load`] and [`Scorer::evaluate`].
    pub fn evaluate(&self, run: &Run, batches: &Examples<'_>) -> Result<Metrics> {
        self.evaluate_with(run, batches, |_| ())
    }

    /// The same, and shows each batch, in order.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_with(
        &self,
        run: &Run,
        batches: &Examples<'_>,
        mut each: impl FnMut(&Batch),
    ) -> Result<Metrics> {
        self.scorer(run)?.evaluate_as(self.how(), batches, |_, batch, _| {
            each(batch);
            Ok(())
        })
    }

    /// The same, and writes each target's score as [`Scorer::write_scores`] does.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate) and [`Scorer::write_scores`].
    pub fn write_scores(&self, run: &Run, batches: &Examples<'_>, path: &Path) -> Result<Metrics> {
        self.write_scores_with(run, batches, path, |_| ())
    }

    /// The same, and shows each batch, in order.
    ///
    /// # Errors
    /// As [`write_scores`](Self::write_scores).
    pub fn write_scores_with(
        &self,
        run: &Run,
        batches: &Examples<'_>,
        path: &Path,
        each: impl FnMut(&Batch),
    ) -> Result<Metrics> {
        self.scorer(run)?.write_scores_as(self.how(), batches, path, each)
    }

    fn scorer(&self, run: &Run) -> Result<Scorer> {
        let mut file = run.model_file()?;
        file.model.pool_padding |= self.pool_padding;
        Scorer::from_file(file, &Registry::new())
    }

    fn how(&self) -> Evaluation {
        let mode = if self.batch_statistics { Mode::EvalBatchStats } else { Mode::Eval };
        Evaluation { mode, top_k: self.top_k }
    }
}
