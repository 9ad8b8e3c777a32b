//! What of the unit depends on the query alone: once a target.

use dien_kernels::gemm::{Block, Columns, LongRows, Store, product};
use dien_kernels::inline::{each, fill, zip};
use dien_kernels::par::for_some_rows;
use dien_kernels::reduce::sum_parts;
use dien_kernels::simd::{Kernel, Simd, dispatch, transpose};
use dien_tensor::{Pool, Real, Scratch};

use super::Shape;
use crate::lanes::windows::Windows;
use crate::{LANES, Packed, per_task};

/// Rows `[targets, hidden]` in lanes, `[chunks, hidden, LANES]`, idle lanes zero.
pub(super) fn lanes<T: Real>(pool: &Pool<T>, targets: &Packed, rows: &[T], hidden: usize) -> Scratch<T> {
    let mut lanes = pool.scratch(targets.chunks() * hidden * LANES);
    targets.par_chunks(per_task(&mut lanes[..], hidden * LANES)).for_each(|chunk, lanes| {
        fill(lanes, T::zero());
        for lane in 0..LANES {
            let Some(target) = targets.sequence(chunk, lane) else { break };
            let row = &rows[target * hidden..][..hidden];
            zip(lanes[lane..].iter_mut().step_by(LANES), row).for_each(|(to, &x)| *to = x);
        }
    });
    lanes
}

/// The inverse of [`lanes`]: adds the first `hidden` features of each chunk's `size` numbers to rows
/// `[targets, hidden]`.
pub(super) fn add_to_rows<T: Real>(
    targets: &Packed,
    lanes: &[T],
    size: usize,
    hidden: usize,
    rows: &mut [T],
) {
    for_some_rows(64, hidden, rows, &|target, row| {
        let (chunk, lane) = targets.place(target);
        let d = lanes[chunk * size + lane..].iter().step_by(LANES);
        zip(row, d).for_each(|(to, &d)| *to += d);
    });
}

struct Part<'a, T> {
    /// W_query transposed, `[hidden, first]`.
    weight_t: &'a [T],
    bias: &'a [T],
    query: &'a [T],
    part: &'a mut [T],
}

impl<T: Real> Kernel<T> for Part<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (row, &b) in zip(self.part.chunks_exact_mut(LANES), self.bias) {
            fill(row, b);
        }
        let hidden = self.query.len() / LANES;
        let weight = Columns(Block::new(self.weight_t, self.bias.len()));
        let (query, part) = (Block::new(self.query, LANES), Store::add(self.part, LANES));
        product::<T, S, _, _>((self.bias.len(), LANES, hidden), weight, query, part);
    }
}

/// W_query q + b, `[chunks, first, LANES]`.
pub(super) fn part<T: Real>(
    pool: &Pool<T>,
    targets: &Packed,
    query: &[T],
    weight_t: &[T],
    bias: &[T],
) -> Scratch<T> {
    let hidden = weight_t.len() / bias.len();
    let mut part = pool.scratch(targets.chunks() * bias.len() * LANES);
    let parts = (per_task(query, hidden * LANES), per_task(&mut part[..], bias.len() * LANES));
    targets.par_chunks(parts).for_each(|_, (query, part)| dispatch(Part { weight_t, bias, query, part }));
    part
}

/// The way back of a chunk's queries.
struct Backward<'a, T> {
    shape: Shape,
    query: &'a [T],
    /// W_query, `[first, hidden]`.
    weight: &'a [T],
    /// What each task of the chunk gives to q and to its part of the first layer,
    /// `[hidden + first, LANES]`.
    tasks: &'a [T],
    /// Both summed; then the whole gradient of q stands in front.
    d: &'a mut [T],
    /// dW_query `[first, padded hidden]` and db `[first]`.
    sums: &'a mut [T],
    /// `[LANES, padded hidden]`
    rows: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Shape { hidden, first, .. } = self.shape;
        fill(self.d, T::zero());
        for task in self.tasks.chunks_exact(self.d.len()) {
            each(self.d, [task], |d, [x]| *d += x);
        }
        let (d_query, d_part) = self.d.split_at_mut(hidden * LANES);
        let d = Block::new(&*d_part, LANES);
        let weight = Columns(Block::new(self.weight, hidden));
        product::<T, S, _, _>((hidden, LANES, first), weight, d, Store::add(d_query, LANES));
        let padded = Shape::padded(hidden);
        fill(self.rows, T::zero());
        transpose::<T, S>(self.query, LANES, (hidden, LANES), self.rows, padded);
        let (d_weight, d_bias) = self.sums.split_at_mut(first * padded);
        let rows = Block::new(&*self.rows, padded);
        product::<T, S, _, _>((first, padded, LANES), LongRows(d), rows, Store::new(d_weight, padded));
        for (to, d) in zip(d_bias, d_part.chunks_exact(LANES)) {
            *to = crate::lanes::lane_sum(d, LANES);
        }
    }
}

/// What the queries receive.
pub(super) struct QueryGrads<T: Real> {
    /// Of q, `[chunks, hidden + first, LANES]`: the first `hidden` features of each chunk.
    pub query: Scratch<T>,
    sums: Scratch<T>,
    sums_size: usize,
}

impl<T: Real> QueryGrads<T> {
    /// dW_query `[first, padded hidden]` and db `[first]`, if there is a chunk.
    pub fn sums(&self) -> Option<&[T]> {
        self.sums.get(..self.sums_size)
    }
}

/// From what each task gives to its chunk's queries and to their part of the first layer.
pub(super) fn backward<T: Real>(
    pool: &Pool<T>,
    windows: &Windows,
    shape: Shape,
    query: &[T],
    weight: &[T],
    tasks: &[T],
) -> QueryGrads<T> {
    let targets = &**windows.targets();
    let (size, padded) = (shape.query() * LANES, Shape::padded(shape.hidden));
    let sums_size = shape.first * padded + shape.first;
    let mut d = pool.scratch(targets.chunks() * size);
    let mut sums = pool.scratch(targets.chunks() * sums_size);
    let mut rows = pool.scratch(targets.chunks() * LANES * padded);
    let parts = (
        per_task(query, shape.hidden * LANES),
        per_task(&mut d[..], size),
        per_task(&mut sums[..], sums_size),
        per_task(&mut rows[..], LANES * padded),
    );
    targets.par_chunks(parts).for_each(|chunk, (query, d, sums, rows)| {
        let own = windows.tasks_of(chunk);
        let tasks = &tasks[own.start * size..own.end * size];
        dispatch(Backward { shape, query, weight, tasks, d, sums, rows });
    });
    sum_parts(&mut sums, sums_size);
    QueryGrads { query: d, sums, sums_size }
}
