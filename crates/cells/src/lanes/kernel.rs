//! Products of a weight with blocks: forward, and both ways back.

use std::ops::Range;

use dien_kernels::gemm::{Block, LongRows, Rows, Store, product};
use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math, transpose};
use dien_tensor::Real;

use crate::{LANES, Packed};

/// What is done to W x (+ b) while a block of it is in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// φ(x) = x
    None,
    /// φ = σ
    Sigmoid,
}

struct Forward<'a, T> {
    packed: &'a Packed,
    blocks: Range<usize>,
    weight: &'a [T],
    bias: Option<&'a [T]>,
    activation: Activation,
    x: &'a [T],
    y: &'a mut [T],
    dims: (usize, usize),
    add: bool,
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (inputs, outputs) = self.dims;
        let weight = Rows(Block::new(self.weight, inputs));
        let blocks = zip(self.x.chunks_exact(inputs * LANES), self.y.chunks_exact_mut(outputs * LANES));
        for (block, (x, y)) in zip(self.blocks, blocks) {
            let width = self.packed.width(block);
            if let Some(bias) = self.bias {
                for (row, &b) in zip(y.chunks_exact_mut(LANES), bias) {
                    fill(&mut row[..width], b);
                }
            }
            let add = self.add || self.bias.is_some();
            let to = Store { c: &mut *y, stride: LANES, add };
            product::<T, S, _, _>((outputs, width, inputs), weight, Block::new(x, LANES), to);
            if self.activation == Activation::Sigmoid {
                for row in y.chunks_exact_mut(LANES) {
                    row[..width].iter_mut().for_each(|y| *y = math::sigmoid::<T, S>(*y));
                }
            }
        }
    }
}

/// y = φ(W x (+ b)) for these blocks, whose parts of their tensors `x` and `y` are.
pub(crate) fn forward<T: Real>(
    packed: &Packed,
    blocks: Range<usize>,
    (weight, bias, activation): (&[T], Option<&[T]>, Activation),
    x: &[T],
    y: &mut [T],
    (inputs, outputs): (usize, usize),
) {
    debug_assert_eq!(weight.len(), inputs * outputs);
    dispatch(Forward { packed, blocks, weight, bias, activation, x, y, dims: (inputs, outputs), add: false });
}

/// dx = Wᵀ dy, or dx += if `add`, for these blocks; `weight_t` is W transposed, `[inputs, outputs]`.
pub(crate) fn backward_input<T: Real>(
    packed: &Packed,
    blocks: Range<usize>,
    weight_t: &[T],
    dy: &[T],
    dx: &mut [T],
    (inputs, outputs): (usize, usize),
    add: bool,
) {
    let (dims, activation) = ((outputs, inputs), Activation::None);
    dispatch(Forward { packed, blocks, weight: weight_t, bias: None, activation, x: dy, y: dx, dims, add });
}

/// W `[outputs, inputs]` transposed into `to` `[inputs, outputs]`.
pub(crate) fn transpose_weight<T: Real>(weight: &[T], to: &mut [T], (inputs, outputs): (usize, usize)) {
    for (o, row) in weight.chunks_exact(inputs).enumerate() {
        for (i, &w) in row.iter().enumerate() {
            to[i * outputs + o] = w;
        }
    }
}

struct BackwardWeight<'a, T> {
    packed: &'a Packed,
    blocks: Range<usize>,
    x: &'a [T],
    dy: &'a [T],
    sum: &'a mut [T],
    bias_sum: Option<&'a mut [T]>,
    /// A block of `x` with its lanes as rows, `[LANES, inputs]`.
    rows: &'a mut [T],
    dims: (usize, usize),
}

impl<T: Real> Kernel<T> for BackwardWeight<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (inputs, outputs) = self.dims;
        let BackwardWeight { sum, rows, mut bias_sum, .. } = self;
        let stride = padded_inputs(inputs);
        fill(sum, T::zero());
        if let Some(b) = bias_sum.as_deref_mut() {
            fill(b, T::zero());
        }
        let blocks = zip(self.x.chunks_exact(inputs * LANES), self.dy.chunks_exact(outputs * LANES));
        for (block, (x, dy)) in zip(self.blocks, blocks) {
            let active = self.packed.active(block);
            transpose_lanes::<T, S>(x, rows, (inputs, stride), active);
            let (dy_block, rows) = (LongRows(Block::new(dy, LANES)), Block::new(&*rows, stride));
            let to = Store::add(&mut *sum, stride);
            product::<T, S, _, _>((outputs, stride, active), dy_block, rows, to);
            if let Some(b) = bias_sum.as_deref_mut() {
                for (b, dy) in zip(b, dy.chunks_exact(LANES)) {
                    *b += lane_sum(dy, active);
                }
            }
        }
    }
}

/// These blocks' part of dW = Σ dy xᵀ (into `sum`, `[outputs, padded inputs]`) and of db = Σ dy (into
/// `bias_sum`).
///
/// `rows` is scratch of `LANES * padded_inputs(inputs)`.
pub(crate) fn backward_weight<T: Real>(
    packed: &Packed,
    blocks: Range<usize>,
    x: &[T],
    dy: &[T],
    sum: &mut [T],
    bias_sum: Option<&mut [T]>,
    rows: &mut [T],
    dims: (usize, usize),
) {
    dispatch(BackwardWeight { packed, blocks, x, dy, sum, bias_sum, rows, dims });
}

/// Columns of a weight gradient while it is summed: whole vectors.
pub(crate) fn padded_inputs(inputs: usize) -> usize {
    inputs.next_multiple_of(8)
}

/// The first lanes of a block `[features, LANES]` as rows `[lanes, stride]`, zero past the features.
#[inline(always)]
pub(crate) fn transpose_lanes<T: Real, S: Simd>(
    block: &[T],
    rows: &mut [T],
    (features, stride): (usize, usize),
    lanes: usize,
) {
    transpose::<T, S>(block, LANES, (features, lanes), rows, stride);
    if features < stride {
        rows.chunks_exact_mut(stride).take(lanes).for_each(|row| fill(&mut row[features..], T::zero()));
    }
}

/// The sum over the active lanes, in an order that vectorises and does not depend on the vector width.
#[inline(always)]
pub(crate) fn lane_sum<T: Real>(lanes: &[T], active: usize) -> T {
    let mut sums = [T::zero(); LANES];
    copy(&lanes[..active], &mut sums[..active]);
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}
