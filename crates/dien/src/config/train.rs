//! How long to train.

use serde::{Deserialize, Serialize};

/// How long to train, and the seed of everything that is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Passes over the training targets.
    pub epochs: u64,
    /// Seeds the initial parameters, the shuffles, the negatives and dropout. The same seed gives the same bits.
    pub seed: u64,
    /// Training stops after this many epochs without a better validation AUC. Without validation users it never stops
    /// early, and the last epoch counts as the best.
    pub patience: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig { epochs: 20, seed: 1, patience: 2 }
    }
}

impl TrainConfig {
    /// The first option that is impossible, and what is possible.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        for (option, value) in [("epochs", self.epochs), ("patience", self.patience)] {
            if value == 0 {
                return Err((option, "at least 1"));
            }
        }
        Ok(())
    }
}
