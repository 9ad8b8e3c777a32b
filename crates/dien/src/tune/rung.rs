//! A trial, trained rung by rung.

use std::cmp::Ordering;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::config::Config;
use crate::datasets::Datasets;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::train::{StopWhen, Trainer};

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

impl Trial {
    /// Which of two of a rung is better: by AUC, then by number, so that the order is one.
    pub(super) fn compare(&self, other: &Trial) -> Ordering {
        let auc = |t: &Trial| t.auc.unwrap_or(f64::NEG_INFINITY);
        auc(self).total_cmp(&auc(other)).then(other.number.cmp(&self.number))
    }

    /// Trains until it has so many epochs, or rises no more; how many seconds it took.
    pub(super) fn train(&mut self, epochs: u64, datasets: &mut Datasets, stop: &AtomicBool) -> Result<f64> {
        let data = datasets.get(&self.config)?;
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
        let report = trainer.train(&mut StopWhen(stop))?;
        self.epochs = report.epochs.len() as u64;
        self.auc = report.epochs.iter().filter_map(|e| e.validation?.auc).reduce(f64::max);
        Ok(report.seconds)
    }
}
