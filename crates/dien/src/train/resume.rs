//! Trainers that go on: with a run that stopped, or from a run with other data.

use std::path::Path;
use std::sync::Arc;

use dien_data::Dataset;
use dien_model::Registry;
use dien_optim::{Optimizer, OptimizerState};
use dien_tensor::{ParamId, ParamKind, ParamStore};

use super::Trainer;
use super::average::Average;
use crate::config::Config;
use crate::error::{Error, Origin, Result};
use crate::run::{Checkpoint, Run};
use crate::scorer::Scorer;

impl Trainer {
    /// A trainer where the run stopped. `config` is the run's, but may ask for more epochs or patience, and
    /// find the same data elsewhere.
    ///
    /// ```no_run
    /// use dien::prelude::*;
    ///
    /// let run = Run::open("runs/mine")?;
    /// let mut config = run.config()?;
    /// config.train.epochs += 10;
    /// let (data, _warnings) = DataSource::open(&config, Encoding::Extend(&run))?;
    /// Trainer::resume(run, &config, data)?.train(&mut ())?;
    /// # Ok::<(), dien::Error>(())
    /// ```
    ///
    /// # Errors
    /// The run's files are missing, cut off or do not fit each other, the configuration, or the data.
    pub fn resume(run: Run, config: &Config, dataset: impl Into<Arc<Dataset>>) -> Result<Self> {
        Self::resume_with(&Registry::new(), run, config, dataset)
    }

    /// A trainer where the run of a model stopped that may be one of your own.
    ///
    /// # Errors
    /// As [`resume`](Self::resume); the registry does not know the model.
    pub fn resume_with(
        registry: &Registry,
        run: Run,
        config: &Config,
        dataset: impl Into<Arc<Dataset>>,
    ) -> Result<Self> {
        if let Some(option) = config.differs_from(&run.config()?) {
            let expected = "the run's own (only `source`, `train.epochs`, `train.patience` and what \
                            calibrates may change)";
            return Err(Error::file(run.folder(), format!("another value of `{option}`"), expected));
        }
        config.validate()?;
        let dataset = dataset.into();
        run.check_schema(&dataset)?;
        if run.vocabularies(dataset.vocabularies().iter().map(|(name, _)| name))? != *dataset.vocabularies() {
            let found = "vocabularies that are not the data's";
            return Err(Error::file(run.folder(), found, "the data that the run was trained on"));
        }
        let (features, decay) = (dataset.features().clone(), config.train.ema_decay);
        let Checkpoint { model, params, averaged, state, progress } =
            run.load_checkpoint(registry, &config.model, &features, decay > 0.0)?;
        if config.train.epochs < progress.epoch {
            return Err(Error::Option {
                origin: Origin::Default,
                option: "train.epochs".into(),
                found: config.train.epochs.to_string(),
                expected: format!("at least the {} that the run has", progress.epoch),
            });
        }
        let (model, best) = match progress.best {
            Some(_) => run.load_model(registry, &config.model, &features)?,
            None => (model, params.clone()),
        };
        let scorer = Scorer::new(model, &features, best);
        let average = averaged.map(|averaged| Average::of(decay, averaged));
        let mut trainer = Trainer::with_params(config, dataset, scorer, params, average);
        let (then, now) = (&progress, &trainer.progress);
        if (then.batches, then.targets) != (now.batches, now.targets) {
            let found = format!("{} targets in {} batches an epoch", then.targets, then.batches);
            let expected = format!("{} in {}, as the data gives", now.targets, now.batches);
            return Err(Error::file(run.folder(), found, expected));
        }
        trainer.optimizer.restore(&trainer.params, state).map_err(|e| {
            Error::file(
                run.folder(),
                format!("optimizer.safetensors: {e}"),
                "the state of this run's optimiser",
            )
        })?;
        trainer.epochs = run.epochs()?;
        // An epoch that was written, but whose checkpoint was not, is done again.
        trainer.epochs.truncate(progress.epoch as usize);
        trainer.progress = progress;
        run.save_config(config)?;
        trainer.run = Some(run);
        Ok(trainer)
    }

    /// A trainer at the first epoch on other data, with the latest parameters of a run (`last.safetensors`,
    /// not those of its best epoch) and the optimiser's state that belongs to them. `data` knows the ids of
    /// the run's model, and perhaps more (see [`Encoding::Extend`](crate::Encoding::Extend)): their rows
    /// begin as those of a new model. A moving average begins anew.
    ///
    /// ```no_run
    /// use dien::prelude::*;
    ///
    /// let before = Run::open("runs/monday")?;
    /// let mut config = before.config()?;
    /// config.source = Source::at("data/tuesday".into());
    /// let (data, _warnings) = DataSource::open(&config, Encoding::Extend(&before))?;
    /// let trainer = Trainer::warm_start(&before, &config, data)?;
    /// trainer.save_to(Run::create("runs/tuesday", &config)?)?.train(&mut ())?;
    /// # Ok::<(), dien::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file of the run is missing or cut off; the configuration asks for another model or optimiser.
    pub fn warm_start(run: &Run, config: &Config, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        Self::warm_start_with(&Registry::new(), run, config, data)
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`warm_start`](Self::warm_start); the registry does not know the model.
    pub fn warm_start_with(
        registry: &Registry,
        run: &Run,
        config: &Config,
        data: impl Into<Arc<Dataset>>,
    ) -> Result<Self> {
        // Drawn whole, for the rows of new ids: a draw follows from all before it.
        let mut trainer = Trainer::new_with(registry, config, data)?;
        run.check_schema(&trainer.dataset)?;
        let mut features = trainer.dataset.features().clone();
        for table in &mut features.tables {
            table.num_embeddings =
                run.vocabularies([table.name.as_str()])?.iter().next().map_or(0, |(_, v)| v.rows());
        }
        let before = run.config()?;
        let Checkpoint { params, state, .. } =
            run.load_checkpoint(registry, &before.model, &features, false)?;
        trainer.take_over(&params, state, run.folder())?;
        Ok(trainer)
    }

    /// Goes on with the parameters of a model that knew fewer ids, and the optimiser's state that belongs to
    /// them. `place` is what errors name.
    pub(super) fn take_over(
        &mut self,
        params: &ParamStore<f32>,
        mut state: OptimizerState<'_>,
        place: &Path,
    ) -> Result<()> {
        let ids: Vec<ParamId> = self.params.ids().collect();
        let other = || {
            let expected = "the run's own `model`, for its parameters to go on";
            Error::file(place, "another model than the configuration's", expected)
        };
        if params.ids().count() != ids.len() {
            return Err(other());
        }
        for id in ids {
            let name = self.params.name(id).to_owned();
            let old = params.id(&name).ok_or_else(other)?;
            let (own, old_shape) = (self.params.shape(id).to_vec(), params.shape(old).to_vec());
            let grows = self.params.kind(id) == ParamKind::Rows && own[1..] == old_shape[1..];
            if own != old_shape && !(grows && own[0] > old_shape[0]) {
                return Err(other());
            }
            let data = params.data(old);
            self.params.data_mut(id)[..data.len()].copy_from_slice(data);
            if grows {
                state.grow(&name, own[0]);
            }
        }
        self.optimizer.restore(&self.params, state).map_err(|e| {
            let expected = "the state of the configuration's optimiser";
            Error::file(place, format!("optimizer.safetensors: {e}"), expected)
        })?;
        self.scorer.params = self.params.clone();
        self.average = Average::new(self.config.train.ema_decay, &self.params);
        Ok(())
    }
}
