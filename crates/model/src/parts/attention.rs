//! How much each interest matters to the candidate.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, UnitWeights, Windows};
use dien_cells::serving::Tiles;
use dien_tensor::nn::Linear;
use dien_tensor::{ParamId, ParamStore, Tape, Var, ops};

use super::bias;
use crate::config::{AttentionKind, AttentionNorm, ModelConfig};
use crate::frozen::{FrozenAttention, FrozenUnit};
use crate::init::Builder;

/// One of the two attentions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Attention {
    /// DIN's local activation unit.
    Unit(ActivationUnit),
    /// The paper's bilinear form.
    Bilinear(Bilinear),
}

/// hᵀ W e with `attention.bilinear.weight` `[hidden, event width]`.
#[derive(Clone, Debug)]
pub struct Bilinear {
    norm: AttentionNorm,
    weight: ParamId,
}

/// An MLP with sigmoid hidden units over `[q, k, q − k, q ∘ k]`, where q = PReLU(W e + b) and k is the
/// interest.
#[derive(Clone, Debug)]
pub struct ActivationUnit {
    norm: AttentionNorm,
    query: Linear,
    alpha: ParamId,
    first: Linear,
    second: Linear,
    score: ParamId,
}

impl Attention {
    /// Adds the parameters of the configured attention, over keys of `key_width`.
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        key_width: usize,
        event_width: usize,
    ) -> Self {
        let norm = config.attention_norm;
        let [a, b] = config.attention_layers;
        match config.attention() {
            AttentionKind::Bilinear => {
                let weight = builder.weight("attention.bilinear.weight", key_width, event_width, event_width);
                Attention::Bilinear(Bilinear { norm, weight })
            }
            AttentionKind::Unit => Attention::Unit(ActivationUnit {
                norm,
                query: Linear::new(builder, "attention.query", event_width, key_width),
                alpha: builder.vector("attention.query.alpha", 1, config.init.prelu),
                first: Linear::new(builder, "attention.0", 4 * key_width, a),
                second: Linear::new(builder, "attention.1", a, b),
                // No bias: a softmax would cancel it.
                score: builder.weight("attention.2.weight", 1, b, b),
            }),
        }
    }

    /// The attention of the events of each target's window, `[target blocks, 1, LANES]`; by softmax it sums
    /// to 1. From the histories' interests, or other keys, `[history blocks, key width, LANES]` and the
    /// candidates `[targets, event width]`.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        match self {
            Attention::Bilinear(Bilinear { norm, weight }) => {
                let query = ops::linear(candidates, tape.param(*weight), None);
                lanes::dot_attention(*norm, lanes::gather(interests, windows), query, windows.targets())
            }
            Attention::Unit(unit) => {
                let query = ops::prelu(unit.query.forward(candidates), tape.param(unit.alpha));
                let weights = UnitWeights {
                    first: tape.param(unit.first.weight),
                    first_bias: tape.param(bias(&unit.first)),
                    second: tape.param(unit.second.weight),
                    second_bias: tape.param(bias(&unit.second)),
                    score: tape.param(unit.score),
                };
                lanes::activation_unit(unit.norm, interests, query, weights, windows)
            }
        }
    }

    /// Its serving form.
    pub fn freeze(&self, params: &ParamStore<f32>) -> FrozenAttention {
        let query = |id| Tiles::new(params.data(id), params.shape(id)[1]);
        match self {
            Attention::Bilinear(Bilinear { norm, weight }) => {
                FrozenAttention { norm: *norm, query: query(*weight), unit: None }
            }
            Attention::Unit(unit) => FrozenAttention {
                norm: unit.norm,
                query: query(unit.query.weight),
                unit: Some(unit.freeze(params)),
            },
        }
    }
}

impl ActivationUnit {
    fn freeze(&self, params: &ParamStore<f32>) -> FrozenUnit {
        let of = |ids: [ParamId; 2]| ids.map(|id| params.data(id));
        let layer = |layer: &Linear| of([layer.weight, bias(layer)]);
        FrozenUnit::new(
            of([bias(&self.query), self.alpha]),
            layer(&self.first),
            layer(&self.second),
            params.data(self.score),
        )
    }
}
