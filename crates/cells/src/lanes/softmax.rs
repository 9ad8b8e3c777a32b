//! Softmax over the events of each sequence.

use dien_tensor::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use rayon::prelude::*;
use std::sync::Arc;

use super::event_features;
use crate::{LANES, Packed};

struct Softmax {
    packed: Arc<Packed>,
}

/// a_t = e^{x_t} / Σ_s e^{x_s} over the true events of each sequence: `x` and the value are `[blocks, 1, LANES]`.
///
/// # Panics
/// If `x` has another shape.
#[track_caller]
pub fn softmax<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    assert_eq!(event_features("lanes softmax", x, packed), 1, "lanes softmax: one score an event");
    let mut y = x.tape().pool().stale(x.shape());
    let y_parts = packed.split_mut(y.as_slice_mut().expect("standard layout"), 1);
    y_parts.into_par_iter().zip(packed.split(x.data(), 1)).enumerate().for_each(|(chunk, (y, x))| {
        dispatch(Forward { packed, chunk, x, y });
    });
    x.tape().record(&[x], y, Softmax { packed: packed.clone() })
}

struct Forward<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Forward { packed, chunk, x, y } = self;
        let mut max = [T::neg_infinity(); LANES];
        for (block, x) in packed.chunk(chunk).zip(x.chunks_exact(LANES)) {
            for (m, &x) in max.iter_mut().zip(x).take(packed.active(block)) {
                *m = if x > *m { x } else { *m };
            }
        }
        let mut sum = [T::zero(); LANES];
        for (block, (x, y)) in packed.chunk(chunk).zip(x.chunks_exact(LANES).zip(y.chunks_exact_mut(LANES))) {
            let active = packed.active(block);
            for lane in 0..active {
                y[lane] = (x[lane] - max[lane]).exp_at::<S>();
                sum[lane] += y[lane];
            }
            y[active..].fill(T::zero());
        }
        for (block, y) in packed.chunk(chunk).zip(y.chunks_exact_mut(LANES)) {
            for lane in 0..packed.active(block) {
                y[lane] /= sum[lane];
            }
        }
    }
}

impl<T: Real> Backward<T> for Softmax {
    fn name(&self) -> &'static str {
        "lanes softmax"
    }

    /// dx_t = a_t (dy_t − Σ_s a_s dy_s)
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let packed = &*self.packed;
        let (y, dy) = (io.output_data(), dy.to_slice().expect("standard layout"));
        if let Some(dx) = io.grad_data(0) {
            let given = packed.split(y, 1).into_par_iter().zip(packed.split(dy, 1));
            packed.split_mut(dx, 1).into_par_iter().zip(given).enumerate().for_each(
                |(chunk, (dx, (y, dy)))| {
                    let mut dot = [T::zero(); LANES];
                    for (block, (y, dy)) in
                        packed.chunk(chunk).zip(y.chunks_exact(LANES).zip(dy.chunks_exact(LANES)))
                    {
                        for lane in 0..packed.active(block) {
                            dot[lane] += y[lane] * dy[lane];
                        }
                    }
                    let cells =
                        y.chunks_exact(LANES).zip(dy.chunks_exact(LANES)).zip(dx.chunks_exact_mut(LANES));
                    for (block, ((y, dy), dx)) in packed.chunk(chunk).zip(cells) {
                        for lane in 0..packed.active(block) {
                            dx[lane] += y[lane] * (dy[lane] - dot[lane]);
                        }
                    }
                },
            );
        }
    }
}
