//! σ of a sum whose parts were computed where each is cheapest.

use std::sync::Arc;

use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use rayon::prelude::*;

use super::{event_features, sequence_features};
use crate::{LANES, Packed, per_block, per_task};

struct SigmoidSum {
    packed: Arc<Packed>,
    features: usize,
    own: bool,
}

/// σ(a + b + q): `a` and `b` `[blocks, features, LANES]`, `q`, if any, `[chunks, features, LANES]` for every
/// event of a sequence.
///
/// A first layer over `[q, k, q − k, q ∘ k]` splits so into what depends on the event, on the pair and on the
/// sequence.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn sigmoid_sum<'t, T: Real>(
    a: Var<'t, T>,
    b: Var<'t, T>,
    q: Option<Var<'t, T>>,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let features = event_features("lanes sigmoid_sum", a, packed);
    assert_eq!(a.shape(), b.shape(), "lanes sigmoid_sum");
    if let Some(q) = q {
        assert_eq!(sequence_features("lanes sigmoid_sum", q, packed), features, "lanes sigmoid_sum");
    }
    let mut y = a.tape().pool().stale(a.shape());
    let parts = (
        per_block(y.as_slice_mut().expect("standard layout"), features),
        per_block(a.data(), features),
        per_block(b.data(), features),
        q.map(|q| per_task(q.data(), features * LANES)),
    );
    packed.par_chunks(parts).for_each(|_, (y, a, b, q)| dispatch(Forward { a, b, q, y }));
    let op = SigmoidSum { packed: packed.clone(), features, own: q.is_some() };
    match q {
        Some(q) => a.tape().record(&[a, b, q], y, op),
        None => a.tape().record(&[a, b], y, op),
    }
}

struct Forward<'a, T> {
    a: &'a [T],
    b: &'a [T],
    q: Option<&'a [T]>,
    y: &'a mut [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Some(q) = self.q else {
            for ((y, &a), &b) in self.y.iter_mut().zip(self.a).zip(self.b) {
                *y = math::sigmoid::<T, S>(a + b);
            }
            return;
        };
        let blocks = self.a.chunks_exact(q.len()).zip(self.b.chunks_exact(q.len()));
        for (y, (a, b)) in self.y.chunks_exact_mut(q.len()).zip(blocks) {
            for (((y, &a), &b), &q) in y.iter_mut().zip(a).zip(b).zip(q) {
                *y = math::sigmoid::<T, S>(a + b + q);
            }
        }
    }
}

impl<T: Real> Backward<T> for SigmoidSum {
    fn name(&self) -> &'static str {
        "lanes sigmoid of a sum"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (packed, features) = (&*self.packed, self.features);
        let size = features * LANES;
        let y = io.output_data();
        let dy = dy.to_slice().expect("standard layout");
        let mut dz = io.pool().stale(io.output().shape());
        let data = dz.as_slice_mut().expect("standard layout");
        data.par_chunks_mut(size).zip(dy.par_chunks(size).zip(y.par_chunks(size))).for_each(
            |(dz, (dy, y))| {
                for ((dz, &dy), &y) in dz.iter_mut().zip(dy).zip(y) {
                    *dz = dy * y * (T::one() - y);
                }
            },
        );
        if self.own
            && let Some(dq) = io.grad_data(2)
        {
            packed.par_chunks((per_task(dq, size), per_block(&*data, features))).for_each(
                |chunk, (dq, dz)| {
                    for (block, dz) in packed.chunk(chunk).zip(dz.chunks_exact(size)) {
                        let active = packed.active(block);
                        for (dq, dz) in dq.chunks_exact_mut(LANES).zip(dz.chunks_exact(LANES)) {
                            dq[..active].iter_mut().zip(dz).for_each(|(dq, &g)| *dq += g);
                        }
                    }
                },
            );
        }
        let mut copy = io.pool().stale(dz.shape());
        copy.assign(&dz);
        io.add(0, copy);
        io.add(1, dz);
    }
}
