//! Training.

mod average;
mod best;
mod calibrate;
mod epoch;
mod frequency;
mod observer;
mod online;
mod report;
mod resume;
mod step;

use std::sync::Arc;
use std::time::Instant;

use dien_data::{Batches, Dataset};
use dien_model::metrics::Metrics;
use dien_model::{Batch, Registry};
use dien_optim::{Adam, Optimizer};
use dien_tensor::ParamStore;

pub use observer::{Observer, Step, StopWhen};
pub use report::{End, Epoch, Report};

use self::average::Average;
use self::frequency::Frequency;
use crate::config::Config;
use crate::error::Result;
use crate::oov::OovReport;
use crate::run::{Progress, Run};
use crate::scorer::Scorer;

/// Trains a model on a [`Dataset`], keeps the epoch that validates best, and saves to a [`Run`] if it has
/// one.
///
/// The same configuration and data give the same parameters, bit for bit, at any number of threads, and
/// whether or not training was stopped and resumed in between.
///
/// ```no_run
/// use dien::prelude::*;
///
/// let config = Config::default(); // DIEN, on synthetic behaviours
/// let (dataset, _warnings) = DataSource::open(&config, Encoding::Fit)?;
/// let mut trainer = Trainer::new(&config, dataset)?;
/// let report = trainer.train(&mut ())?;
/// println!("{:?} after {} steps", report.validation, report.steps);
/// println!("test: {:?}", trainer.evaluate(&trainer.dataset().test())?);
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    config: Config,
    dataset: Arc<Dataset>,
    /// The model, with the parameters of the best epoch; without any while a run has them in its file.
    scorer: Scorer,
    /// The step of which the best model's parameters are, if they are this trainer's own.
    kept_at: Option<u64>,
    /// The latest parameters.
    params: ParamStore<f32>,
    /// None unless it is asked for.
    average: Option<Average>,
    /// None until training begins, and unless it is asked for.
    frequency: Option<Frequency>,
    optimizer: Adam<f32>,
    progress: Progress,
    epochs: Vec<Epoch>,
    validation_oov: Option<OovReport>,
    run: Option<Run>,
}

impl Trainer {
    /// A trainer at its first step.
    ///
    /// # Errors
    /// An option has an impossible value.
    pub fn new(config: &Config, dataset: impl Into<Arc<Dataset>>) -> Result<Self> {
        Self::new_with(&Registry::new(), config, dataset)
    }

    /// A trainer at its first step, of a model that may be one of your own: `model.custom` names it,
    /// `registry` knows it. See `examples/own_model.rs`.
    ///
    /// # Errors
    /// As [`new`](Self::new); the registry does not know the model.
    pub fn new_with(registry: &Registry, config: &Config, dataset: impl Into<Arc<Dataset>>) -> Result<Self> {
        config.validate()?;
        let dataset = dataset.into();
        let (features, seed) = (dataset.features(), config.train.seed);
        let scorer = Scorer::untrained_with(registry, &config.model, features, seed)?;
        Self::with_model(config, dataset, scorer)
    }

    /// A trainer of a model of your own that has no name, at its first step: it can be trained, but its file
    /// is not loaded again; for that see [`new_with`](Self::new_with). Of the configuration's `model` it
    /// reads `l2_by_frequency` alone: what else the loss consists of, the model says by its
    /// [`weights`](dien_model::Model::weights).
    ///
    /// # Errors
    /// An option has an impossible value.
    pub fn with_model(config: &Config, dataset: impl Into<Arc<Dataset>>, scorer: Scorer) -> Result<Self> {
        config.validate()?;
        let params = scorer.params().clone();
        let average = Average::new(config.train.ema_decay, &params);
        Ok(Self::with_params(config, dataset.into(), scorer, params, average))
    }

    /// With the latest parameters, which may be others than the scorer's, and their average, if it is asked
    /// for; the configuration is validated.
    fn with_params(
        config: &Config,
        dataset: Arc<Dataset>,
        scorer: Scorer,
        params: ParamStore<f32>,
        average: Option<Average>,
    ) -> Self {
        let optimizer =
            Adam::new(&params, config.optimizer.clone()).expect("validated with the configuration");
        let epoch = dataset.epoch(config.train.seed, 0);
        let (batches, targets) = (epoch.len().unwrap_or(0), epoch.targets().unwrap_or(0));
        let progress = Progress { batches, targets, ..Progress::default() };
        drop(epoch);
        Trainer {
            config: config.clone(),
            dataset,
            scorer,
            kept_at: None,
            params,
            average,
            frequency: None,
            optimizer,
            progress,
            epochs: vec![],
            validation_oov: None,
            run: None,
        }
    }

