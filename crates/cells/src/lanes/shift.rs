//! Each event's predecessor.

use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::event_features;
use crate::{LANES, Packed, per_block};

struct Shift {
    packed: Arc<Packed>,
    features: usize,
}

/// y_t = x_{t−1}, and y_0 = 0, for every sequence of an event tensor.
///
/// # Panics
/// If `x` is not `[blocks, features, LANES]`.
#[track_caller]
pub fn shift<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = event_features("lanes shift", x, packed);
    let size = features * LANES;
    let mut y = x.tape().pool().stale(x.shape());
    let parts =
        (per_block(y.as_slice_mut().expect("standard layout"), features), per_block(x.data(), features));
    packed.par_chunks(parts).for_each(|_, (y, x)| {
        if !y.is_empty() {
            y[..size].fill(T::zero());
            y[size..].copy_from_slice(&x[..x.len() - size]);
        }
    });
    x.tape().record(&[x], y, Shift { packed: packed.clone(), features })
}

impl<T: Real> Backward<T> for Shift {
    fn name(&self) -> &'static str {
        "lanes shift"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let packed = &*self.packed;
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            let size = self.features * LANES;
            let parts = (per_block(dx, self.features), per_block(dy, self.features));
            packed.par_chunks(parts).for_each(|chunk, (dx, dy)| {
                let blocks = packed.chunk(chunk).skip(1);
                let pairs = dx.chunks_exact_mut(size).zip(dy.chunks_exact(size).skip(1));
                for (block, (dx, dy)) in blocks.zip(pairs) {
                    // A lane that is idle now, and holds anything, may have held an event a step ago.
                    let active = packed.active(block);
                    for (dx, dy) in dx.chunks_exact_mut(LANES).zip(dy.chunks_exact(LANES)) {
                        dx[..active].iter_mut().zip(dy).for_each(|(dx, &g)| *dx += g);
                    }
                }
            });
        }
    }
}
