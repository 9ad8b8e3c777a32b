//! Learning rates over time.

use serde::{Deserialize, Serialize};

use crate::{ConfigError, ranges};

/// What the base learning rate is multiplied with at each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Always 1.
    #[default]
    Constant,
    /// `factor` to the power ⌊step / period⌋. The official DIEN code halves the rate after each epoch.
    StepDecay {
        /// What the rate is multiplied with at the end of each period.
        factor: f64,
        /// Steps in a period.
        period: u64,
    },
    /// A linear rise to 1 over `warmup` steps, then half a cosine down to `floor` at step `total`, which it
    /// keeps.
    WarmupCosine {
        /// Steps until the full rate; may be 0.
        warmup: u64,
        /// Steps until the floor, warm-up included.
        total: u64,
        /// The last multiplier.
        #[serde(default)]
        floor: f64,
    },
}

impl Schedule {
    /// The multiplier at a step, counted from 0.
    ///
    /// # Panics
    /// If `period` is 0, which no optimiser accepts.
    pub fn factor(&self, step: u64) -> f64 {
        match *self {
            Schedule::Constant => 1.0,
            Schedule::StepDecay { factor, period } => factor.powf((step / period) as f64),
            Schedule::WarmupCosine { warmup, .. } if step < warmup => (step + 1) as f64 / warmup as f64,
            Schedule::WarmupCosine { warmup, total, floor } => {
                let progress = ((step - warmup) as f64 / total.saturating_sub(warmup) as f64).min(1.0);
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        match *self {
            Schedule::Constant => Ok(()),
            Schedule::StepDecay { factor, period } => {
                ConfigError::unless_number(ranges::FACTOR, "schedule.factor", factor)?;
                ConfigError::unless_integer(ranges::PERIOD, "schedule.period", period)
            }
            Schedule::WarmupCosine { warmup, total, floor } => {
                let in_range = ranges::TOTAL.contains(total) && total > warmup;
                ConfigError::unless(in_range, "schedule.total", total, "more steps than schedule.warmup")?;
                ConfigError::unless_number(ranges::FLOOR, "schedule.floor", floor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_decay_halves_at_each_period() {
        let s = Schedule::StepDecay { factor: 0.5, period: 3 };
        let factors: Vec<f64> = (0..8).map(|i| s.factor(i)).collect();
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
    }

    #[test]
    fn a_cosine_without_steps_is_at_its_floor() {
        let s = |total| Schedule::WarmupCosine { warmup: 4, total, floor: 0.1 };
        assert!([4, 3].iter().all(|&total| (s(total).factor(4) - 0.1).abs() < 1e-15));
    }

    #[test]
    fn warmup_rises_and_the_cosine_falls_to_its_floor() {
        let s = Schedule::WarmupCosine { warmup: 4, total: 14, floor: 0.1 };
        assert_eq!((0..4).map(|i| s.factor(i)).collect::<Vec<_>>(), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(s.factor(4), 1.0);
        assert!((s.factor(9) - 0.55).abs() < 1e-15);
        assert!((s.factor(14) - 0.1).abs() < 1e-15 && s.factor(14) == s.factor(1_000_000));
    }
}
