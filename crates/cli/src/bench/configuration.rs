//! The models that are measured, and the flops that their algebra needs.

use dien_model::ModelConfig;
use dien_model::config::{AttentionKind, AuxiliaryKind};

/// Which options a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Configuration {
    /// The official code's: hidden 36, activation unit 80-40-1, auxiliary MLP 100-50-1, head 200-80.
    Official,
    /// The same with the defaults' attention, the bilinear form, and auxiliary loss, the inner product.
    Default,
}

impl Configuration {
    pub fn config(self) -> ModelConfig {
        let config = ModelConfig::default().with_dropout(0.0);
        match self {
            Configuration::Official => {
                config.with_attention(AttentionKind::Unit).with_auxiliary(AuxiliaryKind::Mlp)
            }
            Configuration::Default => config,
        }
    }

    /// Of a training step, an event and a sample: three times the forward pass.
    ///
    /// An event is two cells of 15.6 kflop, the attention (the unit 18, the bilinear form 0.07, whose product
    /// with the candidate is the sample's), and the auxiliary loss of it and a negative (the MLP 42, the
    /// inner product 2.7); a sample is a head of 97.
    pub fn training_step(self) -> (f64, f64) {
        match self {
            Configuration::Official => (273e3, 291e3),
            Configuration::Default => (102e3, 299e3),
        }
    }

    /// Of a user's state, an event; of an event with a candidate; of a candidate's head.
    pub fn ranking(self) -> (f64, f64, f64) {
        match self {
            Configuration::Official => (29e3, 20e3, 97e3),
            Configuration::Default => (23.3e3, 7.9e3, 99.6e3),
        }
    }
}
