//! The auxiliary loss: an interest must tell the next event from one that did not happen.

use std::sync::Arc;

use dien_cells::Packed;
use dien_cells::Real;
use dien_cells::lanes::auxiliary;
use dien_tensor::nn::Linear;
use dien_tensor::{ParamId, ParamStore, Tape, Var, ops};

use super::{EventRows, bias};
use crate::Histories;
use crate::config::{AuxiliaryKind, AuxiliaryLoss, ModelConfig};
use crate::frozen;
use crate::init::Builder;

/// The score of a state against an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auxiliary {
    /// An MLP with sigmoid hidden units over `[h, e]`.
    Mlp {
        /// Its first layer, of `[units, hidden + event width]`.
        first: Linear,
        /// Its second layer.
        second: Linear,
        /// Its last layer.
        score: Linear,
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
                let first = Linear::new(builder, "auxiliary.0", hidden + event_width, a);
                let second = Linear::new(builder, "auxiliary.1", a, b);
                let score = Linear::new(builder, "auxiliary.2", b, 1);
                Auxiliary::Mlp { first, second, score }
            }
            AuxiliaryKind::InnerProduct => Auxiliary::InnerProduct {
                project: builder.weight("auxiliary.project.weight", event_width, hidden, hidden),
            },
        }
    }

    /// The mean over the pairs (t, t+1) of a loss of f(h_t, e_{t+1}) and each f(h_t, ê_{t+1}): a scalar,
    /// exactly 0 if there is no pair.
    ///
    /// `interests` are `[blocks, hidden, LANES]`, `events` `[blocks, event width, LANES]`.
    pub fn loss<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        loss: AuxiliaryLoss,
        histories: &Histories,
        rows: &EventRows<'t, T>,
        interests: Var<'t, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        let k = histories.negatives_per_event;
        let negatives = (0..k).map(|which| rows.negatives(histories, which, packed));
        match *self {
            Auxiliary::Mlp { first, second, score } => {
                let layers = [first, second, score].map(|l| (tape.param(l.weight), tape.param(bias(&l))));
                auxiliary::mlp(loss, interests, events, negatives, layers, packed)
            }
            Auxiliary::InnerProduct { project } => {
                auxiliary::inner_product(loss, interests, events, negatives, tape.param(project), packed)
            }
        }
    }

    /// (P h)·e for one state `[n, hidden]` and one event `[n, event width]` a row: `[n, 1]`, a feature for
    /// the head. `None` for the MLP.
    pub fn product<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        state: Var<'t, T>,
        event: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let Auxiliary::InnerProduct { project } = self else { return None };
        Some(ops::dot_rows(ops::linear(state, tape.param(*project), None), event))
    }

    /// What serving needs of it: P by column, `[hidden, event width]`. `None` for the MLP, which no score
    /// reads.
    pub fn freeze(&self, params: &ParamStore<f32>) -> Option<Vec<f32>> {
        let Auxiliary::InnerProduct { project } = *self else { return None };
        let [event_width, hidden] = *params.shape(project) else { unreachable!("a matrix") };
        Some(frozen::transpose(params.data(project), hidden, event_width))
    }
}
