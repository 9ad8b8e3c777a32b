//! Options chosen by validation users: a seeded random search with successive halving.
//!
//! Every trial is a run of its own. In the first rung all trials train a few epochs; the best of them, one of
//! [`keep`](Search::keep), train on, `keep` times as long, and so on until the last rung's have trained
//! [`epochs`](Search::epochs). What is asked for is the best validation AUC of any epoch; test users are not
//! looked at. A search that was stopped goes on where it was: runs resume. One that is extended finds what it
//! would have found at once: a rung judges a trial by its own epochs, however many the run has.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use dien::prelude::*;
//! use dien::tune::{Search, Space};
//!
//! let mut layers = Layers::new();
//! layers.source("the data", "data/my-shop".as_ref())?;
//! let search = Search::new(layers, Space::load("space.toml".as_ref())?, "tuning").trials(20);
//! let found = search.run(&AtomicBool::new(false), &mut |trial, _| println!("{:?}", trial.auc))?;
//! println!("the best configuration: {:?}", found.best);
//! # Ok::<(), dien::Error>(())
//! ```

mod range;
mod rung;
mod space;
mod varied;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde::Serialize;

pub use rung::Trial;
pub use space::Space;

use crate::config::{Config, Layers};
use crate::dataset_cache::DatasetCache;
use crate::error::{Error, Origin, Result};
use crate::run::write_config;

/// How often a trial is drawn until it is none that there is; then the space is taken to have no other.
const DRAWS: usize = 100;

/// A search.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Search {
    /// The options that all trials share, the source among them.
    pub layers: Layers,
    /// What is varied.
    pub space: Space,
    /// Configurations that are tried; fewer, if the space has no more.
    pub trials: usize,
    /// Epochs that the first rung trains; 1 at least.
    pub first: u64,
    /// One of so many trials trains on, so many times as long; 2 at least.
    pub keep: u64,
    /// Epochs that the last rung trains, at most.
    pub epochs: u64,
    /// Seeds the configurations.
    pub seed: u64,
    /// Where the runs go.
    pub folder: PathBuf,
}

