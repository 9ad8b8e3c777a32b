//! A training run on a page: how it learned, and how good it is on what was held out.
//!
//! ```no_run
//! use dien::prelude::*;
//! use dien::report::RunReport;
//!
//! let run = Run::open("runs/mine")?;
//! let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
//! let report = RunReport::new(&run, &data.test())?;
//! report.write_html("runs/mine/report.html".as_ref())?;
//! # Ok::<(), dien::Error>(())
//! ```

mod calibration;
#[cfg(feature = "pages")]
mod html;
mod lengths;

use dien_data::Batches;
use dien_model::metrics::Metrics;
use dien_model::{Batch, Registry};
use dien_serving::probability;
use serde::Serialize;

pub use calibration::{Bin, Calibration};
pub use lengths::Bucket;

use crate::config::Config;
use crate::error::Result;
use crate::run::Run;
use crate::scorer::Scorer;
use crate::train::Epoch;

/// A training run, and how its best model does on held-out targets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunReport {
    /// Where its data came from.
    pub name: String,
    /// The model's name: that of its kind, or of the registered model of one's own.
    pub model: String,
    /// Numbers that are trained.
    pub parameters: usize,
    /// Every epoch, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose model this is, counted from 1: the one that validated best, or the last one where
    /// nothing validates.
    pub best_epoch: Option<u64>,
    /// What it was tested on, if that is not the run's own data.
    pub tested_on: Option<String>,
    /// `None` where nothing was held out.
    pub test: Option<Tested>,
    /// The run's options.
    #[serde(skip)]
    config: Config,
}

/// How a model does on held-out targets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tested {
    /// AUC, GAUC and log loss.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Whether its probabilities are what they say.
    pub calibration: Calibration,
    /// By how many events a target looks back on in the first sequence of behaviours; lengths without a
    /// target are left out.
    pub by_history: Vec<Bucket>,
}

impl RunReport {
    /// Reads the run's epochs, and scores `test` by its best model.
    ///
    /// # Errors
    /// A file of the run is missing or cut off; as [`Scorer::evaluate`].
    pub fn new(run: &Run, test: &Batches<'_>) -> Result<Self> {
        Self::new_with(run, &Registry::new(), test)
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`new`](Self::new); the registry does not know the model.
    pub fn new_with(run: &Run, registry: &Registry, test: &Batches<'_>) -> Result<Self> {
        let (config, epochs, scorer) = (run.config()?, run.epochs()?, Scorer::load_with(run, registry)?);
        let best = epochs.iter().rev().find(|epoch| epoch.is_best);
        Ok(RunReport {
            name: config.source.name(),
            model: config.model.name().to_owned(),
            parameters: scorer.parameter_count(),
            best_epoch: best.map(|epoch| epoch.epoch),
            tested_on: None,
            test: if test.is_empty() { None } else { Some(tested(&scorer, test)?) },
            epochs,
            config,
        })
    }

    /// The same, which says that `test` was of other data than the run's own.
    #[must_use]
    pub fn on(mut self, name: impl Into<String>) -> Self {
        self.tested_on = Some(name.into());
        self
    }

    /// Whether [`best_epoch`](Self::best_epoch) was chosen by its validation AUC.
    pub fn is_chosen(&self) -> bool {
        self.best().is_some_and(|epoch| epoch.validation.is_some_and(|metrics| metrics.auc.is_some()))
    }

    fn best(&self) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| Some(epoch.epoch) == self.best_epoch)
    }
}

fn tested(scorer: &Scorer, test: &Batches<'_>) -> Result<Tested> {
    let (mut scores, mut labels, mut lengths) = (vec![], vec![], vec![]);
    let metrics = scorer.evaluate_with(test, |_, batch: &Batch, logits| {
        let t = &batch.targets;
        scores.extend_from_slice(logits);
        labels.extend_from_slice(&t.label);
        lengths.extend(t.start.iter().zip(&t.end).map(|(start, end)| end - start));
        Ok(())
    })?;
    let probabilities: Vec<f64> = scores.iter().map(|&x| probability(x)).collect();
    Ok(Tested {
        metrics,
        calibration: Calibration::new(&probabilities, &labels),
        by_history: lengths::by_history(&scores, &labels, &lengths),
    })
}
