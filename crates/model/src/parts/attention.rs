//! How much each interest matters to the candidate.

use std::sync::Arc;

use dien_cells::lanes::{self, Activation, Windows};
use dien_tensor::{ParamId, Real, Tape, Var, ops};

use super::Linear;
use crate::config::{AttentionKind, ModelConfig};
use crate::init::Builder;

/// One of the two attentions.
#[derive(Clone, Debug)]
pub enum Attention {
    /// DIN's local activation unit.
    Unit(ActivationUnit),
    /// The paper's bilinear form.
    Bilinear(Bilinear),
}

impl Attention {
    /// Adds the parameters of the configured attention.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        match config.attention {
            AttentionKind::Unit => Attention::Unit(ActivationUnit::new(builder, config, event_width)),
            AttentionKind::Bilinear => {
                Attention::Bilinear(Bilinear::new(builder, config.hidden, event_width))
            }
        }
    }

    /// Scores that sum to 1 over the events of each target's window, `[target blocks, 1, LANES]`, from the histories'
    /// interests `[history blocks, hidden, LANES]` and the candidates `[targets, event width]`.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let logits = match self {
            Attention::Unit(unit) => unit.logits(tape, interests, candidates, windows),
            Attention::Bilinear(bilinear) => bilinear.logits(tape, interests, candidates, windows),
        };
        lanes::softmax(logits, windows.targets())
    }
}

/// hᵀ W e with `attention.bilinear.weight` `[hidden, event width]`.
#[derive(Clone, Debug)]
pub struct Bilinear {
    weight: ParamId,
}

impl Bilinear {
    fn new<T: Real>(builder: &mut Builder<'_, T>, hidden: usize, event_width: usize) -> Self {
        Bilinear { weight: builder.weight("attention.bilinear.weight", hidden, event_width, event_width) }
    }

    fn logits<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let query = ops::linear(candidates, tape.param(self.weight), None);
        let query = lanes::place(query, windows.targets());
        let keys = lanes::gather(interests, windows);
        lanes::sum_features(lanes::mul_spread(keys, query, windows.targets()))
    }
}

/// An MLP with sigmoid hidden units over `[q, k, q − k, q ∘ k]`, where q = PReLU(W e + b) and k is the interest.
#[derive(Clone, Debug)]
pub struct ActivationUnit {
    hidden: usize,
    query: Linear,
    alpha: ParamId,
    first: Linear,
    second: Linear,
    score: ParamId,
}

impl ActivationUnit {
    fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        let (hidden, [a, b]) = (config.hidden, config.attention_layers);
        ActivationUnit {
            hidden,
            query: Linear::new(builder, "attention.query", hidden, event_width),
            alpha: builder.vector("attention.query.alpha", 1, config.init.prelu),
            first: Linear::new(builder, "attention.0", a, 4 * hidden),
            second: Linear::new(builder, "attention.1", b, a),
            // No bias: softmax would cancel it.
            score: builder.weight("attention.2.weight", 1, b, b),
        }
    }

    /// `[q, k, q−k, q∘k]·W` = q·(W_q + W_d) once a target + k·(W_k − W_d) once an event of a history + (q∘k)·W_p a pair.
    fn logits<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let targets = windows.targets();
        let w = tape.param(self.first.weight);
        let block = |i: usize| ops::slice_columns(w, i * self.hidden..(i + 1) * self.hidden);
        let (w_q, w_k, w_d, w_p) = (block(0), block(1), block(2), block(3));
        let query = ops::prelu(self.query.forward(tape, candidates), tape.param(self.alpha));
        let of_query = ops::linear(query, w_q + w_d, Some(tape.param(self.first.bias)));
        let of_key = lanes::linear(interests, w_k - w_d, None, Activation::None, windows.histories());
        let pair =
            lanes::mul_spread(lanes::gather(interests, windows), lanes::place(query, targets), targets);
        let of_pair = lanes::linear(pair, w_p, None, Activation::None, targets);
        let of_query = lanes::place(of_query, targets);
        let first = lanes::sigmoid_sum(lanes::gather(of_key, windows), of_pair, Some(of_query), targets);
        let (w, b) = (tape.param(self.second.weight), tape.param(self.second.bias));
        let second = lanes::linear(first, w, Some(b), Activation::Sigmoid, targets);
        lanes::linear(second, tape.param(self.score), None, Activation::None, targets)
    }
}