/// What a search came to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// The trials, the best first: by how far they came, then by validation AUC. Of a search that was
    /// stopped, by the validation AUC of all that is trained. Those that failed come last.
    pub trials: Vec<Trial>,
    /// The file with the best configuration, if there is one.
    pub best: Option<PathBuf>,
    /// Epochs trained by all trials together, those of earlier calls included.
    pub epochs: u64,
    /// Seconds of training, of this call.
    pub seconds: f64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Search {
    /// A search of 12 trials by seed 1, whose first rung trains one epoch and whose last nine, each rung a
    /// third of the trials before it.
    pub fn new(layers: Layers, space: Space, folder: impl Into<PathBuf>) -> Self {
        Search { layers, space, trials: 12, first: 1, keep: 3, epochs: 9, seed: 1, folder: folder.into() }
    }

    /// Sets [`trials`](Self::trials).
    #[must_use]
    pub fn trials(mut self, trials: usize) -> Self {
        self.trials = trials;
        self
    }

    /// Sets the epochs that the [`first`](Self::first) and the [last](Self::epochs) rung train.
    #[must_use]
    pub fn rungs(mut self, first: u64, last: u64) -> Self {
        (self.first, self.epochs) = (first, last);
        self
    }

    /// Sets [`keep`](Self::keep).
    #[must_use]
    pub fn keep(mut self, keep: u64) -> Self {
        self.keep = keep;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Searches until the last rung is trained, or `stop` is set; `best.toml` in the folder is the best
    /// trial's configuration. A trial whose loss is not finite has failed, and the search goes on without it.
    ///
    /// # Errors
    /// An option is impossible; the data has no validation users; a run cannot be read or written.
    pub fn run(&self, stop: &AtomicBool, tell: &mut dyn FnMut(&Trial, u64)) -> Result<Found> {
        for (option, value, least) in [("first", self.first, 1), ("keep", self.keep, 2)] {
            if value < least {
                let (found, expected) = (value.to_string(), format!("at least {least}"));
                return Err(Error::Option {
                    origin: Origin::Default,
                    option: option.into(),
                    found,
                    expected,
                });
            }
        }
        fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder, "make the folder"))?;
        let mut trials = self.draw()?;
        let mut found = Found { trials: vec![], best: None, epochs: 0, seconds: 0.0, stopped: false };
        let mut datasets = DatasetCache::default();
        let mut epochs = self.first.min(self.epochs);
        'rungs: loop {
            for trial in &mut trials {
                found.stopped = stop.load(Ordering::Relaxed);
                if found.stopped {
                    break 'rungs;
                }
                let trained = trial.train(epochs, &mut datasets, stop).map_err(|e| trial.naming(e))?;
                (found.seconds, found.stopped) = (found.seconds + trained.seconds, trained.stopped);
                tell(trial, epochs);
                if found.stopped {
                    break 'rungs;
                }
            }
            trials.sort_by(|a, b| b.compare(a));
            if epochs >= self.epochs {
                break;
            }
            let kept = trials.len().div_ceil(self.keep as usize);
            found.trials.splice(0..0, trials.drain(kept..));
            epochs = (epochs * self.keep).min(self.epochs);
        }
        found.trials.splice(0..0, trials);
        if found.stopped {
            // Rungs that were not reached say nothing of who is better; what runs have does.
            found.trials.iter_mut().for_each(|trial| trial.judge_by(u64::MAX));
            found.trials.sort_by(|a, b| b.compare(a));
        }
        found.trials.sort_by_key(|trial| trial.failed.is_some());
        found.epochs = found.trials.iter().map(|trial| trial.trained).sum();
        found.best = self.write_best(&found)?;
        Ok(found)
    }

    /// Writes the best configuration, if there is one, and tells where it is.
    fn write_best(&self, found: &Found) -> Result<Option<PathBuf>> {
        let path = self.folder.join("best.toml");
        let best = found.trials.first().filter(|best| best.failed.is_none() && best.auc.is_some());
        // A search that was stopped knows a better one only if it has tried the one that is there.
        let keeps = found.stopped && path.exists() && !found.has(&path);
        match best {
            Some(best) if !keeps => write_config(&path, &best.config).map(|()| Some(path)),
            _ => Ok((found.stopped && path.exists()).then_some(path)),
        }
    }

    /// The configurations; the same for the same seed, however many are drawn. None of them is there twice.
    fn draw(&self) -> Result<Vec<Trial>> {
        if let Ok(shared) = self.layers.config() {
            self.space.check_read_with(&shared.source)?;
        }
        let mut trials: Vec<Trial> = vec![];
        for number in 1..=self.trials {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(number as u64);
            let another = (0..DRAWS).find_map(|_| {
                let drawn = self.space.draw(&mut rng);
                let options: Vec<(String, String)> =
                    drawn.iter().map(|(option, value)| (option.clone(), value.to_string())).collect();
                let is_new = trials.iter().all(|trial| trial.options != options);
                is_new.then_some((drawn, options))
            });
            let Some((drawn, options)) = another else { continue };
            let mut layers = self.layers.clone();
            self.space.set(&mut layers, &drawn)?;
            let config: Config = layers.config().map_err(|e| self.space.locate(e))?;
            trials.push(Trial::new(number, options, config, self.folder.join(format!("trial-{number}")))?);
        }
        Ok(trials)
    }
}

impl Found {
    /// Whether a file has the configuration of one of the trials.
    fn has(&self, path: &Path) -> bool {
        let mut layers = Layers::new();
        let config = layers.file(path).and_then(|()| layers.config());
        config.is_ok_and(|config| self.trials.iter().any(|t| t.config.differs_from(&config).is_none()))
    }
}
