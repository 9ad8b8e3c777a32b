//! Softmax over the events of each sequence.

use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::event_features;
use crate::{LANES, Packed, per_block};

struct Softmax {
    packed: Arc<Packed>,
}

/// a_t = e^{x_t} / Σ_s e^{x_s} over the true events of each sequence: `x` and the value are
/// `[blocks, 1, LANES]`. A weight below the normal numbers is 0; a NaN among the scores makes all of its
/// sequence's weights NaN.
///
/// # Panics
/// If `x` has another shape.
#[track_caller]
pub fn softmax<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    assert_eq!(event_features("lanes softmax", x, packed), 1, "lanes softmax: one score an event");
    let mut y = x.tape().pool().stale(x.shape());
    let parts = (per_block(x.data(), 1), per_block(y.as_slice_mut().expect("standard layout"), 1));
    packed.par_chunks(parts).for_each(|chunk, (x, y)| {
        y.copy_from_slice(x);
        normalize(packed, chunk, y);
    });
    x.tape().record(&[x], y, Softmax { packed: packed.clone() })
}

/// Scores of a chunk, `[blocks, LANES]`, to their softmax; zero in idle lanes.
pub(super) fn normalize<T: Real>(packed: &Packed, chunk: usize, scores: &mut [T]) {
    dispatch(Normalize { packed, chunk, scores });
}

struct Normalize<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Normalize<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Normalize { packed, chunk, scores } = self;
        let mut max = [T::neg_infinity(); LANES];
        for (block, x) in zip(packed.chunk(chunk), scores.chunks_exact_mut(LANES)) {
            // Idle lanes give e^{-∞}, which is 0.
            fill(&mut x[packed.active(block)..], T::neg_infinity());
            each(&mut max, [&*x], |m, [x]| *m = if x > *m { x } else { *m });
        }
        let mut sum = [T::zero(); LANES];
        for (block, x) in zip(packed.chunk(chunk), scores.chunks_exact_mut(LANES)) {
            each(x, [&max], |x, [max]| *x = math::exp_or_zero::<T, S>(*x - max));
            fill(&mut x[packed.active(block)..], T::zero());
            each(&mut sum, [&*x], |sum, [x]| *sum += x);
        }
        for x in scores.chunks_exact_mut(LANES) {
            each(x, [&sum], |x, [sum]| {
                // Nothing to share out where there is no event; a NaN stays one.
                let share = *x / if sum == T::zero() { T::one() } else { sum };
                *x = if share < T::min_positive_value() { T::zero() } else { share };
            });
        }
    }
}

/// dx_t = a_t (dy_t − Σ_s a_s dy_s) for a chunk's softmax a, all `[blocks, LANES]`; zero in idle lanes.
pub(super) fn derivatives<T: Real>(packed: &Packed, chunk: usize, a: &[T], dy: &[T], dx: &mut [T]) {
    dispatch(Derivatives { packed, chunk, a, dy, dx });
}

struct Derivatives<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    a: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel<T> for Derivatives<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Derivatives { packed, chunk, a, dy, dx } = self;
        let mut dot = [T::zero(); LANES];
        let given = zip(a.chunks_exact(LANES), dy.chunks_exact(LANES));
        let rows = zip(given, dx.chunks_exact_mut(LANES));
        for (block, ((a, dy), dx)) in zip(packed.chunk(chunk), rows) {
            let active = packed.active(block);
            copy(&dy[..active], &mut dx[..active]);
            fill(&mut dx[active..], T::zero());
            each(&mut dot, [a, &*dx], |dot, [a, dy]| *dot += a * dy);
        }
        for (a, dx) in zip(a.chunks_exact(LANES), dx.chunks_exact_mut(LANES)) {
            each(dx, [a, &dot], |dx, [a, dot]| *dx = a * (*dx - dot));
        }
    }
}

impl<T: Real> Backward<T> for Softmax {
    fn name(&self) -> &'static str {
        "lanes softmax"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let packed = &*self.packed;
        let y = io.output_data();
        let mut dx = io.pool().stale(io.output().shape());
        let parts = (
            per_block(dy.to_slice().expect("standard layout"), 1),
            per_block(y, 1),
            per_block(dx.as_slice_mut().expect("standard layout"), 1),
        );
        packed.par_chunks(parts).for_each(|chunk, (dy, y, dx)| derivatives(packed, chunk, y, dy, dx));
        io.add(0, dx);
    }
}
