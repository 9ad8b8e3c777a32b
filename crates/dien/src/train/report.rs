//! What training came to.

use dien_model::Calibration;
use dien_model::metrics::Metrics;
use serde::{Deserialize, Serialize};

use crate::oov::OovReport;

/// An epoch of training: a line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Epoch {
    /// Which, counted from 1.
    pub epoch: u64,
    /// Its steps.
    pub steps: usize,
    /// Its targets.
    pub samples: usize,
    /// Mean binary cross-entropy of the targets, averaged over the steps.
    pub target_loss: f64,
    /// The auxiliary loss, unweighted, averaged over the steps; `None` where the model has none.
    pub auxiliary_loss: Option<f64>,
    /// What was minimised, averaged over the steps.
    pub total_loss: f64,
    /// The validation users' scores; `None` without any.
    pub validation: Option<Metrics>,
    /// Whether it was the best epoch so far.
    pub is_best: bool,
    /// How long its steps took, validation aside; after a resume, those since then.
    pub seconds: f64,
    /// Targets per second of them.
    pub samples_per_second: f64,
}

/// What a call of [`Trainer::train`](super::Trainer::train) came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Why it ended.
    pub end: End,
    /// Steps, of the whole training.
    pub steps: u64,
    /// The epoch that validated best, counted from 1.
    pub best_epoch: Option<u64>,
    /// Its validation.
    pub validation: Option<Metrics>,
    /// How many ids of what validates the model does not know; `None` if this call has not validated.
    pub validation_oov: Option<OovReport>,
    /// Every epoch, of the whole training.
    pub epochs: Vec<Epoch>,
    /// What becomes of the best epoch's logits from now on; none if it was not asked for, or could not be
    /// fitted: see [`validation`](Self::validation), which is of before.
    pub calibration: Option<Calibration>,
    /// Targets per second, validation aside, of this call.
    pub samples_per_second: f64,
    /// How long this call took.
    pub seconds: f64,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum End {
    /// After the last epoch.
    Finished,
    /// Early: the monitored metric became no better.
    Early,
    /// The observer stopped it.
    Stopped,
}

/// Time spent in steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub samples: usize,
    pub seconds: f64,
}

impl Clock {
    pub fn add(&mut self, other: Clock) {
        self.samples += other.samples;
        self.seconds += other.seconds;
    }

    pub fn samples_per_second(self) -> f64 {
        if self.seconds > 0.0 { self.samples as f64 / self.seconds } else { 0.0 }
    }
}
