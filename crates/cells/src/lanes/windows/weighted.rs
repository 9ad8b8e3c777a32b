//! Each target's events, summed by weight.

use dien_kernels::concrete;
use std::sync::Arc;

use dien_kernels::inline::{each, fill, zip};
use dien_kernels::par::for_some_rows;
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use super::Windows;
use super::rows::{add_rows, history_rows, par_histories};
use crate::lanes::event_features;
use crate::{LANES, Packed, per_block};

const X: usize = 0;
const WEIGHTS: usize = 1;

struct WeightedPool {
    windows: Arc<Windows>,
    features: usize,
}

concrete! {
    /// The weighted pooling on the tape.
    pub trait WeightedPoolOp: Real;

    /// Σ aₜ xₜ over each target's window: `x` `[history blocks, features, LANES]` and the weights a
    /// `[target blocks, 1, LANES]`, in the targets' lanes, give `[targets, features]`; zeros for an empty
    /// window. With the scores of an attention it is DIN's interest.
    ///
    /// # Panics
    /// If `x` is not an event tensor over the histories, or the weights not one of a single feature over the
    /// targets.
    pub fn weighted_pool<'t>(
        x: Var<'t, T>,
        weights: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> = record_weighted_pool;
}

#[track_caller]
fn record_weighted_pool<'t, T: Real>(
    x: Var<'t, T>,
    weights: Var<'t, T>,
    windows: &Arc<Windows>,
) -> Var<'t, T> {
    let (histories, targets) = (&*windows.histories, &*windows.targets);
    let features = event_features("weighted pool", x, histories);
    assert_eq!(event_features("weighted pool: weights", weights, targets), 1, "weighted pool: weights");
    let pool = x.tape().pool();
    let mut y = pool.zeros(&[targets.len(), features]);
    let rows = history_rows(pool, histories, x.data(), features);
    let a = weights.data();
    for_some_rows(16, features, y.as_slice_mut().expect("standard layout"), &|target, y| {
        let (rows, weights) = (windows.rows_of(target, &rows, features), of_target(targets, target, a));
        dispatch(Sum { rows, weights, y });
    });
    x.tape().record(&[x, weights], y, WeightedPool { windows: windows.clone(), features })
}

/// The weights of a target's events, in order, among others.
fn of_target<'a, T>(
    targets: &Packed,
    target: usize,
    weights: &'a [T],
) -> impl Iterator<Item = &'a T> + use<'a, T> {
    let (chunk, lane) = targets.place(target);
    let first = targets.chunk(chunk).start * LANES + lane;
    weights.get(first..).unwrap_or_default().iter().step_by(LANES)
}

/// y += Σ aₜ xₜ
struct Sum<'a, T, A> {
    rows: &'a [T],
    weights: A,
    y: &'a mut [T],
}

impl<'a, T: Real, A: Iterator<Item = &'a T>> Kernel<T> for Sum<'_, T, A> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (row, &a) in zip(self.rows.chunks_exact(self.y.len()), self.weights) {
            each(self.y, [row], |y, [x]| *y = math::mul_add::<T, S>(a, x, *y));
        }
    }
}

/// dxₜ += aₜ dy for every event of a target.
struct Spread<'a, T, A> {
    dy: &'a [T],
    weights: A,
    rows: &'a mut [T],
}

impl<'a, T: Real, A: Iterator<Item = &'a T>> Kernel<T> for Spread<'_, T, A> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (row, &a) in zip(self.rows.chunks_exact_mut(self.dy.len()), self.weights) {
            each(row, [self.dy], |x, [dy]| *x = math::mul_add::<T, S>(a, dy, *x));
        }
    }
}

/// daₜ += xₜ·dy for every event of a target.
struct Dots<'a, T> {
    dy: &'a [T],
    rows: &'a [T],
    /// The target's lane from its first event on.
    d_weights: &'a mut [T],
}

impl<T: Real> Kernel<T> for Dots<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (row, d) in zip(self.rows.chunks_exact(self.dy.len()), self.d_weights.iter_mut().step_by(LANES)) {
            *d += zip(row, self.dy).fold(T::zero(), |sum, (&x, &dy)| math::mul_add::<T, S>(x, dy, sum));
        }
    }
}

impl<T: Real> Backward<T> for WeightedPool {
    fn name(&self) -> &'static str {
        "lanes weighted pool"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (windows, features) = (&*self.windows, self.features);
        let (histories, targets) = (&*windows.histories, &*windows.targets);
        let dy = dy.to_slice().expect("standard layout");
        let dy_row = |target: usize| &dy[target * features..][..features];
        let (x, weights, pool) = (io.input_data(X), io.input_data(WEIGHTS), io.pool());
        if let Some(d_weights) = io.grad_data(WEIGHTS) {
            let rows = history_rows(pool, histories, x, features);
            targets.par_chunks(per_block(d_weights, 1)).for_each(|chunk, d_weights| {
                for lane in 0..LANES {
                    let Some(target) = targets.sequence(chunk, lane) else { break };
                    let rows = windows.rows_of(target, &rows, features);
                    // A window without events has no lane of its own.
                    let Some(d_weights) = d_weights.get_mut(lane..) else { break };
                    dispatch(Dots { dy: dy_row(target), rows, d_weights });
                }
            });
        }
        let Some(dx) = io.grad_data(X) else { return };
        let mut sums = pool.scratch(histories.blocks() * LANES * features);
        par_histories(histories, &mut sums, features, |history, sums| {
            fill(sums, T::zero());
            for &target in windows.targets_of(history) {
                let target = target as usize;
                let first = windows.source[target].1 as usize * features;
                let rows = &mut sums[first..][..targets.lengths()[target] as usize * features];
                dispatch(Spread { dy: dy_row(target), weights: of_target(targets, target, weights), rows });
            }
        });
        add_rows(pool, histories, (&sums, features, 0), (dx, features));
    }
}
