//! What a chunk's way back reads, whatever the group of steps.

use super::sizes::Sizes;
use crate::Packed;

/// A chunk and its part of what its way back reads; a state has `STATES hidden` rows.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    /// Which chunk.
    pub index: usize,
    pub sizes: Sizes,
    /// Events `[steps, inputs, LANES]`, or the given gates `[steps, GATES hidden, LANES]`.
    pub input: &'a [T],
    /// Scores `[steps, LANES]`.
    pub score: Option<&'a [T]>,
    /// The initial state.
    pub initial: &'a [T],
    /// Every state, `[steps]`.
    pub states: &'a [T],
    /// `[steps, hidden, SAVED, LANES]`
    pub saved: &'a [T],
    /// The gradient of every state, if the states were the value.
    pub d_states: Option<&'a [T]>,
}

impl<T, R> Chunk<'_, T, R> {
    /// The chunk's first block.
    pub(super) fn start(&self) -> usize {
        self.packed.first_block(self.index)
    }
}
