//! A GRU with its parameters.

use std::sync::Arc;

use dien_tensor::init::Builder;
use dien_tensor::{ParamStore, Var};

use super::{CellParams, GruWeights};
use crate::cell::{CellKind, CellOutput, cell};
use crate::{Packed, Real};

/// A gated recurrent unit over packed sequences, from a zero state. Reset after the recurrent product, as in
/// PyTorch's `nn.GRU`; see [`cell`](crate::cell) for the equations, [`crate`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gru {
    /// The parameters.
    pub params: CellParams,
}

impl Gru {
    /// Adds `name.w`, `name.u`, `name.b` and `name.b_hc`; see [`CellParams::new`].
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, inputs: usize, hidden: usize) -> Self {
        Gru { params: CellParams::new(builder, name, inputs, hidden, 0.0) }
    }

    /// Adds the same parameters with the values of a GRU trained elsewhere; see [`GruWeights::from_pytorch`].
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn with_weights<T: Real>(params: &mut ParamStore<T>, name: &str, weights: GruWeights<T>) -> Self {
        Gru { params: weights.add_to(params, name) }
    }

    /// The state after every event: `events` `[blocks, inputs, LANES]` to `[blocks, hidden, LANES]`.
    ///
    /// # Panics
    /// If `events` has another shape.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, events: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
        cell(self.params.run(events.tape(), CellKind::Gru, events, None), CellOutput::States, packed)
    }

    /// Each sequence's last state, zero if it is empty: `[chunks, hidden, LANES]`; as rows by
    /// [`lanes::lanes_to_sequences`](crate::lanes::lanes_to_sequences).
    ///
    /// # Panics
    /// If `events` has another shape.
    #[track_caller]
    pub fn last<'t, T: Real>(&self, events: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
        cell(self.params.run(events.tape(), CellKind::Gru, events, None), CellOutput::Last, packed)
    }
}
