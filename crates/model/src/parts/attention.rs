//! How much each interest matters to the candidate.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, UnitWeights, Windows};
use dien_cells::serving::Tiles;
use dien_tensor::{ParamId, ParamStore, Tape, Var, ops};

use super::Linear;
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

impl Attention {
    /// Adds the parameters of the configured attention, over keys of `key_width`.
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        key_width: usize,
        event_width: usize,
    ) -> Self {
        match config.attention() {
            AttentionKind::Unit => {
                Attention::Unit(ActivationUnit::new(builder, config, key_width, event_width))
            }
            AttentionKind::Bilinear => {
                Attention::Bilinear(Bilinear::new(builder, config, key_width, event_width))
            }
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
            Attention::Unit(unit) => unit.forward(tape, interests, candidates, windows),
            Attention::Bilinear(bilinear) => bilinear.forward(tape, interests, candidates, windows),
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

/// hᵀ W e with `attention.bilinear.weight` `[hidden, event width]`.
#[derive(Clone, Debug)]
pub struct Bilinear {
    norm: AttentionNorm,
    weight: ParamId,
}

impl Bilinear {
    fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        hidden: usize,
        event_width: usize,
    ) -> Self {
        let weight = builder.weight("attention.bilinear.weight", hidden, event_width, event_width);
        Bilinear { norm: config.attention_norm, weight }
    }

    fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let query = ops::linear(candidates, tape.param(self.weight), None);
        lanes::dot_attention(self.norm, lanes::gather(interests, windows), query, windows.targets())
    }
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

impl ActivationUnit {
    fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        hidden: usize,
        event_width: usize,
    ) -> Self {
        let [a, b] = config.attention_layers;
        ActivationUnit {
            norm: config.attention_norm,
            query: Linear::new(builder, "attention.query", hidden, event_width),
            alpha: builder.vector("attention.query.alpha", 1, config.init.prelu),
            first: Linear::new(builder, "attention.0", a, 4 * hidden),
            second: Linear::new(builder, "attention.1", b, a),
            // No bias: a softmax would cancel it.
            score: builder.weight("attention.2.weight", 1, b, b),
        }
    }

    fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let query = ops::prelu(self.query.forward(tape, candidates), tape.param(self.alpha));
        let weights = UnitWeights {
            first: tape.param(self.first.weight),
            first_bias: tape.param(self.first.bias),
            second: tape.param(self.second.weight),
            second_bias: tape.param(self.second.bias),
            score: tape.param(self.score),
        };
        lanes::activation_unit(self.norm, interests, query, weights, windows)
    }

    fn freeze(&self, params: &ParamStore<f32>) -> FrozenUnit {
        let of = |ids: [ParamId; 2]| ids.map(|id| params.data(id));
        FrozenUnit::new(
            of([self.query.bias, self.alpha]),
            of([self.first.weight, self.first.bias]),
            of([self.second.weight, self.second.bias]),
            params.data(self.score),
        )
    }
}
