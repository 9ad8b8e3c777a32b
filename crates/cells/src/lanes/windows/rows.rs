//! Events as rows, so that one is a run of memory, and a sequence's next event the next one.
//!
//! The rows of a *task*, a chunk or a part of one, are `[LANES, steps, features]`. A tensor's rows are its
//! tasks', one after the other; idle lanes have rows too, which are neither read nor written.

use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::par::{self, walk};
use dien_kernels::simd::{Kernel, Simd, dispatch, transpose};
use dien_tensor::{Pool, Real, Scratch};

use super::Windows;
use crate::{LANES, Packed, per_block};

struct PutBlocks<'a, T> {
    packed: &'a Packed,
    first_block: usize,
    x: &'a [T],
    x_features: usize,
    rows: &'a mut [T],
    features: usize,
    first: usize,
}

impl<T: Real> Kernel<T> for PutBlocks<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (size, features) = (self.x_features * LANES, self.features);
        let steps = self.x.len() / size.max(1);
        for (step, x) in self.x.chunks_exact(size).enumerate() {
            let active = self.packed.active(self.first_block + step);
            let to = &mut self.rows[step * features + self.first..];
            transpose::<T, S>(x, LANES, (self.x_features, active), to, steps * features);
        }
    }
}

/// Consecutive blocks `[blocks, x_features, LANES]` into the rows of their task, from their feature `first`
/// on.
pub(crate) fn put_blocks<T: Real>(
    packed: &Packed,
    first_block: usize,
    (x, x_features): (&[T], usize),
    rows: &mut [T],
    (features, first): (usize, usize),
) {
    dispatch(PutBlocks { packed, first_block, x, x_features, rows, features, first });
}

/// The rows of a tensor over the histories, chunk by chunk.
pub(crate) fn history_rows<T: Real>(
    pool: &Pool<T>,
    histories: &Packed,
    x: &[T],
    features: usize,
) -> Scratch<T> {
    let mut rows = pool.scratch(x.len());
    let parts = (per_block(x, features), per_block(&mut rows[..], features));
    histories.par_chunks(parts).for_each(|chunk, (x, rows)| {
        put_blocks(histories, histories.chunk(chunk).start, (x, features), rows, (features, 0));
    });
    rows
}

/// The rows of histories as the targets of one chunk look at them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryRows<'a, T> {
    rows: &'a [T],
    features: usize,
    /// The row at which each lane's window begins.
    first_rows: &'a [u32],
    first_block: usize,
}

impl<'a, T: Real> HistoryRows<'a, T> {
    /// What the targets of a chunk see in the histories' rows.
    pub(crate) fn new(rows: &'a [T], features: usize, windows: &'a Windows, chunk: usize) -> Self {
        let first_rows = &windows.first_rows[chunk * LANES..][..LANES];
        HistoryRows { rows, features, first_rows, first_block: windows.targets.chunk(chunk).start }
    }

    /// The active lanes of a target block, `[features, LANES]`, by way of `scratch`, as many numbers.
    #[inline(always)]
    pub(crate) fn gather<S: Simd>(&self, block: usize, active: usize, lanes: &mut [T], scratch: &mut [T]) {
        let (step, features) = (block - self.first_block, self.features);
        for (row, &first) in zip(scratch.chunks_exact_mut(features), &self.first_rows[..active]) {
            copy(&self.rows[(first as usize + step) * features..][..features], row);
        }
        transpose::<T, S>(scratch, features, (active, features), lanes, LANES);
    }
}

struct SumTargets<'a, T> {
    windows: &'a Windows,
    history: usize,
    rows: &'a [T],
    features: usize,
    sum: &'a mut [T],
}

impl<T: Real> Kernel<T> for SumTargets<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumTargets { windows, history, rows, features, sum } = self;
        let targets = &*windows.targets;
        for &target in windows.targets_of(history) {
            let target = target as usize;
            let (chunk, lane) = targets.place(target);
            let (start, length) = (windows.source[target].1 as usize, targets.lengths()[target] as usize);
            let first = targets.chunk(chunk).start;
            for task in windows.tasks_of(chunk) {
                let (blocks, _) = windows.task(task);
                let step = blocks.start - first;
                if step >= length {
                    break;
                }
                let size = blocks.len().min(length - step) * features;
                let given = &rows[(blocks.start * LANES + lane * blocks.len()) * features..][..size];
                let sum = &mut sum[(start + step) * features..][..size];
                each(sum, [given], |sum, [x]| *sum += x);
            }
        }
    }
}

/// Each history's part of `rows`, which stand chunk by chunk, in parallel.
#[track_caller]
pub(super) fn par_histories<T: Real>(
    histories: &Packed,
    rows: &mut [T],
    features: usize,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    let first_row = |slot: usize| {
        let (chunk, lane) = (slot / LANES, slot % LANES);
        let steps = if lane == 0 { 0 } else { histories.chunk(chunk).len() };
        histories.first_block(chunk) * LANES + lane * steps
    };
    walk(0..histories.chunks() * LANES, &first_row, par::per_block(rows, features), &|slot, rows| {
        if let Some(history) = histories.sequence(slot / LANES, slot % LANES) {
            f(history, rows);
        }
    });
}

/// The rows of histories, chunk by chunk: the sums, over each history's targets in order, of the targets'
/// `rows`, which stand task by task.
pub(crate) fn sum_targets<T: Real>(
    pool: &Pool<T>,
    windows: &Windows,
    rows: &[T],
    features: usize,
) -> Scratch<T> {
    let mut sums = pool.scratch(windows.histories.blocks() * LANES * features);
    par_histories(&windows.histories, &mut sums, features, |history, sum| {
        fill(sum, T::zero());
        dispatch(SumTargets { windows, history, rows, features, sum });
    });
    sums
}

struct AddRows<'a, T> {
    packed: &'a Packed,
    first_block: usize,
    rows: &'a [T],
    features: usize,
    first: usize,
    x: &'a mut [T],
    lanes: &'a mut [T],
}

impl<T: Real> Kernel<T> for AddRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (size, features) = (self.lanes.len(), self.features);
        let steps = self.x.len() / size;
        for (step, x) in self.x.chunks_exact_mut(size).enumerate() {
            let active = self.packed.active(self.first_block + step);
            let from = &self.rows[step * features + self.first..];
            transpose::<T, S>(from, steps * features, (active, size / LANES), self.lanes, LANES);
            // Idle lanes receive what an earlier step left there.
            each(x, [&*self.lanes], |x, [d]| *x += d);
        }
    }
}

/// Adds rows of the histories, from their feature `first` on, to a tensor
/// `[history blocks, x_features, LANES]`.
pub(crate) fn add_rows<T: Real>(
    pool: &Pool<T>,
    histories: &Packed,
    (rows, features, first): (&[T], usize, usize),
    (x, x_features): (&mut [T], usize),
) {
    let size = x_features * LANES;
    let mut lanes = pool.scratch(histories.chunks() * size);
    lanes.fill(T::zero());
    let parts = (per_block(rows, features), per_block(x, x_features), crate::per_task(&mut lanes[..], size));
    histories.par_chunks(parts).for_each(|chunk, (rows, x, lanes)| {
        let first_block = histories.chunk(chunk).start;
        dispatch(AddRows { packed: histories, first_block, rows, features, first, x, lanes });
    });
}
