//! `exp`, logistic and `tanh` for vectors, in plain code that the compiler vectorises.
//!
//! `f32`: maximum relative error of `exp` 2.5e-7 on [-87, 88] and of `exp2` 3e-7 on [-63, 63]; maximum
//! absolute error of `sigmoid` 1.5e-7 and of `tanh` 3e-7 (all tested). `f64` calls the standard library,
//! since it is there to check the `f32` road.

use super::Simd;
pub use super::plain::mul_add;
use crate::Number;

/// σ(x) = 1 / (1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid<T: Number, S: Simd>(x: T) -> T {
    x.sigmoid_at::<S>()
}

/// tanh x = 2 σ(2x) − 1
#[inline(always)]
pub fn tanh<T: Number, S: Simd>(x: T) -> T {
    x.tanh_at::<S>()
}

/// eˣ, and 0 below −87, in `f64` below −708, where that is next to no normal number: so of −∞, of which
/// [`exp_at`](Number::exp_at) makes the value at its end.
#[inline(always)]
pub fn exp_or_zero<T: Number, S: Simd>(x: T) -> T {
    let least = if size_of::<T>() == 4 { -87.0 } else { -708.0 };
    // As it stands, a NaN is one.
    if x < T::of(least) { T::zero() } else { x.exp_at::<S>() }
}

/// log(1 + e) for e in [0, 1], as 2 artanh(s) with s = e/(2 + e) ≤ ⅓: Σ s²ᵏ⁺¹/(2k + 1) needs few terms and no
/// branch.
#[inline(always)]
pub fn log_1p<T: Number, S: Simd>(e: T) -> T {
    let terms = if size_of::<T>() == 4 { 8 } else { 18 };
    let s = e / (T::of(2.0) + e);
    let square = s * s;
    let mut sum = T::zero();
    for k in (0..terms).rev() {
        sum = mul_add::<T, S>(sum, square, T::of(2.0 / f64::from(2 * k + 1)));
    }
    s * sum
}

#[cfg(test)]
mod tests {
    use super::super::{Kernel, Level, Portable, dispatch_at};
    use super::*;
    use crate::simd::exp::{exp_f32, exp2_f32};

    /// The largest errors, and how many are within the bounds: of a NaN, which a maximum drops, none is.
    struct Errors;
    impl Kernel<f32> for Errors {
        type Output = ([f64; 4], [usize; 4]);
        #[inline(always)]
        fn run<S: Simd>(self) -> ([f64; 4], [usize; 4]) {
            let (mut worst, mut within) = ([0.0f64; 4], [0; 4]);
            for x in (-870_000..880_000).map(|i| i as f32 * 1e-4) {
                let (exp, tanh_of_x) = (f64::from(x).exp(), f64::from(x).tanh());
                let logistic = 1.0 / (1.0 + (-f64::from(x)).exp());
                let y = x.clamp(-63.0, 63.0);
                let exp2 = f64::from(y).exp2();
                let errors = [
                    (f64::from(exp_f32::<S>(x)) - exp) / exp,
                    f64::from(sigmoid::<f32, S>(x)) - logistic,
                    f64::from(tanh::<f32, S>(x)) - tanh_of_x,
                    (f64::from(exp2_f32::<S>(y)) - exp2) / exp2,
                ];
                for (k, error) in errors.into_iter().enumerate() {
                    worst[k] = error.abs().max(worst[k]);
                    within[k] += usize::from(error.abs() < BOUNDS[k]);
                }
            }
            (worst, within)
        }
    }

    /// Of `exp`, `sigmoid`, `tanh` and `exp2`.
    const BOUNDS: [f64; 4] = [2.5e-7, 1.5e-7, 3e-7, 3e-7];

    #[test]
    fn f32_errors_are_as_stated_at_each_level() {
        for level in Level::available::<f32>() {
            let (worst, within) = dispatch_at(level, Errors);
            assert_eq!(within, [1_750_000; 4], "{level:?}: {worst:?}");
        }
    }

    #[test]
    fn ends_are_finite() {
        for x in [-1e30f32, -200.0, 200.0, 1e30, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(exp_f32::<Portable>(x).is_finite());
            assert!((0.0..=1.0).contains(&sigmoid::<f32, Portable>(x)));
        }
        for nan in [f32::NAN, f32::from_bits(0x7fc0_0001), f32::from_bits(0xffff_ffff)] {
            assert!(exp_f32::<Portable>(nan).is_nan());
        }
    }

    #[test]
    fn far_exponentials_are_zero_and_nan_is_nan() {
        for x in [f32::NEG_INFINITY, f32::MIN, -1e4, -88.0] {
            assert_eq!(exp_or_zero::<f32, Portable>(x), 0.0, "{x}");
        }
        for x in [f64::NEG_INFINITY, -709.0] {
            assert_eq!(exp_or_zero::<f64, Portable>(x), 0.0, "{x}");
        }
        for x in [-87.0f32, -1.0, 0.0, 3.0] {
            assert_eq!(exp_or_zero::<f32, Portable>(x), exp_f32::<Portable>(x), "{x}");
            assert!(exp_or_zero::<f32, Portable>(x).is_normal());
        }
        assert!(exp_or_zero::<f64, Portable>(-708.0).is_normal());
        assert!(exp_or_zero::<f32, Portable>(f32::NAN).is_nan());
    }

    #[test]
    fn the_logarithm_is_exact() {
        for i in 0..=10_000 {
            let e = f64::from(i) / 1e4;
            approx::assert_relative_eq!(log_1p::<_, Portable>(e), e.ln_1p(), max_relative = 1e-15);
            approx::assert_relative_eq!(
                log_1p::<_, Portable>(e as f32),
                (e as f32).ln_1p(),
                max_relative = 3e-7
            );
        }
    }
}
