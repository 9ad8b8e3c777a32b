//! The sizes of what a chunk sums up on its way back.

use dien_kernels::line::before_line;

use super::Recurrence;
use super::layout::{DEFERRED, DEFERRED_STRIDE, PARTIAL, VECTOR};

/// Gradients of a hidden unit: of each gate's z, and of a split gate's recurrent product.
#[inline(always)]
pub(super) const fn sums<R: Recurrence>() -> usize {
    R::GATES + R::SPLIT as usize
}

/// The sizes of what a chunk sums up.
///
/// The weights' gradients stand in rows of `stride`: `hidden` rows for each of [`sums`], that of a split
/// gate's recurrent product first, and in each row the inputs' columns, then the state's. The first has no
/// meaning in the inputs' columns then, and the last none in the state's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub gates: usize,
    pub split: bool,
    /// See [`sums`].
    pub sums: usize,
    pub hidden: usize,
    /// 0 if the input gates are given.
    pub inputs: usize,
}

impl Sizes {
    pub fn new<R: Recurrence>(hidden: usize, inputs: usize) -> Self {
        Sizes { gates: R::GATES, split: R::SPLIT, sums: sums::<R>(), hidden, inputs }
    }

    /// Features of the input: of the events, or the given gates.
    pub fn features(self) -> usize {
        if self.inputs > 0 { self.inputs } else { self.gates * self.hidden }
    }

    pub fn stride(self) -> usize {
        (self.inputs + self.hidden).next_multiple_of(VECTOR)
    }

    pub fn weights(self) -> usize {
        self.sums * self.hidden * self.stride()
    }

    /// Weights, then the biases `[hidden, sums, PARTIAL]`.
    pub fn chunk(self) -> usize {
        self.weights() + self.sums * self.hidden * PARTIAL
    }

    /// The gradients of each z, `[sums, hidden, DEFERRED_STRIDE]`.
    pub fn deferred(self) -> usize {
        self.sums * self.hidden * DEFERRED_STRIDE
    }

    /// Twice what is deferred, then the inputs and states as rows `[DEFERRED, stride]`.
    pub fn scratch(self) -> usize {
        2 * self.deferred() + DEFERRED * self.stride()
    }
}

/// From the first element at which a line of the cache begins: `scratch` is longer by a
/// [line](dien_kernels::line::LINE) than what is needed.
pub(super) fn aligned<T>(scratch: &mut [T]) -> &mut [T] {
    let start = before_line(scratch);
    &mut scratch[start..]
}
