//! A few steps of a chunk on its way back: from one state's gradient to that of the state before.

use std::ops::Range;

use dien_kernels::gemm::{Block, Panels, Store, product};
use dien_kernels::simd::{Kernel, Simd};
use dien_tensor::Real;

use super::Recurrence;
use super::backward_chunk::Chunk;
use super::derivatives::Step;
use super::groups::with_first_lane;
use super::layout::DEFERRED_STRIDE;
use crate::LANES;

/// The steps of a group.
pub(super) struct Steps<'a, T, R> {
    pub chunk: Chunk<'a, T, R>,
    /// Its blocks.
    pub group: Range<usize>,
    /// U transposed, in panels.
    pub u_t: &'a [T],
    /// On entry the gradient of the group's last state from later steps, on return that of the state before
    /// the group.
    pub carried: &'a mut [T],
    /// Out: the gradient of the scores, but for the input's, `[steps, LANES]` from the chunk's first step on.
    pub d_score: &'a mut [T],
    /// Out: the gradient of each z, `[sums, hidden, DEFERRED_STRIDE]`, the steps side by side.
    pub d: &'a mut [T],
    /// The same summed over steps and lanes, `[hidden, sums, PARTIAL]`: added to.
    pub bias: &'a mut [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for Steps<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Steps { chunk, group, u_t, carried, d_score, d, bias } = self;
        let Chunk { recurrence, packed, sizes, score, initial, states, saved, d_states, .. } = chunk;
        let (start, n, gates) = (chunk.start(), sizes.hidden, R::GATES * sizes.hidden);
        let (state, saved_size) = (R::STATES * n * LANES, R::SAVED * n * LANES);
        let of_u = Panels::new(S::LEVEL, n, gates);
        let ones = [T::one(); LANES];
        for (block, first) in with_first_lane(packed, group) {
            let (step, active, width) = (block - start, packed.active(block), packed.width(block));
            S::vectors(Step {
                recurrence,
                hidden: n,
                active,
                width,
                score: score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]),
                before: if step == 0 { initial } else { &states[(step - 1) * state..][..state] },
                saved: &saved[step * saved_size..][..saved_size],
                d_state: d_states.map(|d| &d[step * state..][..state]),
                carried,
                d,
                first,
                d_score: &mut d_score[step * LANES..][..LANES],
                bias,
            });
            let d_u = Block::new(&d[first..], DEFERRED_STRIDE);
            product::<T, S, _, _>((n, width, gates), of_u.packed(u_t), d_u, Store::add(carried, LANES));
        }
    }
}
