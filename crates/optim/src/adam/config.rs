//! Options of Adam.

use serde::{Deserialize, Serialize};

use crate::{ConfigError, Schedule, clip, ranges};

/// Options of [`Adam`](crate::Adam).
///
/// ```
/// use dien_optim::{AdamConfig, Schedule};
///
/// let halving = Schedule::StepDecay { factor: 0.5, period: 1000 };
/// let config = AdamConfig::default().with_lr(2e-3).with_clip_norm(5.0).with_schedule(halving);
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdamConfig {
    /// The learning rate, which the schedule multiplies.
    pub lr: f64,
    /// β₁ and β₂: how much of m and v a step keeps.
    pub betas: [f64; 2],
    /// ε, added to √v̂.
    pub eps: f64,
    /// λ of AdamW: every step first shrinks the parameters by the factor 1 − lr·λ. Vectors and scalars
    /// (biases, slopes, scales) are left out: only parameters with two or more dimensions shrink, tables
    /// included.
    ///
    /// With [`SparseMode::Lazy`] a table's row shrinks only in the steps in which it has a gradient.
    pub weight_decay: f64,
    /// Gradients whose global norm is larger are scaled down to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// How the learning rate changes over time.
    pub schedule: Schedule,
    /// What happens to the rows of a table that have no gradient.
    pub sparse: SparseMode,
}

/// What happens to the rows of a [`ParamKind::Rows`](dien_tensor::ParamKind) table that have no gradient in a
/// step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SparseMode {
    /// They move as in Adam on the whole table, which is what TensorFlow does and what a dense PyTorch
    /// gradient gives; but they do so late, when they are next read, and all at once. Costs 104 bytes of
    /// memory a step between flushes.
    #[default]
    DenseExact,
    /// They stand still, as in PyTorch's `SparseAdam`; like there, ε is added to √v before its bias is
    /// corrected.
    Lazy,
}

impl Default for AdamConfig {
    fn default() -> Self {
        AdamConfig {
            lr: 1e-3,
            betas: [0.9, 0.999],
            eps: 1e-8,
            weight_decay: 0.0,
            clip_norm: None,
            schedule: Schedule::default(),
            sparse: SparseMode::default(),
        }
    }
}

impl AdamConfig {
    /// The same with another [`lr`](Self#structfield.lr).
    #[must_use]
    pub fn with_lr(self, lr: f64) -> Self {
        AdamConfig { lr, ..self }
    }

    /// The same with another [`betas`](Self#structfield.betas).
    #[must_use]
    pub fn with_betas(self, betas: [f64; 2]) -> Self {
        AdamConfig { betas, ..self }
    }

    /// The same with another [`eps`](Self#structfield.eps).
    #[must_use]
    pub fn with_eps(self, eps: f64) -> Self {
        AdamConfig { eps, ..self }
    }

