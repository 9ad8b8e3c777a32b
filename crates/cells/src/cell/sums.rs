//! The gradients of a cell's weights and biases, summed over a chunk's lanes and steps.

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, LongRows, Store, product};
use dien_kernels::simd::Simd;
use dien_tensor::Real;

use super::layout::{HELD, HELD_STRIDE, LINE, PARTIAL, VECTOR};
use crate::LANES;

/// The sizes of what a chunk sums up.
///
/// The weights' gradients stand in rows of `stride`: those of q, r, u and c, `hidden` rows each, and in each
/// row the inputs' columns, then the state's. q's rows have no meaning in the inputs' columns, and c's none
/// in the state's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub hidden: usize,
    /// 0 if the input gates are given.
    pub inputs: usize,
}

/// From the first element at which a line of the cache begins: `scratch` is [`LINE`] longer than what is
/// needed.
pub(super) fn aligned<T>(scratch: &mut [T]) -> &mut [T] {
    let skip = scratch.as_ptr().align_offset(LINE * size_of::<f32>());
    &mut scratch[skip.min(LINE)..]
}

impl Sizes {
    /// Features of the input: of the events, or the given gates.
    pub fn features(self) -> usize {
        if self.inputs > 0 { self.inputs } else { 3 * self.hidden }
    }

    pub fn stride(self) -> usize {
        (self.inputs + self.hidden).next_multiple_of(VECTOR)
    }

    pub fn weights(self) -> usize {
        4 * self.hidden * self.stride()
    }

    /// Weights, then the biases `[hidden, 4, PARTIAL]`.
    pub fn sums(self) -> usize {
        self.weights() + 4 * self.hidden * PARTIAL
    }

    /// The gates' gradients `[4, hidden, HELD_STRIDE]`.
    pub fn held(self) -> usize {
        4 * self.hidden * HELD_STRIDE
    }

    /// What is held, then the inputs and states as rows `[HELD, stride]`.
    pub fn scratch(self) -> usize {
        self.held() + HELD * self.stride()
    }
}

/// How many lanes are held, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    lanes: usize,
}

impl Held {
    /// The first lane of the next step.
    pub fn first(self) -> usize {
        self.lanes.next_multiple_of(VECTOR)
    }

    /// Holds the `active` lanes of a step.
    pub fn hold(&mut self, active: usize) {
        self.lanes = self.first() + active;
    }

    /// Whether another step finds no room.
    pub fn is_full(self) -> bool {
        self.first() + LANES > HELD
    }

    /// The weights' gradients of what is held, `d` `[4, hidden, HELD_STRIDE]` and `rows` `[HELD, stride]`,
    /// are added to `weights`, or begin them unless `add`; and what is held is let go.
    #[inline(always)]
    pub fn add_products<T: Real, S: Simd>(
        &mut self,
        sizes: Sizes,
        d: &[T],
        rows: &[T],
        weights: &mut [T],
        add: bool,
        between: &mut impl FnMut(),
    ) {
        let lanes = std::mem::take(&mut self.lanes);
        let (n, inputs, stride) = (sizes.hidden, sizes.inputs, sizes.stride());
        let d = |gate: usize| LongRows(Block::new(&d[gate * n * HELD_STRIDE..], HELD_STRIDE));
        let rows = |column: usize| Block::new(&rows[column..], stride);
        let mut add_up = |m: usize, columns: usize, gate: usize, column: usize, c: &mut [T]| {
            let to = StoreBetween { store: Store { c, stride, add }, between: &mut *between };
            product::<T, S, _, _>((m, columns, lanes), d(gate), rows(column), to);
        };
        if inputs == 0 {
            return add_up(3 * n, stride, 0, 0, weights);
        }
        let (of_q, rest) = weights.split_at_mut(n * stride);
        let (of_gates, of_c) = rest.split_at_mut(2 * n * stride);
        // Whole vectors of columns: some of the neighbour's are computed too, and never read.
        let first = inputs / VECTOR * VECTOR;
        add_up(n, stride - first, 0, first, &mut of_q[first..]);
        add_up(2 * n, stride, 1, 0, of_gates);
        add_up(n, inputs.next_multiple_of(VECTOR), 3, 0, of_c);
    }
}
