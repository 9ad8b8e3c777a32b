//! What a chunk's way back reads, whatever the group of steps.

use super::sizes::Sizes;
use crate::Packed;

/// What does not change from one group of steps to the next.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    /// The chunk's first block.
    pub start: usize,
    pub sizes: Sizes,
    pub input: &'a [T],
    pub score: Option<&'a [T]>,
    pub initial: &'a [T],
    pub states: &'a [T],
    pub saved: &'a [T],
    pub d_states: Option<&'a [T]>,
}
