//! Evaluation as the authors' code does it.

use dien_data::Batches;
use dien_model::Registry;
use dien_model::metrics::Metrics;
use dien_tensor::Mode;

use crate::error::Result;
use crate::run::Run;
use crate::scorer::Scorer;

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

    /// A run's best model, which evaluates so: scores, metrics and files alike.
    ///
    /// # Errors
    /// As [`Scorer::load`].
    pub fn load(&self, run: &Run) -> Result<Scorer> {
        self.load_with(run, &Registry::new())
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`Scorer::load_with`].
    pub fn load_with(&self, run: &Run, registry: &Registry) -> Result<Scorer> {
        let mut file = run.model_file()?;
        file.model.pool_padding |= self.pool_padding;
        let mode = if self.batch_statistics { Mode::EvalBatchStats } else { Mode::Eval };
        Ok(Scorer::from_file(file, registry)?.in_mode(mode))
    }

    /// AUC, GAUC and log loss of a run's best model over all targets of the batches.
    ///
    /// # Errors
    /// As [`Scorer::load`] and [`Scorer::evaluate`].
    pub fn evaluate(&self, run: &Run, batches: &Batches<'_>) -> Result<Metrics> {
        self.load(run)?.evaluate(batches)
    }
}
