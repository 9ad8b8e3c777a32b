//! A cell of the GRU family as one node on the tape.

use std::sync::Arc;

use dien_kernels::concrete;
use dien_tensor::{Real, Var};

use super::{CellKind, GruRecurrence};
use crate::Packed;
use crate::recurrence::{self, CellInput, CellOutput, RecurrenceArgs};

/// What a cell runs over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CellArgs<'t, T: Real> {
    /// Which cell.
    pub kind: CellKind,
    /// What drives the gates.
    pub input: CellInput<'t, T>,
    /// Attention scores `[blocks, 1, LANES]`, for the kinds that take them.
    pub attention: Option<Var<'t, T>>,
    /// The initial state `[chunks, hidden, LANES]`; zero if `None`.
    pub initial: Option<Var<'t, T>>,
    /// Recurrent weights `[3 hidden, hidden]`, gate order r, u, c.
    pub u: Var<'t, T>,
    /// Biases `[3 hidden]`.
    pub b: Var<'t, T>,
    /// The bias inside the reset product, `[hidden]`.
    pub b_hc: Var<'t, T>,
}

impl<'t, T: Real> CellArgs<'t, T> {
    /// From a zero state and without attention: recurrent weights `u` `[3 hidden, hidden]`, gate order r, u,
    /// c; biases `b` `[3 hidden]`; the bias inside the reset product `b_hc` `[hidden]`.
    pub fn new(
        kind: CellKind,
        input: CellInput<'t, T>,
        u: Var<'t, T>,
        b: Var<'t, T>,
        b_hc: Var<'t, T>,
    ) -> Self {
        CellArgs { kind, input, attention: None, initial: None, u, b, b_hc }
    }

    /// With attention scores `[blocks, 1, LANES]`.
    pub fn attention(self, attention: impl Into<Option<Var<'t, T>>>) -> Self {
        CellArgs { attention: attention.into(), ..self }
    }

    /// From another state, `[chunks, hidden, LANES]`.
    pub fn initial(self, initial: impl Into<Option<Var<'t, T>>>) -> Self {
        CellArgs { initial: initial.into(), ..self }
    }
}

concrete! {
    /// The cell as one node on the tape.
    pub trait CellOp: Real;

    /// Runs a cell over every sequence: one tape node, with gradients for all it was given.
    ///
    /// # Panics
    /// If shapes do not agree, a kind that takes attention has none, or another has some.
    pub fn cell<'t>(
        args: CellArgs<'t, T>, output: CellOutput, packed: &Arc<Packed>,
    ) -> Var<'t, T> = record_cell;
}

#[track_caller]
fn record_cell<'t, T: Real>(args: CellArgs<'t, T>, output: CellOutput, packed: &Arc<Packed>) -> Var<'t, T> {
    let CellArgs { kind, input, attention, initial, u, b, b_hc } = args;
    let args = RecurrenceArgs::new(input, u, b).b_u(b_hc).score(attention).initial(initial);
    recurrence::run(GruRecurrence::new(kind), args, output, packed)
}
