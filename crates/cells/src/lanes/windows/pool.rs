//! Sums and means over each target's events.

use dien_kernels::concrete;
use std::sync::Arc;

use dien_kernels::inline::{each, fill, zip};
use dien_kernels::par::for_some_rows;
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use super::Windows;
use super::rows::{add_rows, history_rows, par_histories};
use crate::lanes::event_features;
use crate::{LANES, Packed, per_block, per_task};

struct PoolWindow {
    windows: Arc<Windows>,
    features: usize,
    mean: bool,
}

concrete! {
    /// The pooling on the tape.
    pub trait PoolOp: Real;

    /// The sum, or the mean, of `x` over each target's window: `[history blocks, features, LANES]` to
    /// `[targets, features]`; zeros for an empty window.
    ///
    /// # Panics
    /// If `x` is not an event tensor over the histories.
    pub fn pool<'t>(x: Var<'t, T>, windows: &Arc<Windows>, mean: bool) -> Var<'t, T> = record_pool;
}

#[track_caller]
fn record_pool<'t, T: Real>(x: Var<'t, T>, windows: &Arc<Windows>, mean: bool) -> Var<'t, T> {
    let (histories, targets) = (&*windows.histories, &*windows.targets);
    let features = event_features("lanes pool", x, histories);
    let pool = x.tape().pool();
    let mut y = pool.zeros(&[targets.len(), features]);
    let y_rows = y.as_slice_mut().expect("standard layout");
    if windows.is_identity() {
        let size = features * LANES;
        let mut sums = pool.scratch(targets.chunks() * size);
        let parts = (per_block(x.data(), features), per_task(&mut sums[..], size));
        targets.par_chunks(parts).for_each(|chunk, (x, sums)| {
            dispatch(SumSteps { packed: targets, chunk, x, sums });
        });
        for_some_rows(16, features, y_rows, &|target, y| {
            let (chunk, lane) = targets.place(target);
            let scale: T = scale(windows, target, mean);
            let sums = sums[chunk * size..][..size].chunks_exact(LANES);
            zip(y, sums).for_each(|(y, sum)| *y = scale * sum[lane]);
        });
    } else {
        let rows = history_rows(pool, histories, x.data(), features);
        for_some_rows(16, features, y_rows, &|target, y| {
            let rows = windows.rows_of(target, &rows, features);
            dispatch(SumRows { rows, scale: scale(windows, target, mean), y });
        });
    }
    x.tape().record(&[x], y, PoolWindow { windows: windows.clone(), features, mean })
}

/// What the sum over a target's window is multiplied with.
fn scale<T: Real>(windows: &Windows, target: usize, mean: bool) -> T {
    let length = windows.targets.lengths()[target];
    if mean && length > 0 { T::one() / T::of(length.into()) } else { T::one() }
}

struct SumSteps<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    x: &'a [T],
    sums: &'a mut [T],
}

impl<T: Real> Kernel<T> for SumSteps<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.sums.len();
        fill(self.sums, T::zero());
        for (block, x) in zip(self.packed.chunk(self.chunk), self.x.chunks_exact(size)) {
            let active = self.packed.active(block);
            if active == LANES {
                each(self.sums, [x], |sum, [x]| *sum += x);
            } else {
                for (sum, x) in zip(self.sums.chunks_exact_mut(LANES), x.chunks_exact(LANES)) {
                    each(&mut sum[..active], [x], |sum, [x]| *sum += x);
                }
            }
        }
    }
}

struct SumRows<'a, T> {
    rows: &'a [T],
    scale: T,
    y: &'a mut [T],
}

impl<T: Real> Kernel<T> for SumRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for row in self.rows.chunks_exact(self.y.len()) {
            each(self.y, [row], |y, [x]| *y += x);
        }
        self.y.iter_mut().for_each(|y| *y *= self.scale);
    }
}

/// dx_t += dy for every event of each row's own target.
struct Spread<'a, T> {
    dy: &'a [T],
    scale: T,
    rows: &'a mut [T],
}

impl<T: Real> Kernel<T> for Spread<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for row in self.rows.chunks_exact_mut(self.dy.len()) {
            each(row, [self.dy], |x, [dy]| *x += self.scale * dy);
        }
    }
}

impl<T: Real> Backward<T> for PoolWindow {
    fn name(&self) -> &'static str {
        "lanes pool"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (windows, features) = (&*self.windows, self.features);
        let histories = &*windows.histories;
        let dy = dy.to_slice().expect("standard layout");
        let dy_row = |target: usize| &dy[target * features..][..features];
        let pool = io.pool();
        let Some(dx) = io.grad_data(0) else { return };
        if windows.is_identity() {
            let size = features * LANES;
            let mut lanes = pool.scratch(histories.chunks() * size);
            let parts = (per_block(dx, features), per_task(&mut lanes[..], size));
            // Idle lanes receive what stands in theirs.
            windows.targets.par_chunks(parts).for_each(|chunk, (dx, lanes)| {
                for lane in 0..LANES {
                    let Some(target) = windows.targets.sequence(chunk, lane) else { break };
                    let scale = scale::<T>(windows, target, self.mean);
                    let lanes = lanes[lane..].iter_mut().step_by(LANES);
                    zip(lanes, dy_row(target)).for_each(|(to, &dy)| *to = scale * dy);
                }
                dispatch(Spread { dy: lanes, scale: T::one(), rows: dx });
            });
            return;
        }
        let mut sums = pool.scratch(histories.blocks() * LANES * features);
        par_histories(histories, &mut sums, features, |history, sums| {
            fill(sums, T::zero());
            for &target in windows.targets_of(history) {
                let target = target as usize;
                let first = windows.source[target].1 as usize * features;
                let rows = &mut sums[first..][..windows.targets.lengths()[target] as usize * features];
                dispatch(Spread { dy: dy_row(target), scale: scale(windows, target, self.mean), rows });
            }
        });
        add_rows(pool, histories, (&sums, features, 0), (dx, features));
    }
}
