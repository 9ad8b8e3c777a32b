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
    /// Of options that no optimiser accepts ([`validate`](Self::validate)) it is NaN, and nothing overflows.
    pub fn factor(&self, step: u64) -> f64 {
        match *self {
            Schedule::Constant => 1.0,
            Schedule::StepDecay { factor, period } => {
                step.checked_div(period).map_or(f64::NAN, |periods| factor.powf(periods as f64))
            }
            Schedule::WarmupCosine { warmup, total, .. } if warmup >= total => f64::NAN,
            Schedule::WarmupCosine { warmup, .. } if step < warmup => (step + 1) as f64 / warmup as f64,
            Schedule::WarmupCosine { warmup, total, floor } => {
                let progress = ((step - warmup) as f64 / (total - warmup) as f64).min(1.0);
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
        }
    }

    /// Checks that every option has a possible value.
    ///
    /// # Errors
    /// Names the first option that has not.
    pub fn validate(&self) -> Result<(), ConfigError> {
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
    use dien_tensor::check::assert_close;

    #[test]
    fn step_decay_halves_at_each_period() {
        let s = Schedule::StepDecay { factor: 0.5, period: 3 };
        let factors: Vec<f64> = (0..8).map(|i| s.factor(i)).collect();
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
    }

    #[test]
    fn what_no_optimiser_accepts_is_no_number_and_overflows_nowhere() {
        let cosine = |warmup, total| Schedule::WarmupCosine { warmup, total, floor: 0.1 };
        let none = Schedule::StepDecay { factor: 0.5, period: 0 };
        for s in [none, cosine(4, 4), cosine(5, 4), cosine(u64::MAX, 1), cosine(0, 0)] {
            assert!(s.validate().is_err());
            assert!([0, 3, 4, 5, u64::MAX].iter().all(|&step| s.factor(step).is_nan()), "{s:?}");
        }
    }

    #[test]
    fn steps_without_end_are_legal() {
        let cosine = |warmup, total| Schedule::WarmupCosine { warmup, total, floor: 0.1 };
        let halving = |period| Schedule::StepDecay { factor: 0.5, period };
        for s in
            [cosine(0, 1), cosine(u64::MAX - 1, u64::MAX), cosine(0, u64::MAX), halving(1), halving(u64::MAX)]
        {
            s.validate().expect("possible options");
            for step in [0, 1, u64::MAX - 1, u64::MAX] {
                assert!((0.0..=1.0).contains(&s.factor(step)), "{s:?} at {step}");
            }
        }
    }

    #[test]
    fn warmup_rises_and_the_cosine_falls_to_its_floor() {
        let s = Schedule::WarmupCosine { warmup: 4, total: 14, floor: 0.1 };
        assert_eq!((0..4).map(|i| s.factor(i)).collect::<Vec<_>>(), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(s.factor(4), 1.0);
        assert_close(&[s.factor(9), s.factor(14)], &[0.55, 0.1], 1e-15, "halfway, and at the end");
        assert_eq!(s.factor(14), s.factor(1_000_000));
    }
}
