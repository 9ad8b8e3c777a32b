//! What a run of a recurrence reads, and what it gives.

use dien_tensor::{Real, Var};

/// What drives the gates.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum CellInput<'t, T: Real> {
    /// Events `[blocks, inputs, LANES]` and the input weights W `[gates · hidden, inputs]`.
    Events(Var<'t, T>, Var<'t, T>),
    /// W x without bias, `[blocks, gates · hidden, LANES]`: for histories shared by several targets.
    Gates(Var<'t, T>),
}

/// What the node's value is. A recurrence of several planes of state has `planes · hidden` for `hidden`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellOutput {
    /// Every state: `[blocks, hidden, LANES]`.
    States,
    /// Each sequence's last state (its initial one if it is empty): `[chunks, hidden, LANES]`.
    Last,
}

/// What a [`Recurrence`](super::Recurrence) runs over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RecurrenceArgs<'t, T: Real> {
    /// What drives the gates.
    pub input: CellInput<'t, T>,
    /// Recurrent weights U `[gates · hidden, hidden]`.
    pub u: Var<'t, T>,
    /// Biases b `[gates · hidden]`.
    pub b: Var<'t, T>,
    /// The bias b_u of the last gate's recurrent product, `[hidden]`, for those that split it.
    pub b_u: Option<Var<'t, T>>,
    /// A score an event, `[blocks, 1, LANES]`, for those that take it.
    pub score: Option<Var<'t, T>>,
    /// The initial state `[chunks, planes · hidden, LANES]`; zero if `None`.
    pub initial: Option<Var<'t, T>>,
}

impl<'t, T: Real> RecurrenceArgs<'t, T> {
    /// From a zero state.
    pub fn new(input: CellInput<'t, T>, u: Var<'t, T>, b: Var<'t, T>) -> Self {
        RecurrenceArgs { input, u, b, b_u: None, score: None, initial: None }
    }

    /// With the bias of the last gate's recurrent product.
    pub fn b_u(self, b_u: impl Into<Option<Var<'t, T>>>) -> Self {
        RecurrenceArgs { b_u: b_u.into(), ..self }
    }

    /// With a score an event.
    pub fn score(self, score: impl Into<Option<Var<'t, T>>>) -> Self {
        RecurrenceArgs { score: score.into(), ..self }
    }

    /// From another state.
    pub fn initial(self, initial: impl Into<Option<Var<'t, T>>>) -> Self {
        RecurrenceArgs { initial: initial.into(), ..self }
    }
}