    /// The same with another [`weight_decay`](Self#structfield.weight_decay).
    #[must_use]
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        AdamConfig { weight_decay, ..self }
    }

    /// The same with another [`clip_norm`](Self#structfield.clip_norm).
    #[must_use]
    pub fn with_clip_norm(self, clip_norm: impl Into<Option<f64>>) -> Self {
        AdamConfig { clip_norm: clip_norm.into(), ..self }
    }

    /// The same with another [`schedule`](Self#structfield.schedule).
    #[must_use]
    pub fn with_schedule(self, schedule: Schedule) -> Self {
        AdamConfig { schedule, ..self }
    }

    /// The same with another [`sparse`](Self#structfield.sparse).
    #[must_use]
    pub fn with_sparse(self, sparse: SparseMode) -> Self {
        AdamConfig { sparse, ..self }
    }

    /// Checks that every option has a possible value.
    ///
    /// # Errors
    /// Names the first option that has not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let [beta1, beta2] = self.betas;
        for (range, option, x) in [
            (ranges::LR, "lr", self.lr),
            (ranges::BETAS, "betas[0]", beta1),
            (ranges::BETAS, "betas[1]", beta2),
            (ranges::EPS, "eps", self.eps),
            (ranges::WEIGHT_DECAY, "weight_decay", self.weight_decay),
        ] {
            ConfigError::unless_number(range, option, x)?;
        }
        let shrinks = self.lr * self.weight_decay < 1.0;
        ConfigError::unless(shrinks, "weight_decay", self.weight_decay, "a number from 0 to below 1 / lr")?;
        clip::validate(self.clip_norm)?;
        if self.sparse == SparseMode::DenseExact {
            ConfigError::unless(
                beta2 >= 0.9,
                "betas[1]",
                beta2,
                "at least 0.9, for sparse = \"dense-exact\"",
            )?;
            let dies_out = beta1 <= 0.995 * beta2.sqrt();
            ConfigError::unless(
                dies_out,
                "betas[0]",
                beta1,
                "at most 0.995·√betas[1], for sparse = \"dense-exact\"",
            )?;
        }
        self.schedule.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_toml() {
        let text = "lr = 0.002\nclip_norm = 5.0\nsparse = \"lazy\"\n\
                    schedule = { kind = \"step-decay\", factor = 0.5, period = 9 }";
        let config: AdamConfig = toml::from_str(text).unwrap();
        assert_eq!((config.lr, config.clip_norm, config.betas), (0.002, Some(5.0), [0.9, 0.999]));
        assert_eq!(config.schedule, Schedule::StepDecay { factor: 0.5, period: 9 });
        assert_eq!(toml::from_str::<AdamConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
        let default = AdamConfig::default();
        assert_eq!(toml::from_str::<AdamConfig>(&toml::to_string(&default).unwrap()).unwrap(), default);
    }

    #[test]
    fn unknown_options_are_named() {
        for (text, name) in [
            ("learning_rate = 1.0", "learning_rate"),
            ("schedule = { kind = \"step-decay\", factor = 0.5, period = 9, gamma = 1.0 }", "gamma"),
            ("schedule = { kind = \"linear\" }", "linear"),
            ("sparse = \"eager\"", "eager"),
        ] {
            let error = toml::from_str::<AdamConfig>(text).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn impossible_values_are_named() {
        let d = AdamConfig::default;
        let lazy = AdamConfig { sparse: SparseMode::Lazy, betas: [0.99, 0.5], ..d() };
        assert_eq!(lazy.validate(), Ok(()));
        for (option, config) in [
            ("lr", AdamConfig { lr: -1.0, ..d() }),
            ("lr", AdamConfig { lr: f64::NAN, ..d() }),
            ("betas[0]", AdamConfig { betas: [1.0, 0.999], ..d() }),
            ("betas[0]", AdamConfig { betas: [0.9999, 0.999], ..d() }),
            ("betas[1]", AdamConfig { betas: [0.9, 1.5], ..d() }),
            ("betas[1]", AdamConfig { sparse: SparseMode::DenseExact, ..lazy }),
            ("eps", AdamConfig { eps: 0.0, ..d() }),
            ("weight_decay", AdamConfig { lr: 0.1, weight_decay: 10.0, ..d() }),
            ("clip_norm", AdamConfig { clip_norm: Some(0.0), ..d() }),
            (
                "schedule.factor",
                AdamConfig { schedule: Schedule::StepDecay { factor: 2.0, period: 1 }, ..d() },
            ),
            (
                "schedule.period",
                AdamConfig { schedule: Schedule::StepDecay { factor: 0.5, period: 0 }, ..d() },
            ),
            (
                "schedule.total",
                AdamConfig { schedule: Schedule::WarmupCosine { warmup: 5, total: 5, floor: 0.0 }, ..d() },
            ),
        ] {
            assert_eq!(config.validate().unwrap_err().option, option);
        }
    }
}
