//! Sums over features.

use dien_kernels::inline::each;
use dien_kernels::par::{for_tasks, per_task};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use crate::LANES;

struct SumFeatures {
    features: usize,
}

/// The sum over the features of a tensor in lanes: `[n, features, LANES]` to `[n, 1, LANES]`.
///
/// # Panics
/// If `x` has another shape.
#[track_caller]
pub fn sum_features<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let [n, features, LANES] = *x.shape() else {
        panic!("lanes sum_features: expected [n, features, {LANES}], found {:?}", x.shape())
    };
    let mut y = x.tape().pool().zeros(&[n, 1, LANES]);
    let data = y.as_slice_mut().expect("standard layout");
    let parts = (per_task(data, LANES), per_task(x.data(), features * LANES));
    for_tasks(n, parts, &|_, (y, x)| {
        for x in x.chunks_exact(LANES) {
            each(y, [x], |y, [x]| *y += x);
        }
    });
    x.tape().record(&[x], y, SumFeatures { features })
}

impl<T: Real> Backward<T> for SumFeatures {
    fn name(&self) -> &'static str {
        "lanes sum features"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            let n = dy.len() / LANES;
            for_tasks(n, (per_task(dx, self.features * LANES), per_task(dy, LANES)), &|_, (dx, dy)| {
                for dx in dx.chunks_exact_mut(LANES) {
                    each(dx, [dy], |dx, [g]| *dx += g);
                }
            });
        }
    }
}
