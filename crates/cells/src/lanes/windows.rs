//! From histories to the targets that look back on them.

use dien_tensor::{Backward, OpGrads, Pool, Real, Scratch, Var};
use ndarray::ArrayViewD;
use rayon::prelude::*;
use std::sync::Arc;

use super::event_features;
use super::kernel::transpose_lanes;
use crate::{LANES, Packed};

/// Which events of which history each target sees.
#[derive(Clone, Debug)]
pub struct Windows {
    histories: Arc<Packed>,
    targets: Arc<Packed>,
    /// Each target's history and the first event it sees.
    source: Vec<(u32, u32)>,
    /// The targets of history `h`, ascending, are `by_history[offsets[h]..offsets[h + 1]]`.
    offsets: Vec<u32>,
    by_history: Vec<u32>,
}

impl Windows {
    /// Target `i` sees the events `start[i]..end[i]` of history `history[i]`.
    ///
    /// # Panics
    /// If the lists differ in length, there is no such history, or a window is not within its history.
    #[track_caller]
    pub fn new(histories: &Arc<Packed>, history: &[u32], start: &[u32], end: &[u32]) -> Windows {
        let n = history.len();
        assert!(
            start.len() == n && end.len() == n,
            "windows: {n} targets, {} starts, {} ends",
            start.len(),
            end.len()
        );
        let mut lengths = Vec::with_capacity(history.len());
        let mut offsets = vec![0u32; histories.len() + 1];
        for ((&h, &s), &e) in history.iter().zip(start).zip(end) {
            let events = *histories
                .lengths()
                .get(h as usize)
                .unwrap_or_else(|| panic!("windows: history {h} of {}", histories.len()));
            assert!(s <= e && e <= events, "windows: events {s}..{e} of history {h}, which has {events}");
            lengths.push(e - s);
            offsets[h as usize + 1] += 1;
        }
        for h in 0..histories.len() {
            offsets[h + 1] += offsets[h];
        }
        let mut next = offsets.clone();
        let mut by_history = vec![0; history.len()];
        for (target, &h) in history.iter().enumerate() {
            by_history[next[h as usize] as usize] = target as u32;
            next[h as usize] += 1;
        }
        let source = history.iter().copied().zip(start.iter().copied()).collect();
        let targets = Arc::new(Packed::from_lengths(&lengths));
        Windows { histories: histories.clone(), targets, source, offsets, by_history }
    }

    /// The packing of the targets' windows.
    pub fn targets(&self) -> &Arc<Packed> {
        &self.targets
    }

    /// The packing of the histories.
    pub fn histories(&self) -> &Arc<Packed> {
        &self.histories
    }

    /// The last event that each target sees, as a pick from the histories; `None` if its window is empty.
    pub fn last(&self) -> impl Iterator<Item = Option<(usize, usize)>> + '_ {
        let last = |(&(h, start), &len): (&(u32, u32), &u32)| {
            Some((h as usize, (start + len.checked_sub(1)?) as usize))
        };
        self.source.iter().zip(self.targets.lengths()).map(last)
    }

    fn targets_of(&self, history: usize) -> &[u32] {
        &self.by_history[self.offsets[history] as usize..self.offsets[history + 1] as usize]
    }
}

struct Gather {
    windows: Arc<Windows>,
    features: usize,
}

struct PoolWindow {
    windows: Arc<Windows>,
    features: usize,
    mean: bool,
}

/// Each target's window of `x`: `[history blocks, features, LANES]` to `[target blocks, features, LANES]`.
///
/// # Panics
/// If `x` is not an event tensor over the histories.
#[track_caller]
pub fn gather<'t, T: Real>(x: Var<'t, T>, windows: &Arc<Windows>) -> Var<'t, T> {
    let (histories, targets) = (&windows.histories, &windows.targets);
    let features = event_features("lanes gather", x, histories);
    let pool = x.tape().pool();
    let rows = as_rows(pool, histories, x.data(), features);
    let mut y = pool.stale(&[targets.blocks(), features, LANES]);
    let parts = targets.split_mut(y.as_slice_mut().expect("standard layout"), features);
    parts.into_par_iter().enumerate().for_each(|(chunk, y)| {
        for (step, (block, y)) in targets.chunk(chunk).zip(y.chunks_exact_mut(features * LANES)).enumerate() {
            for lane in 0..targets.width(block) {
                let sequence =
                    if lane < targets.active(block) { targets.sequence(chunk, lane) } else { None };
                match sequence {
                    Some(target) => {
                        let (history, start) = windows.source[target];
                        let cell = histories.cell(history as usize, start as usize + step) as usize;
                        for (f, &x) in rows[cell * features..][..features].iter().enumerate() {
                            y[f * LANES + lane] = x;
                        }
                    }
                    None => (0..features).for_each(|f| y[f * LANES + lane] = T::zero()),
                }
            }
        }
    });
    drop(rows);
    x.tape().record(&[x], y, Gather { windows: windows.clone(), features })
}

