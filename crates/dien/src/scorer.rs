//! A model with its parameters, ready to score.

use dien_data::Batches;
use dien_model::init::Builder;
use dien_model::metrics::Metrics;
use dien_model::{Batch, Calibration, Features, Model, ModelConfig, Registry, Trace};
use dien_serving::model_file::ModelFile;
use dien_tensor::{Mode, ParamStore, Pool, Tape};

use crate::error::Result;
use crate::inference::{Inference, batches_of};
use crate::run::Run;

/// A model with its parameters. Shared freely by threads.
///
/// ```no_run
/// use dien::prelude::*;
///
/// let run = Run::open("runs/mine")?;
/// let scorer = Scorer::load(&run)?;
/// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
/// let test = scorer.evaluate(&data.test())?;
/// println!("AUC {:?}, GAUC {:?}, log loss {:.4} nats", test.auc, test.gauc, test.logloss);
/// # Ok::<(), dien::Error>(())
/// ```
pub struct Scorer {
    features: Features,
    model: Box<dyn Model<f32> + Send + Sync>,
    pub(crate) params: ParamStore<f32>,
    pub(crate) pool: Pool<f32>,
    pub(crate) calibration: Calibration,
    mode: Mode,
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scorer").field("features", &self.features).finish_non_exhaustive()
    }
}

impl Scorer {
    /// An untrained model, with initial parameters drawn from `seed`.
    ///
    /// # Errors
    /// An option is impossible.
    pub fn untrained(config: &ModelConfig, features: &Features, seed: u64) -> Result<Self> {
        Self::untrained_with(&Registry::new(), config, features, seed)
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`untrained`](Self::untrained); the registry does not know the model.
    pub fn untrained_with(
        registry: &Registry,
        config: &ModelConfig,
        features: &Features,
        seed: u64,
    ) -> Result<Self> {
        let mut params = ParamStore::new();
        let model = registry.build(config, features, Builder::new(&mut params, seed))?;
        Ok(Self::new(model, features, params))
    }

    /// A model of your own, with its initial parameters. One that is to be loaded again has a name in a
    /// [`Registry`]: see [`untrained_with`](Self::untrained_with).
    pub fn new(
        model: Box<dyn Model<f32> + Send + Sync>,
        features: &Features,
        params: ParamStore<f32>,
    ) -> Self {
        let calibration = Calibration::default();
        Scorer { features: features.clone(), model, params, pool: Pool::new(), calibration, mode: Mode::Eval }
    }

    /// The best model of a run.
    ///
    /// # Errors
    /// A file of the run is missing, cut off, or does not fit the others.
    pub fn load(run: &Run) -> Result<Self> {
        Self::load_with(run, &Registry::new())
    }

    /// The best model of a run, which may be one of your own.
    ///
    /// # Errors
    /// As [`load`](Self::load); the registry does not know the model.
    pub fn load_with(run: &Run, registry: &Registry) -> Result<Self> {
        Self::from_file(run.model_file()?, registry)
    }

    /// A model that was read, without drawing anything.
    pub(crate) fn from_file(file: ModelFile, registry: &Registry) -> Result<Self> {
        let (model, params) = file.params.build(registry, &file.model, &file.features)?;
        Ok(Scorer { calibration: file.calibration, ..Self::new(model, &file.features, params) })
    }

    /// What becomes of the model's logits, in everything that this scores.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The features that a batch must have.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The model.
    pub fn model(&self) -> &(dyn Model<f32> + Send + Sync) {
        &*self.model
    }

    /// The parameters.
    pub fn params(&self) -> &ParamStore<f32> {
        &self.params
    }

    /// The probability of a click for each target.
    ///
    /// # Errors
    /// The batch does not fit the [features](Self::features): an id beyond its vocabulary, a NaN, a wrong
    /// length.
    pub fn score(&self, batch: &Batch) -> Result<Vec<f32>> {
        let logits = self.logits(batch)?;
        Ok(logits.into_iter().map(|x| dien_serving::probability(x) as f32).collect())
    }

    /// The logit of the probability of a click for each target, [calibrated](Self::calibration).
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn logits(&self, batch: &Batch) -> Result<Vec<f32>> {
        batch.validate(&self.features)?;
        self.inference().logits(batch)
    }

    /// What each target's score went through; `None` of models that pool histories without looking at the
    /// candidate.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn trace(&self, batch: &Batch) -> Result<Option<Vec<Trace<f32>>>> {
        batch.validate(&self.features)?;
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        Ok(self.model.trace(&tape, batch))
    }

    /// AUC, GAUC and log loss over all targets of the batches, by their weights if they have some.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn evaluate(&self, batches: &Batches<'_>) -> Result<Metrics> {
        self.evaluate_with(batches, |_, _, _| Ok(()))
    }

    /// The same, and shows each batch's index, the batch and its targets' logits, in order.
    ///
    /// # Errors
    /// As [`score`](Self::score), and those of `each`.
    pub fn evaluate_with(
        &self,
        batches: &Batches<'_>,
        mut each: impl FnMut(usize, &Batch, &[f32]) -> Result<()>,
    ) -> Result<Metrics> {
        let each = |index, batch: &Batch, (), logits: &[f32]| each(index, batch, logits);
        self.inference().evaluate(None, batches_of(batches, &self.features), each)
    }

    /// The same with the order of each group's first `k` candidates
    /// ([`Metrics::ranking`](dien_model::metrics::Metrics::ranking)).
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn evaluate_top_k(&self, batches: &Batches<'_>, k: usize) -> Result<Metrics> {
        Ok(self.evaluation().top_k(k).run(batches)?.metrics)
    }

    /// The same in another way of evaluation.
    pub(crate) fn in_mode(self, mode: Mode) -> Self {
        Scorer { mode, ..self }
    }

    pub(crate) fn inference(&self) -> Inference<'_> {
        let Scorer { params, pool, calibration, mode, .. } = self;
        Inference { model: self.model(), params, pool, mode: *mode, calibration }
    }
}

/// Threads share a scorer.
const _: () = {
    const fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Scorer>();
};
