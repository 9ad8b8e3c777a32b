//! A trial, trained rung by rung.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicBool};

use serde::Serialize;

use super::Data;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::train::{Observer, Step, Trainer};

/// A configuration that is tried.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// Counted from 1.
    pub number: usize,
    /// What was drawn for it.
    pub options: Vec<(String, String)>,
    /// All its options.
    #[serde(skip)]
    pub config: Config,
    /// Its run.
    pub folder: PathBuf,
    /// Epochs that it has trained.
    pub epochs: u64,
    /// The best validation AUC of these.
    pub auc: Option<f64>,
}

/// Data by the options it was made with.
#[derive(Default)]
pub(super) struct Cache(Vec<(Config, Data)>);

impl Cache {
    fn get(&mut self, config: &Config) -> Result<Data> {
        let (source, data) = (config.source.clone(), config.data_options());
        let wanted = Config { source, data, ..Config::default() };
        if let Some((_, data)) = self.0.iter().find(|(config, _)| *config == wanted) {
            return Ok(Arc::clone(data));
        }
        let data = Arc::new(config.dataset()?.0);
        self.0.truncate(3);
        self.0.insert(0, (wanted, Arc::clone(&data)));
        Ok(data)
    }
}

impl Trial {
    /// How it compares: by epochs reached, then by AUC, then by number, so that the order is one.
    pub(super) fn best_first(&self, other: &Trial) -> Ordering {
        let auc = |t: &Trial| t.auc.unwrap_or(f64::NEG_INFINITY);
        auc(self).total_cmp(&auc(other)).then(other.number.cmp(&self.number))
    }

    /// Trains until it has so many epochs, or rises no more; how many seconds it took.
    pub(super) fn train(&mut self, epochs: u64, cache: &mut Cache, stop: &AtomicBool) -> Result<f64> {
        let data = cache.get(&self.config)?;
        if data.validation().is_empty() {
            let expected = "validation users, by whom options are chosen (`data.valid_fraction`)";
            return Err(Error::file(&self.folder, "data without validation users", expected));
        }
        let mut config = self.config.clone();
        config.train.epochs = epochs;
        let mut trainer = match Run::open(&self.folder) {
            Ok(run) => {
                if run.epochs()?.len() as u64 > epochs {
                    config.train.epochs = run.epochs()?.len() as u64;
                }
                Trainer::resume(run, &config, data)?
            }
            Err(_) => Trainer::new(&config, data)?.save_to(Run::create(&self.folder, &config)?)?,
        };
        let report = trainer.train(&mut Until(stop))?;
        self.epochs = report.epochs.len() as u64;
        self.auc = report.epochs.iter().filter_map(|e| e.validation?.auc).reduce(f64::max);
        Ok(report.seconds)
    }
}

/// Trains until it is told to stop.
struct Until<'a>(&'a AtomicBool);

impl Observer for Until<'_> {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        if self.0.load(atomic::Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
