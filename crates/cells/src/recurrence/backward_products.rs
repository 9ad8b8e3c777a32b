//! What the gradients of a group's z give to the input and to the weights.

use std::ops::Range;

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, LongRows, Panels, Store, product};
use dien_kernels::inline::{copy, zip};
use dien_kernels::par::for_chunks;
use dien_kernels::simd::{Kernel, Level, Simd, dispatch_at, transpose};
use dien_tensor::Real;

use super::Recurrence;
use super::backward_chunk::Chunk;
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
        let Chunk { recurrence, packed, sizes, input, score, .. } = self.chunk;
        let start = self.chunk.start();
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

impl<T: Real, R: Recurrence> WeightGrads<'_, T, R> {
    pub(super) fn run(self, level: Level) {
        let WeightGrads { chunk, group, earlier, d, rows, weights, add } = self;
        let (n, stride) = (chunk.sizes.hidden, chunk.sizes.stride());
        let lanes = lanes(chunk.packed, group.clone());
        dispatch_at(level, InputsAndStates { chunk, group, rows: &mut *rows });
        let rows = &*rows;
        let start = chunk.start();
        let mut ahead = ahead(&chunk, earlier.start - start..earlier.end - start);
        let mut to = weights;
        for Product { sum, m, columns, first } in products(chunk.sizes).into_iter().flatten() {
            let (own, rest) = to.split_at_mut(m * stride);
            to = rest;
            let add_up = |row: usize, weights: &mut [T], ahead: &mut Prefetch<'_, T, 4>| {
                let d = &d[(sum * n + row) * DEFERRED_STRIDE..];
                let dims = (weights.len() / stride, columns, lanes);
                dispatch_at(level, AddProducts { dims, d, rows, first, weights, stride, add, ahead });
            };
            if m <= ROWS {
                add_up(0, own, &mut ahead);
            } else {
                let nothing = || Prefetch { parts: [&[]; 4] };
                for_chunks(ROWS * stride, own, &|start, own| add_up(start / stride, own, &mut nothing()));
            }
        }
    }
}

/// Rows of a weight's gradient in a task: whole tiles at every level. Narrow layers are one task.
const ROWS: usize = 120;

/// The inputs and states before of a group's steps as rows.
struct InputsAndStates<'a, T, R> {
    chunk: Chunk<'a, T, R>,
    group: Range<usize>,
    rows: &'a mut [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for InputsAndStates<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let InputsAndStates { chunk, group, rows } = self;
        let Chunk { recurrence, packed, sizes, input, score, initial, states, .. } = chunk;
        let start = chunk.start();
        let (n, inputs, stride) = (sizes.hidden, sizes.inputs, sizes.stride());
        let (state, size) = (R::STATES * n * LANES, sizes.features() * LANES);
        for (block, first) in with_first_lane(packed, group) {
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

/// A product of some rows of d with some columns of the inputs and states.
struct Product {
    /// Which of the [sums](Sizes) comes first.
    sum: usize,
    /// Rows.
    m: usize,
    columns: usize,
    /// The first column.
    first: usize,
}

/// The products that have a meaning, in the order of the sums' rows.
fn products(sizes: Sizes) -> [Option<Product>; 3] {
    let Sizes { hidden: n, inputs, gates, split, .. } = sizes;
    let stride = sizes.stride();
    if inputs == 0 || !split {
        return [Some(Product { sum: 0, m: gates * n, columns: stride, first: 0 }), None, None];
    }
    // Whole vectors of columns: some of the neighbour's are computed too, and never read.
    let first = inputs / VECTOR * VECTOR;
    let of_product = Product { sum: 0, m: n, columns: stride - first, first };
    let of_gates = Product { sum: 1, m: (gates - 1) * n, columns: stride, first: 0 };
    let of_last = Product { sum: gates, m: n, columns: inputs.next_multiple_of(VECTOR), first: 0 };
    [Some(of_product), Some(of_gates), Some(of_last)]
}

/// Rows `d` `[m, DEFERRED_STRIDE]` times columns from `first` on of `rows` `[DEFERRED, stride]`, over so many
/// lanes, added to `weights` or, unless `add`, in their place.
struct AddProducts<'a, 'b, T> {
    /// Rows, columns, lanes.
    dims: (usize, usize, usize),
    d: &'a [T],
    rows: &'a [T],
    first: usize,
    weights: &'a mut [T],
    stride: usize,
    add: bool,
    ahead: &'a mut Prefetch<'b, T, 4>,
}

impl<T: Real> Kernel<T> for AddProducts<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let AddProducts { dims, d, rows, first, weights, stride, add, ahead } = self;
        let store = Store { c: &mut weights[first..], stride, add };
        let to = StoreBetween { store, between: &mut || ahead.fetch() };
        let d = LongRows(Block::new(d, DEFERRED_STRIDE));
        product::<T, S, _, _>(dims, d, Block::new(&rows[first..], stride), to);
    }
}
