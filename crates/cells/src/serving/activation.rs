//! Activations of many numbers. Long plain loops: the compiler makes vectors of them.

use dien_kernels::inline::each;
use dien_kernels::simd::{Simd, math};
use dien_tensor::Real;

/// σ(x), in place.
#[inline(always)]
pub(super) fn sigmoid<T: Real, S: Simd>(x: &mut [T]) {
    for x in x {
        *x = math::sigmoid::<T, S>(*x);
    }
}

/// tanh(x + r q) into q.
#[inline(always)]
pub(super) fn candidate<T: Real, S: Simd>(x: &[T], r: &[T], q: &mut [T]) {
    each(q, [x, r], |q, [x, r]| *q = math::mul_add::<T, S>(r, *q, x));
    for q in q {
        *q = math::tanh::<T, S>(*q);
    }
}
