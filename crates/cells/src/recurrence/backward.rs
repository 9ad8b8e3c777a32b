//! A chunk back through time: what must go from step to step, and beside it what need not.

use std::ops::Range;

use dien_kernels::inline::fill;
use dien_kernels::par::join;
use dien_kernels::simd::{Level, dispatch_at};
use dien_tensor::Real;

use super::Recurrence;
use super::backward_chunk::Chunk;
use super::backward_products::{InputGrads, WeightGrads};
use super::backward_steps::Steps;
use super::groups::last_group;
use crate::LANES;

/// One chunk's way back. All slices are the chunk's own part; a state has `STATES hidden` rows.
pub(super) struct Backward<'a, T, R> {
    pub chunk: Chunk<'a, T, R>,
    /// U transposed, `[hidden, GATES hidden]`, in panels; a split gate comes first.
    pub u_t: &'a [T],
    /// W transposed, `[inputs, GATES hidden]`, in panels; empty if the input gates are given.
    pub w_t: &'a [T],
    /// On entry the gradient of the last states, on return that of the initial state.
    pub carried: &'a mut [T],
    /// The gradient of the input, overwritten in the lanes that are computed.
    pub d_input: &'a mut [T],
    /// The gradient of the scores, `[steps, LANES]`, overwritten.
    pub d_score: &'a mut [T],
    /// Scratch, `[Sizes::scratch]`.
    pub scratch: &'a mut [T],
    /// The sums of the weights' gradients, `[Sizes::chunk]`: see [`Sizes`](super::sizes::Sizes).
    pub sums: &'a mut [T],
    /// Whether the sums have those of other chunks, which this one's are added to.
    pub add: bool,
}

impl<T: Real, R: Recurrence> Backward<'_, T, R> {
    /// The recurrence goes ahead, a group of steps at a time; the products of the group behind it, which
    /// nothing waits for, go beside it: the input's gradient, and the weights', which each group adds to.
    pub(super) fn run(self, level: Level) {
        let Backward { chunk, u_t, w_t, carried, mut d_input, mut d_score, .. } = self;
        let Chunk { packed, sizes, .. } = chunk;
        let blocks = packed.chunk(chunk.index);
        let (d, rows) = self.scratch.split_at_mut(2 * sizes.deferred());
        let (mut now, mut next) = d.split_at_mut(sizes.deferred());
        let (weights, bias) = self.sums.split_at_mut(sizes.weights());
        // Between the steps of a group are lanes whose gradients are zero, and rows that must be finite.
        fill(rows, T::zero());
        if !self.add {
            fill(bias, T::zero());
            if blocks.is_empty() {
                fill(weights, T::zero());
            }
        }
        let mut steps = |group: Range<usize>, d_score: &mut [T], d: &mut [T]| {
            let (carried, bias) = (&mut *carried, &mut *bias);
            dispatch_at(level, Steps { chunk, group, u_t, carried, d_score, d, bias });
        };
        let mut group = last_group(packed, blocks.start, blocks.end);
        if !group.is_empty() {
            steps(group.clone(), d_score, now);
        }
        let mut add = self.add;
        while !group.is_empty() {
            let earlier = last_group(packed, blocks.start, group.start);
            let step = group.start - blocks.start;
            let (d_before, own_d_input) = d_input.split_at_mut(step * sizes.features() * LANES);
            let (score_before, own_d_score) = d_score.split_at_mut(step * LANES);
            let d = &*now;
            let inputs = InputGrads {
                chunk,
                group: group.clone(),
                w_t,
                d,
                d_input: own_d_input,
                d_score: own_d_score,
            };
            let weight_grads =
                WeightGrads { chunk, group: group.clone(), earlier: earlier.clone(), d, rows, weights, add };
            let (mut inputs, mut weight_grads) = (Some(inputs), Some(weight_grads));
            let mut products = || {
                join(&mut || dispatch_at(level, inputs.take().expect("once")), &mut || {
                    weight_grads.take().expect("once").run(level)
                });
            };
            if earlier.is_empty() {
                products();
            } else {
                join(&mut products, &mut || steps(earlier.clone(), score_before, next));
            }
            add = true;
            (d_input, d_score) = (d_before, score_before);
            group = earlier;
            std::mem::swap(&mut now, &mut next);
        }
    }
}
