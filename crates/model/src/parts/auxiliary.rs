//! The auxiliary loss: an interest must tell the next event from one that did not happen.

use std::sync::Arc;

use dien_cells::Packed;
use dien_cells::lanes::{self, Activation};
use dien_tensor::{ParamId, Real, Tape, Var, ops};

use super::{Embedding, Linear};
use crate::Batch;
use crate::config::{AuxiliaryKind, ModelConfig};
use crate::init::Builder;

/// The score of a state against an event.
#[derive(Clone, Debug)]
pub enum Auxiliary {
    /// An MLP with sigmoid hidden units over `[h, e]`.
    Mlp {
        /// Its first layer, `[units, hidden + event width]`.
        first: (ParamId, ParamId),
        /// Its second layer.
        second: (ParamId, ParamId),
        /// Its last layer.
        score: (ParamId, ParamId),
        /// The width of h.
        hidden: usize,
    },
    /// (P h)·e.
    InnerProduct {
        /// P, `[event width, hidden]`.
        project: ParamId,
    },
}

impl Auxiliary {
    /// Adds the parameters of the configured score.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        let hidden = config.hidden;
        match config.auxiliary {
            AuxiliaryKind::Mlp => {
                let [a, b] = config.auxiliary_layers;
                let first = Linear::new(builder, "auxiliary.0", a, hidden + event_width);
                let second = Linear::new(builder, "auxiliary.1", b, a);
                let score = Linear::new(builder, "auxiliary.2", 1, b);
                let ids = |l: Linear| (l.weight, l.bias);
                Auxiliary::Mlp { first: ids(first), second: ids(second), score: ids(score), hidden }
            }
            AuxiliaryKind::InnerProduct => Auxiliary::InnerProduct {
                project: builder.weight("auxiliary.project.weight", event_width, hidden, hidden),
            },
        }
    }

    /// −mean over the pairs (t, t+1) of log σ(f(h_t, e_{t+1})) + (1/k) Σ log(1 − σ(f(h_t, ê_{t+1}))): a scalar, exactly 0 if
    /// there is no pair.
    ///
    /// `interests` are `[blocks, hidden, LANES]`, `events` `[blocks, event width, LANES]`.
    pub fn loss<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        batch: &Batch,
        embedding: &Embedding,
        interests: Var<'t, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        let before = lanes::shift(interests, packed);
        // What a state contributes is the same for the event that came and for those that did not.
        let state = match self {
            Auxiliary::Mlp { first, hidden, .. } => {
                let w = ops::slice_columns(tape.param(first.0), 0..*hidden);
                lanes::linear(before, w, Some(tape.param(first.1)), Activation::None, packed)
            }
            Auxiliary::InnerProduct { project } => {
                lanes::linear(before, tape.param(*project), None, Activation::None, packed)
            }
        };
        let pairs: Vec<_> = (0..packed.len())
            .flat_map(|s| (1..packed.lengths()[s] as usize).map(move |t| Some((s, t))))
            .collect();
        let loss_of = |events, label: f32| {
            let scores = lanes::pick(self.scores(tape, state, events, packed), pairs.iter().copied(), packed);
            ops::bce_with_logits(scores, &vec![label; pairs.len()], None)
        };
        let mut loss = loss_of(events, 1.0);
        let k = batch.histories.negatives_per_event;
        for which in 0..k {
            let negatives = embedding.negatives(tape, batch, which, packed);
            loss = loss + ops::scale(loss_of(negatives, 0.0), T::of(1.0 / k as f64));
        }
        loss
    }

    /// f(h, e) from the state's part: `[blocks, 1, LANES]`.
    fn scores<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        state: Var<'t, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        match self {
            Auxiliary::InnerProduct { .. } => lanes::sum_features(state * events),
            Auxiliary::Mlp { first, second, score, hidden } => {
                let w = tape.param(first.0);
                let w = ops::slice_columns(w, *hidden..w.shape()[1]);
                let event = lanes::linear(events, w, None, Activation::None, packed);
                let first = lanes::sigmoid_sum(state, event, None, packed);
                let (w, b) = (tape.param(second.0), tape.param(second.1));
                let second = lanes::linear(first, w, Some(b), Activation::Sigmoid, packed);
                lanes::linear(
                    second,
                    tape.param(score.0),
                    Some(tape.param(score.1)),
                    Activation::None,
                    packed,
                )
            }
        }
    }

    /// (P h)·e for one state `[n, hidden]` and one event `[n, event width]` a row: `[n, 1]`, a feature for the head.
    /// `None` for the MLP.
    pub fn product<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        state: Var<'t, T>,
        event: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let Auxiliary::InnerProduct { project } = self else { return None };
        Some(ops::dot_rows(ops::linear(state, tape.param(*project), None), event))
    }
}
