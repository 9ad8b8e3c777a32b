//! What the gradients of a group's z give to the input and to the weights.

use std::ops::Range;

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, LongRows, Panels, Store, product};
use dien_kernels::inline::{copy, zip};
use dien_kernels::simd::{Kernel, Simd, transpose};
use dien_tensor::Real;

use super::Recurrence;
use super::backward::Chunk;
use super::groups::{lanes, with_first_lane};
use super::layout::{DEFERRED_STRIDE, VECTOR};
use super::prefetch::Prefetch;
use super::sizes::Sizes;
use crate::LANES;

/// The gradients of a group's input: Wᵀ d, or d itself where the gates are given.
pub(super) struct InputGrads<'a, T, R> {
    pub chunk: Chunk<'a, T, R>,
    /// The group's blocks.
    pub group: Range<usize>,
    /// W transposed, in panels; empty if the input gates are given.
    pub w_t: &'a [T],
    /// The gradients of each z, as [`Steps`](super::backward_steps::Steps) leave them.
    pub d: &'a [T],
    /// The gradient of the group's input, overwritten in the lanes that are computed.
    pub d_input: &'a mut [T],
    /// The gradient of the group's scores, `[steps, LANES]`: what the input gives is added.
    pub d_score: &'a mut [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for InputGrads<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Chunk { recurrence, packed, start, sizes, input, score, .. } = self.chunk;
        let (inputs, gates, size) = (sizes.inputs, R::GATES * sizes.hidden, sizes.features() * LANES);
        let of_w = Panels::new(S::LEVEL, inputs, gates);
        let d = &self.d[usize::from(R::SPLIT) * sizes.hidden * DEFERRED_STRIDE..];
        let ones = [T::one(); LANES];
        for (block, first) in with_first_lane(packed, self.group.clone()) {
            let (step, active, width) = (block - start, packed.active(block), packed.width(block));
            let (d, at) = (&d[first..], block - self.group.start);
            let score = score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]);
            let input = &input[step * size..][..size];
            let to = &mut self.d_input[at * size..][..size];
            let d_score = &mut self.d_score[at * LANES..][..LANES];
            if inputs > 0 {
                let d = Block::new(d, DEFERRED_STRIDE);
                let store = Store::new(&mut *to, LANES);
                product::<T, S, _, _>((inputs, width, gates), of_w.packed(self.w_t), d, store);
                if recurrence.scales_input() {
                    scale_events(input, to, score, d_score, (active, width));
                }
            } else if recurrence.scales_input() {
                scale_gates(input, d, to, score, d_score, (active, width));
            } else {
                for (to, d) in zip(to.chunks_exact_mut(LANES), d.chunks(DEFERRED_STRIDE)) {
                    copy(&d[..width], &mut to[..width]);
                }
            }
        }
    }
}

/// The input is a·x: from the gradient of a·x to those of x and a.
#[inline(always)]
fn scale_events<T: Real>(x: &[T], dx: &mut [T], a: &[T], da: &mut [T], (active, width): (usize, usize)) {
    for (dx, x) in zip(dx.chunks_exact_mut(LANES), x.chunks_exact(LANES)) {
        for v in 0..active {
            da[v] += dx[v] * x[v];
        }
        for v in 0..width {
            dx[v] *= a[v];
        }
    }
}

/// The gates' inputs are a·g: from the gradient of a·g to those of g and a.
#[inline(always)]
fn scale_gates<T: Real>(
    gates: &[T],
    d: &[T],
    to: &mut [T],
    a: &[T],
    da: &mut [T],
    (active, width): (usize, usize),
) {
    let rows = zip(gates.chunks_exact(LANES), d.chunks(DEFERRED_STRIDE));
    for (to, (gates, d)) in zip(to.chunks_exact_mut(LANES), rows) {
        for v in 0..active {
            da[v] += d[v] * gates[v];
        }
        for v in 0..width {
            to[v] = d[v] * a[v];
        }
    }
}

/// The gradients of the weights, of which a group gives its part.
pub(super) struct WeightGrads<'a, T, R> {
    pub chunk: Chunk<'a, T, R>,
    /// The group's blocks.
    pub group: Range<usize>,
    /// The group whose memory is asked for meanwhile.
    pub earlier: Range<usize>,
    /// The gradients of each z, as [`Steps`](super::backward_steps::Steps) leave them.
    pub d: &'a [T],
    /// Scratch for the inputs and states before as rows, `[DEFERRED, stride]`; finite where no step's are.
    pub rows: &'a mut [T],
    /// The weights' gradients: see [`Sizes`].
    pub weights: &'a mut [T],
    /// Whether there are some already, which these are added to.
    pub add: bool,
}

impl<T: Real, R: Recurrence> Kernel<T> for WeightGrads<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let WeightGrads { chunk, group, earlier, d, rows, weights, add } = self;
        let Chunk { recurrence, packed, start, sizes, input, score, initial, states, .. } = chunk;
        let (n, inputs, stride) = (sizes.hidden, sizes.inputs, sizes.stride());
        let (state, size) = (R::STATES * n * LANES, sizes.features() * LANES);
        for (block, first) in with_first_lane(packed, group.clone()) {
            let (step, active) = (block - start, packed.active(block));
            let h = if step == 0 { initial } else { &states[(step - 1) * state..][..state] };
            let rows = &mut rows[first * stride..];
            transpose::<T, S>(h, LANES, (n, active), &mut rows[inputs..], stride);
            if inputs > 0 {
                transpose::<T, S>(&input[step * size..][..size], LANES, (inputs, active), rows, stride);
                if let (true, Some(score)) = (recurrence.scales_input(), score) {
                    for (row, &a) in zip(rows.chunks_exact_mut(stride), &score[step * LANES..][..active]) {
                        row[..inputs].iter_mut().for_each(|x| *x *= a);
                    }
                }
            }
        }
        let mut ahead = ahead(&chunk, earlier.start - start..earlier.end - start);
        add_products::<T, S>(sizes, (d, rows, lanes(packed, group)), weights, add, &mut || ahead.fetch());
    }
}

/// What these steps of a chunk read.
#[inline(always)]
fn ahead<'a, T: Real, R: Recurrence>(chunk: &Chunk<'a, T, R>, steps: Range<usize>) -> Prefetch<'a, T, 4> {
    let n = chunk.sizes.hidden * LANES;
    let of = |data: &'a [T], size: usize, steps: Range<usize>| &data[steps.start * size..steps.end * size];
    let before = steps.start.saturating_sub(1)..steps.end.saturating_sub(1);
    Prefetch {
        parts: [
            of(chunk.saved, R::SAVED * n, steps.clone()),
            of(chunk.states, R::STATES * n, before),
            chunk.d_states.map_or(&[], |d| of(d, R::STATES * n, steps.clone())),
            of(chunk.input, chunk.sizes.features() * LANES, steps),
        ],
    }
}

/// The weights' gradients of `d` `[sums, hidden, DEFERRED_STRIDE]` and `rows` `[DEFERRED, stride]`, of so many
/// lanes, are added to `weights`, or begin them unless `add`.
#[inline(always)]
fn add_products<T: Real, S: Simd>(
    sizes: Sizes,
    (d, rows, lanes): (&[T], &[T], usize),
    weights: &mut [T],
    add: bool,
    between: &mut impl FnMut(),
) {
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
