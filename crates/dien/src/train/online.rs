//! Learning from batches as they come, such as those of a queue.

use std::path::Path;
use std::sync::Arc;

use dien_data::Dataset;
use dien_model::{Batch, Registry, TouchedRows};
use dien_optim::Optimizer;
use dien_tensor::Mode;

use super::frequency::Frequency;
use super::step::non_finite_value;
use super::{Step, Trainer};
use crate::error::{Error, Result};
use crate::inference::Inference;

impl Trainer {
    /// One step on a batch of your own: forward, backward, an update of the parameters, by the
    /// configuration's optimiser, schedule and loss. It counts in no epoch: [`train`](Self::train) goes on
    /// where it was.
    ///
    /// Batches are made of rows by
    /// [`Impressions::training_batch`](dien_data::Impressions::training_batch). The loss is the batch's mean,
    /// by its weights if it has some, in nats. `examples/online.rs` learns from a channel.
    ///
    /// ```
    /// use dien::prelude::*;
    ///
    /// let config: Config = "source.synthetic.users = 40\nmodel.hidden = 4".parse()?;
    /// let (data, _warnings) = DataSource::open(&config, Encoding::Fit)?;
    /// let batch = data.epoch(1, 0).first()?.expect("a batch");
    /// let mut trainer = Trainer::new(&config, data)?;
    /// let losses = [trainer.step(&batch)?.target_loss, trainer.step(&batch)?.target_loss];
    /// assert!(losses[1] < losses[0]);
    /// # Ok::<(), dien::Error>(())
    /// ```
    ///
    /// # Errors
    /// The batch has no target, or does not fit the features: an id beyond its vocabulary, a NaN, a wrong
    /// length; a loss or a gradient is NaN or infinite, and the parameters are as before.
    pub fn step(&mut self, batch: &Batch) -> Result<Step> {
        batch.validate(self.scorer.features())?;
        if batch.targets.is_empty() {
            let error = dien_data::DataError::Log {
                place: "a batch to train on".into(),
                found: "no target".into(),
                expected: "at least one".into(),
            };
            return Err(Error::in_data(error));
        }
        if self.frequency.is_none() {
            let (lambda, seed) = (self.config.model.l2_by_frequency, self.config.train.seed);
            self.frequency = Frequency::count(lambda, &self.dataset, self.scorer.model(), seed)?;
        }
        let step = self.make_step(0, batch)?;
        Ok(Step { batch: 0, ..step })
    }

    /// The probability of a click for each target, by the latest parameters, or by their average if
    /// `train.ema_decay` asks for one; [`score`](Self::score) goes by those of the best epoch.
    ///
    /// The rows of tables that it reads are brought up to date now instead of at their next step, which may
    /// show in the last bits of later parameters.
    ///
    /// # Errors
    /// As [`Scorer::score`](crate::Scorer::score).
    pub fn score_latest(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        batch.validate(self.scorer.features())?;
        let (model, pool) = (self.scorer.model(), &self.scorer.pool);
        let touched = pool.shared(|touched: &mut TouchedRows| model.touch(batch, touched));
        for table in touched.iter() {
            self.optimizer.prepare(&mut self.params, &[table]);
        }
        let (params, calibration) = (self.validated(), &self.scorer.calibration);
        let logits = Inference { model, params, pool, mode: Mode::Eval, calibration }.logits(batch)?;
        Ok(logits.into_iter().map(|x| dien_serving::probability(x) as f32).collect())
    }

    /// Takes the latest parameters, or their average, for the best: [`score`](Self::score),
    /// [`evaluate`](Self::evaluate) and [`into_scorer`](Self::into_scorer) go by them, and a run's
    /// `model.safetensors`, which a [`Ranker`](crate::Ranker) loads, and its checkpoint are written anew.
    ///
    /// # Errors
    /// A parameter is not finite; a file cannot be written.
    pub fn keep_latest(&mut self) -> Result<()> {
        self.optimizer.flush(&mut self.params);
        if let Some(id) = non_finite_value(&self.params) {
            return Err(Error::NonFinite {
                step: self.optimizer.steps(),
                epoch: self.progress.epoch + 1,
                batch: self.progress.batch,
                what: "a parameter",
                first: format!("the value of `{}`", self.params.name(id)),
            });
        }
        self.keep_best();
        if let Some(run) = &self.run {
            self.save_best(run)?;
        }
        self.save_checkpoint()
    }

    /// Goes on with data that knows more ids, as
    /// [`Impressions::from_source_continuing`](dien_data::Impressions::from_source_continuing) opens it: the
    /// embeddings of known ids and the optimiser's state stay, the tables grow by the rows of new ids, which
    /// begin as those of a new model. Epochs are counted anew; it saves to no run.
    ///
    /// # Errors
    /// The data is for another model; an option has an impossible value.
    pub fn grow(self, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        self.grow_with(&Registry::new(), data)
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`grow`](Self::grow); the registry does not know the model.
    pub fn grow_with(mut self, registry: &Registry, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        self.optimizer.flush(&mut self.params);
        let mut grown = Self::new_with(registry, &self.config, data)?;
        let (before, now) = (self.dataset.vocabularies(), grown.dataset.vocabularies());
        if before.extended(now) != *now {
            let found = "data whose vocabularies do not begin as the model's";
            return Err(Error::file(Path::new("the data"), found, "one opened by `from_source_continuing`"));
        }
        grown.take_over(&self.params, self.optimizer.state(&self.params), Path::new("the trainer"))?;
        Ok(grown)
    }
}
