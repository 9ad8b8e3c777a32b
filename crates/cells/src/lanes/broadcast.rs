//! A sequence's own column against each of its events.

use dien_kernels::inline::{each, zip};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::{event_features, sequence_features};
use crate::{LANES, Packed, per_block, per_task};

struct Mul {
    packed: Arc<Packed>,
    features: usize,
}

/// x_t ∘ q for every event t of each sequence: `x` `[blocks, features, LANES]`, `q`
/// `[chunks, features, LANES]`.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn mul_broadcast<'t, T: Real>(x: Var<'t, T>, q: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = check(x, q, packed);
    let y = map(x, q, packed, features, |x, q| x * q);
    x.tape().record(&[x, q], y, Mul { packed: packed.clone(), features })
}

#[track_caller]
fn check<T: Real>(x: Var<'_, T>, q: Var<'_, T>, packed: &Packed) -> usize {
    let features = event_features("lanes mul_broadcast", x, packed);
    let own = sequence_features("lanes mul_broadcast", q, packed);
    assert_eq!(features, own, "lanes mul_broadcast: {:?} against {:?}", x.shape(), q.shape());
    features
}

fn map<T: Real>(
    x: Var<'_, T>,
    q: Var<'_, T>,
    packed: &Packed,
    features: usize,
    f: impl Fn(T, T) -> T + Sync,
) -> ndarray::ArrayD<T> {
    let mut y = x.tape().pool().stale(x.shape());
    let size = features * LANES;
    let data = y.as_slice_mut().expect("standard layout");
    let parts = (per_block(data, features), per_block(x.data(), features), per_task(q.data(), size));
    packed.par_chunks(parts).for_each(|_, (y, x, q)| {
        for (y, x) in zip(y.chunks_exact_mut(size), x.chunks_exact(size)) {
            each(y, [x, q], |y, [x, q]| *y = f(x, q));
        }
    });
    y
}

/// dq += Σ_t g(dy_t, x_t), counting each block's active lanes alone.
fn sum_over_steps<T: Real>(
    packed: &Packed,
    features: usize,
    dy: &[T],
    x: &[T],
    dq: &mut [T],
    g: impl Fn(T, T) -> T + Sync,
) {
    let size = features * LANES;
    let parts = (per_task(dq, size), per_block(dy, features), per_block(x, features));
    packed.par_chunks(parts).for_each(|chunk, (dq, dy, x)| {
        let blocks = zip(dy.chunks_exact(size), x.chunks_exact(size));
        for (block, (dy, x)) in zip(packed.chunk(chunk), blocks) {
            let active = packed.active(block);
            let rows = zip(dy.chunks_exact(LANES), x.chunks_exact(LANES));
            for (dq, (dy, x)) in zip(dq.chunks_exact_mut(LANES), rows) {
                each(&mut dq[..active], [dy, x], |dq, [dy, x]| *dq += g(dy, x));
            }
        }
    });
}

impl<T: Real> Backward<T> for Mul {
    fn name(&self) -> &'static str {
        "lanes mul_broadcast"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        let (x, q) = (io.input_data(0), io.input_data(1));
        let size = self.features * LANES;
        if let Some(dx) = io.grad_data(0) {
            let parts = (per_block(dx, self.features), per_block(dy, self.features), per_task(q, size));
            self.packed.par_chunks(parts).for_each(|_, (dx, dy, q)| {
                for (dx, dy) in zip(dx.chunks_exact_mut(size), dy.chunks_exact(size)) {
                    each(dx, [dy, q], |dx, [dy, q]| *dx += dy * q);
                }
            });
        }
        if let Some(dq) = io.grad_data(1) {
            sum_over_steps(&self.packed, self.features, dy, x, dq, |dy, x| dy * x);
        }
    }
}
