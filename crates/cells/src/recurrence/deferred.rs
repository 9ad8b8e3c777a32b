//! The gradients of the weights, which wait until the lanes of a few steps have come together.

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, LongRows, Store, product};
use dien_kernels::simd::Simd;
use dien_tensor::Real;

use super::layout::{DEFERRED, DEFERRED_STRIDE, VECTOR};
use super::sizes::Sizes;
use crate::LANES;

/// How many lanes wait to be multiplied into the weights' gradients.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeferredLanes {
    lanes: usize,
}

impl DeferredLanes {
    /// The first lane of the next step.
    pub fn first(self) -> usize {
        self.lanes.next_multiple_of(VECTOR)
    }

    /// Adds the `active` lanes of a step.
    pub fn add(&mut self, active: usize) {
        self.lanes = self.first() + active;
    }

    /// Whether another step finds no room.
    pub fn is_full(self) -> bool {
        self.first() + LANES > DEFERRED
    }

    /// The weights' gradients of what waits, `d` `[sums, hidden, DEFERRED_STRIDE]` and `rows`
    /// `[DEFERRED, stride]`, are added to `weights`, or begin them unless `add`; then nothing waits.
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
        let Sizes { hidden: n, inputs, gates, split, .. } = sizes;
        let stride = sizes.stride();
        let d = |sum: usize| LongRows(Block::new(&d[sum * n * DEFERRED_STRIDE..], DEFERRED_STRIDE));
        let rows = |column: usize| Block::new(&rows[column..], stride);
        let mut add_up = |m: usize, columns: usize, sum: usize, column: usize, c: &mut [T]| {
            let to = StoreBetween { store: Store { c, stride, add }, between: &mut *between };
            product::<T, S, _, _>((m, columns, lanes), d(sum), rows(column), to);
        };
        if inputs == 0 || !split {
            return add_up(gates * n, stride, 0, 0, weights);
        }
        let (of_product, rest) = weights.split_at_mut(n * stride);
        let (of_gates, of_last) = rest.split_at_mut((gates - 1) * n * stride);
        // Whole vectors of columns: some of the neighbour's are computed too, and never read.
        let first = inputs / VECTOR * VECTOR;
        add_up(n, stride - first, 0, first, &mut of_product[first..]);
        add_up((gates - 1) * n, stride, 1, 0, of_gates);
        add_up(n, inputs.next_multiple_of(VECTOR), gates, 0, of_last);
    }
}
