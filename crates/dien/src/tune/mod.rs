//! Options chosen by validation users: a seeded random search with successive halving.
//!
//! Every trial is a run of its own. In the first rung all trials train a few epochs; the better third of them (or what `keep` says) trains
//! on, three times as long, and so on until the last rung's have trained [`epochs`](Search::epochs). What is asked for is the best
//! validation AUC of any epoch; test users are not looked at. A search that was stopped goes on where it was: runs resume.

mod rung;
mod space;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde::Serialize;

pub use rung::Trial;
pub use space::Space;

use crate::config::{Config, Layers};
use crate::datasets::Datasets;
use crate::error::{Error, Result};
use crate::run::write_config;

/// A search.
#[derive(Clone, Debug)]
pub struct Search {
    /// The options that all trials share, the source among them.
    pub layers: Layers,
    /// What is varied.
    pub space: Space,
    /// Configurations that are tried.
    pub trials: usize,
    /// Epochs that the first rung trains.
    pub first: u64,
    /// One of so many trials trains on, so many times as long.
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
pub struct Found {
    /// The trials, the best first: by how far they came, then by validation AUC.
    pub trials: Vec<Trial>,
    /// Epochs trained by all trials together, those of earlier calls included.
    pub epochs: u64,
    /// Seconds of training, of this call.
    pub seconds: f64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Search {
    /// Searches until the last rung is trained, or `stop` is set; `best.toml` in the folder is the best trial's configuration.
    ///
    /// # Errors
    /// An option is impossible; the data has no validation users; a run cannot be read or written; training fails.
    pub fn run(&self, stop: &AtomicBool, tell: &mut dyn FnMut(&Trial, u64)) -> Result<Found> {
        fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder, "make the folder"))?;
        let mut trials = self.draw()?;
        let mut found = Found { trials: vec![], epochs: 0, seconds: 0.0, stopped: false };
        let mut datasets = Datasets::default();
        let mut epochs = self.first.min(self.epochs);
        loop {
            for trial in &mut trials {
                found.seconds += trial.train(epochs, &mut datasets, stop)?;
                tell(trial, epochs);
                if stop.load(Ordering::Relaxed) {
                    found.stopped = true;
                    break;
                }
            }
            trials.sort_by(|a, b| b.compare(a));
            if found.stopped || epochs >= self.epochs {
                break;
            }
            let kept = trials.len().div_ceil(self.keep as usize);
            found.trials.splice(0..0, trials.drain(kept..));
            epochs = (epochs * self.keep).min(self.epochs);
        }
        found.trials.splice(0..0, trials);
        found.epochs = found.trials.iter().map(|trial| trial.epochs).sum();
        if let Some(best) = found.trials.first() {
            write_config(&self.folder.join("best.toml"), &best.config)?;
        }
        Ok(found)
    }

    /// The configurations; the same for the same seed, however many are drawn.
    fn draw(&self) -> Result<Vec<Trial>> {
        let mut trials = vec![];
        for number in 1..=self.trials {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(number as u64);
            let options = self.space.draw(&mut rng);
            let mut layers = self.layers.clone();
            for (option, value) in &options {
                layers.set("the space", option, value.clone())?;
            }
            let config: Config = layers.config()?;
            let options = options.into_iter().map(|(option, value)| (option, value.to_string())).collect();
            let folder = self.folder.join(format!("trial-{number}"));
            trials.push(Trial { number, options, config, folder, epochs: 0, auc: None });
        }
        Ok(trials)
    }
}
