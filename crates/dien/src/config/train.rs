//! How long to train.

use dien_model::CalibrationMethod;
use dien_model::metrics::Metric;
use serde::{Deserialize, Serialize};

/// How long to train, and the seed of everything that is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TrainConfig {
    /// Passes over the training targets; 1 at least.
    pub epochs: u64,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The validation metric by which the best epoch is chosen.
    pub monitor: Metric,
    /// Epochs without a better [`monitor`](Self::monitor) after which training stops; 1 at least.
    pub patience: u64,
    /// d of the average θ̄ ← d θ̄ + (1 − d) θ of the weights, from 0, for none, to below 1.
    /// Called `average` in configurations before.
    #[serde(alias = "average")]
    pub ema_decay: f64,
    /// How the best epoch's logits are calibrated, on what validates.
    pub calibration: CalibrationMethod,
    /// w, the share of the negatives that the log kept, above 0 and at most 1: what is scored in the end has
    /// its odds multiplied by it (see [`Calibration`](dien_model::Calibration)).
    pub negative_sampling_rate: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            epochs: 20,
            seed: 1,
            monitor: Metric::Auc,
            patience: 2,
            ema_decay: 0.0,
            calibration: CalibrationMethod::None,
            negative_sampling_rate: 1.0,
        }
    }
}

impl TrainConfig {
    /// Sets [`epochs`](Self::epochs).
    #[must_use]
    pub fn epochs(mut self, epochs: u64) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`monitor`](Self::monitor).
    #[must_use]
    pub fn monitor(mut self, monitor: Metric) -> Self {
        self.monitor = monitor;
        self
    }

    /// Sets [`patience`](Self::patience).
    #[must_use]
    pub fn patience(mut self, patience: u64) -> Self {
        self.patience = patience;
        self
    }

    /// Sets [`ema_decay`](Self::ema_decay).
    #[must_use]
    pub fn ema_decay(mut self, decay: f64) -> Self {
        self.ema_decay = decay;
        self
    }

    /// Sets [`calibration`](Self::calibration).
    #[must_use]
    pub fn calibration(mut self, method: CalibrationMethod) -> Self {
        self.calibration = method;
        self
    }

    /// Sets [`negative_sampling_rate`](Self::negative_sampling_rate).
    #[must_use]
    pub fn negative_sampling_rate(mut self, rate: f64) -> Self {
        self.negative_sampling_rate = rate;
        self
    }
}