    /// Saves to `run` from now on: now the vocabularies and a first checkpoint (and the best epoch's model,
    /// if one has ended), then each epoch. While it trains, the best epoch's parameters are in the run's
    /// model file alone: memory holds the latest, their moving average if it is asked for, and the
    /// optimiser's moments.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_to(mut self, run: Run) -> Result<Self> {
        run.save_vocabularies(self.dataset.vocabularies())?;
        run.save_numbers(self.dataset.numbers())?;
        run.save_schema(&self.dataset)?;
        let of_epoch = |best: crate::run::Best| {
            self.epochs.iter().filter(|e| e.epoch <= best.epoch).map(|e| e.steps as u64).sum()
        };
        if let Some(step) = self.kept_at.or(self.progress.best.map(of_epoch)) {
            self.save_model(&run, &self.scorer.params, step)?;
        }
        self.run = Some(run);
        self.save_checkpoint()?;
        Ok(self)
    }

    /// Trains until the last epoch, until [`monitor`](crate::config::TrainConfig::monitor) has not become
    /// better for `patience` epochs, or until the observer breaks; then the checkpoint is saved, and
    /// [`resume`](Self::resume) or another call goes on. Unless the observer broke, the best epoch's logits
    /// are calibrated in the end, if the configuration asks for it.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) where a loss or a gradient is NaN or infinite;
    /// [`Error::Option`](crate::Error::Option) where `train.calibration` asks for a fit, and nothing
    /// validates; a file cannot be written.
    pub fn train(&mut self, observer: &mut dyn Observer) -> Result<Report> {
        let started = Instant::now();
        self.check_calibration()?;
        let resumed = self.progress.best.is_some();
        let (lambda, seed) = (self.config.model.l2_by_frequency, self.config.train.seed);
        self.frequency = Frequency::count(lambda, &self.dataset, self.scorer.model(), seed)?;
        let mut clock = report::Clock::default();
        let end = self.train_epochs(observer, &mut clock);
        let found = self.take_up_best();
        let end = end?;
        found?;
        let calibration = if end == End::Stopped { None } else { self.calibrate(resumed)? };
        Ok(Report {
            end,
            calibration,
            steps: self.optimizer.steps(),
            best_epoch: self.progress.best.map(|b| b.epoch),
            validation: self.best_epoch().and_then(|e| e.validation),
            validation_oov: self.validation_oov.clone(),
            epochs: self.epochs.clone(),
            samples_per_second: clock.samples_per_second(),
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// The probability of a click for each target, by the best epoch's parameters.
    ///
    /// # Errors
    /// As [`Scorer::score`].
    pub fn score(&self, batch: &Batch) -> Result<Vec<f32>> {
        self.scorer.score(batch)
    }

    /// AUC, GAUC and log loss over the batches, by the best epoch's parameters.
    ///
    /// # Errors
    /// As [`Scorer::evaluate`].
    pub fn evaluate(&self, batches: &Batches<'_>) -> Result<Metrics> {
        self.scorer.evaluate(batches)
    }

    /// The model with the best epoch's parameters. Before the first epoch has ended they are those that it
    /// began with or, of a trainer with a run that was stopped, the latest.
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// See [`scorer`](Self::scorer).
    pub fn into_scorer(self) -> Scorer {
        self.scorer
    }

    /// The latest parameters. Rows of tables may be behind within an epoch; see [`Optimizer`].
    pub fn latest_params(&self) -> &ParamStore<f32> {
        &self.params
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The data.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The run that it saves to.
    pub fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// What is validated and saved.
    fn validated(&self) -> &ParamStore<f32> {
        self.average.as_ref().map_or(&self.params, |average| &average.params)
    }

    fn train_epochs(&mut self, observer: &mut dyn Observer, clock: &mut report::Clock) -> Result<End> {
        loop {
            if self.progress.epoch >= self.config.train.epochs {
                return Ok(End::Finished);
            }
            if self.is_out_of_patience() {
                return Ok(End::Early);
            }
            self.set_best_aside();
            if self.train_epoch(observer, clock)?.is_break() {
                return Ok(End::Stopped);
            }
        }
    }

    fn best_epoch(&self) -> Option<&Epoch> {
        let best = self.progress.best?;
        self.epochs.iter().find(|e| e.epoch == best.epoch)
    }

    fn is_out_of_patience(&self) -> bool {
        let waited = |best: crate::run::Best| self.progress.epoch - best.epoch >= self.config.train.patience;
        self.progress.best.is_some_and(|best| best.value.is_some() && waited(best))
    }

    fn save_checkpoint(&self) -> Result<()> {
        match &self.run {
            Some(run) => {
                let averaged = self.average.as_ref().map(|average| &average.params);
                run.save_checkpoint(
                    &self.params,
                    averaged,
                    &self.optimizer.state(&self.params),
                    &self.progress,
                )
            }
            None => Ok(()),
        }
    }
}