/// The sum, or the mean, of `x` over each target's window: `[history blocks, features, LANES]` to
/// `[targets, features]`; zeros for an empty window.
///
/// # Panics
/// If `x` is not an event tensor over the histories.
#[track_caller]
pub fn pool<'t, T: Real>(x: Var<'t, T>, windows: &Arc<Windows>, mean: bool) -> Var<'t, T> {
    let (histories, targets) = (&windows.histories, &windows.targets);
    let features = event_features("lanes pool", x, histories);
    let rows = as_rows(x.tape().pool(), histories, x.data(), features);
    let mut y = x.tape().pool().zeros(&[targets.len(), features]);
    let parts = y.as_slice_mut().expect("standard layout").par_chunks_mut(features.max(1));
    parts.with_min_len(16).enumerate().for_each(|(target, y)| {
        let (history, start) = windows.source[target];
        let len = targets.lengths()[target];
        for event in start..start + len {
            let cell = histories.cell(history as usize, event as usize) as usize;
            y.iter_mut().zip(&rows[cell * features..]).for_each(|(y, &x)| *y += x);
        }
        if mean && len > 0 {
            let scale = T::one() / T::of(len.into());
            y.iter_mut().for_each(|y| *y *= scale);
        }
    });
    drop(rows);
    x.tape().record(&[x], y, PoolWindow { windows: windows.clone(), features, mean })
}

/// An event tensor with features innermost, `[blocks, LANES, features]`: an event is then one run of memory.
fn as_rows<T: Real>(pool: &Pool<T>, packed: &Packed, x: &[T], features: usize) -> Scratch<T> {
    let mut rows = pool.scratch(x.len());
    let parts = packed.split_mut(&mut rows, features).into_par_iter().zip(packed.split(x, features));
    parts.enumerate().for_each(|(chunk, (rows, x))| {
        let blocks = rows.chunks_exact_mut(features * LANES).zip(x.chunks_exact(features * LANES));
        for (block, (rows, x)) in packed.chunk(chunk).zip(blocks) {
            transpose_lanes(x, rows, (features, features), packed.active(block));
        }
    });
    rows
}

/// dx += the sum, over the targets of each history in order, of the row that `row(target, event)` gives.
fn add_back<'r, T: Real>(
    io: &mut OpGrads<'_, T>,
    windows: &Windows,
    features: usize,
    row: impl Fn(usize, usize) -> &'r [T] + Sync,
) {
    let packed = &*windows.histories;
    let pool = io.pool();
    let Some(dx) = io.grad_data(0) else { return };
    let mut rows = pool.scratch(dx.len());
    let parts = packed.split_mut(&mut rows, features).into_par_iter().zip(packed.split_mut(dx, features));
    parts.enumerate().for_each(|(chunk, (rows, dx))| {
        rows.fill(T::zero());
        for lane in 0..LANES {
            let Some(history) = packed.sequence(chunk, lane) else { break };
            for &target in windows.targets_of(history) {
                let start = windows.source[target as usize].1 as usize;
                for step in 0..windows.targets.lengths()[target as usize] as usize {
                    let at = ((start + step) * LANES + lane) * features;
                    let given = row(target as usize, step);
                    rows[at..at + features].iter_mut().zip(given).for_each(|(sum, &g)| *sum += g);
                }
            }
        }
        let blocks = rows.chunks_exact(features * LANES).zip(dx.chunks_exact_mut(features * LANES));
        for (block, (rows, dx)) in packed.chunk(chunk).zip(blocks) {
            for (lane, row) in rows.chunks_exact(features).take(packed.active(block)).enumerate() {
                row.iter().enumerate().for_each(|(f, &g)| dx[f * LANES + lane] += g);
            }
        }
    });
}

impl<T: Real> Backward<T> for Gather {
    fn name(&self) -> &'static str {
        "lanes gather"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (targets, features) = (&*self.windows.targets, self.features);
        let rows = as_rows(io.pool(), targets, dy.to_slice().expect("standard layout"), features);
        add_back(io, &self.windows, features, |target, step| {
            &rows[targets.cell(target, step) as usize * features..][..features]
        });
    }
}

impl<T: Real> Backward<T> for PoolWindow {
    fn name(&self) -> &'static str {
        "lanes pool"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let features = self.features;
        let mut scaled = io.pool().scratch(dy.len());
        let lengths = self.windows.targets.lengths();
        let given = dy.to_slice().expect("standard layout").chunks_exact(features.max(1));
        for ((row, dy), &len) in scaled.chunks_exact_mut(features.max(1)).zip(given).zip(lengths) {
            let scale = if self.mean && len > 0 { T::one() / T::of(len.into()) } else { T::one() };
            row.iter_mut().zip(dy).for_each(|(to, &g)| *to = g * scale);
        }
        add_back(io, &self.windows, features, |target, _| &scaled[target * features..][..features]);
    }
}
