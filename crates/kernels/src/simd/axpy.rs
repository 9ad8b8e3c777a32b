//! α x + y for whole vectors: what the sums of a register tile grow by.

#![allow(unsafe_code)]

use super::{Level, Simd, math::mul_add};
use crate::Real;

/// α x + y, `L` lanes of each: the inner statement of every product. Keep the sums that `y` stands for in arrays `[T; L]` that
/// are passed and assigned whole, and they stay in registers.
///
/// Left to itself the compiler makes vectors of such a loop by finding that its unrolled statements are alike, which it does
/// for eight lanes and mostly does not for sixteen. So for `f32` the instruction is named.
#[inline(always)]
pub fn axpy<T: Real, S: Simd, const L: usize>(alpha: T, x: [T; L], y: [T; L]) -> [T; L] {
    alpha.axpy_at::<S, L>(x, y)
}

/// `x` in every lane, as a vector: a loop that stores plain arrays of one number may be turned on its side, into stores that
/// scatter.
#[inline(always)]
pub fn splat<T: Real, S: Simd, const L: usize>(x: T) -> [T; L] {
    axpy::<T, S, L>(x, [T::one(); L], [T::zero(); L])
}

/// The plain loop.
#[inline(always)]
pub(crate) fn plain<T: Real, S: Simd, const L: usize>(alpha: T, x: [T; L], y: [T; L]) -> [T; L] {
    let mut sum = y;
    for l in 0..L {
        sum[l] = mul_add::<T, S>(alpha, x[l], y[l]);
    }
    sum
}

/// [`axpy`] in whole registers.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn axpy_f32<S: Simd, const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
    plain::<f32, S, L>(alpha, x, y)
}

/// [`axpy`] in whole registers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn axpy_f32<S: Simd, const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
    use std::arch::x86_64::*;

    let register = if S::LEVEL == Level::Portable { 4 } else { 8 };
    if !L.is_multiple_of(register) || S::LEVEL == Level::Portable && S::FMA {
        return plain::<f32, S, L>(alpha, x, y);
    }
    let mut sum = y;
    let (x, sums) = (x.as_ptr(), sum.as_mut_ptr());
    let mut l = 0;
    // SAFETY: `Simd` is sealed, and code of a level only runs where `dispatch` has found the level's instructions (SSE is in every
    // x86-64); and a register's 16, 8 or 4 elements from `l` on are within the arrays.
    unsafe {
        while S::LEVEL == Level::Portable && l < L {
            let product = _mm_mul_ps(_mm_set1_ps(alpha), _mm_loadu_ps(x.add(l)));
            _mm_storeu_ps(sums.add(l), _mm_add_ps(product, _mm_loadu_ps(sums.add(l))));
            l += 4;
        }
        while S::LEVEL == Level::Avx512 && l + 16 <= L {
            let y = _mm512_loadu_ps(sums.add(l));
            _mm512_storeu_ps(
                sums.add(l),
                _mm512_fmadd_ps(_mm512_set1_ps(alpha), _mm512_loadu_ps(x.add(l)), y),
            );
            l += 16;
        }
        while S::LEVEL != Level::Portable && l + 8 <= L {
            let y = _mm256_loadu_ps(sums.add(l));
            _mm256_storeu_ps(
                sums.add(l),
                _mm256_fmadd_ps(_mm256_set1_ps(alpha), _mm256_loadu_ps(x.add(l)), y),
            );
            l += 8;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, dispatch_at};

    struct Axpy<const L: usize>([f32; L], [f32; L]);
    impl<const L: usize> Kernel for Axpy<L> {
        type Output = [[f32; L]; 2];
        #[inline(always)]
        fn run<S: Simd>(self) -> [[f32; L]; 2] {
            [axpy::<f32, S, L>(0.3, self.0, self.1), plain::<f32, S, L>(0.3, self.0, self.1)]
        }
    }

    fn check<const L: usize>() {
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            let (mut x, mut y) = ([0.0; L], [0.0; L]);
            for l in 0..L {
                (x[l], y[l]) = ((l as f32 * 0.7).sin(), (l as f32 * 1.3).cos());
            }
            let [found, plain] = dispatch_at(level, Axpy(x, y));
            assert_eq!(found, plain, "{level:?}, {L} lanes: to the bit");
            assert!((0..L).all(|l| (found[l] - (0.3 * x[l] + y[l])).abs() < 1e-6), "{level:?}, {L} lanes");
        }
    }

    #[test]
    fn every_width_agrees_with_the_plain_loop() {
        check::<1>();
        check::<4>();
        check::<8>();
        check::<16>();
        check::<24>();
        check::<32>();
    }
}
