//! `exp`, logistic and `tanh` for vectors, in plain code that the compiler vectorises.
//!
//! `f32`: maximum relative error of `exp` 2.5e-7 on [-87, 88] and of `exp2` 3e-7 on [-63, 63]; maximum
//! absolute error of `sigmoid` 1.5e-7 and of `tanh` 3e-7 (all tested). `f64` calls the standard library,
//! since it is there to check the `f32` road.

use super::Simd;
use crate::Real;

/// `a·b + c`, fused where the level has one instruction for it.
#[inline(always)]
pub fn mul_add<T: Real, S: Simd>(a: T, b: T, c: T) -> T {
    if S::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// 1.5·2²³: a sum with it has the other summand, rounded, in its low bits: a conversion without a conversion.
const MAGIC: f32 = 12_582_912.0;

/// eˣ; below -87 and above 88 the value at that end.
#[inline(always)]
pub(crate) fn exp_f32<S: Simd>(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let t = mul_add::<f32, S>(x, std::f32::consts::LOG2_E, MAGIC);
    let n = t - MAGIC;
    let r = mul_add::<f32, S>(n, -LN2_LOW, mul_add::<f32, S>(n, -LN2_HIGH, x));
    let mut p = 1.987_569_2e-4;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 5.0e-1, 1.0, 1.0] {
        p = mul_add::<f32, S>(p, r, c);
    }
    // A product rather than a sum of exponents, so that every NaN stays one.
    p * power_of_2(t)
}

/// 2ⁿ for t = n + [`MAGIC`].
#[inline(always)]
fn power_of_2(t: f32) -> f32 {
    f32::from_bits((t.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// 2ʳ for r in [-½, ½], minimax in the relative error (2e-9), in a short chain; 2⁰ is exactly 1.
///
/// One degree less would be as near in a single value, but always off to the same side: sums over many gates
/// would show it.
#[inline(always)]
fn near_1<S: Simd>(r: f32) -> f32 {
    let square = r * r;
    let low = mul_add::<f32, S>(r, std::f32::consts::LN_2, 1.0);
    let middle = mul_add::<f32, S>(r, 5.550_332_4e-2, 0.240_226_48);
    let high = mul_add::<f32, S>(r, 1.339_887_5e-3, 9.618_437e-3);
    let high = mul_add::<f32, S>(square, 1.535_336_2e-4, high);
    mul_add::<f32, S>(square, mul_add::<f32, S>(square, high, middle), low)
}

/// 2ˣ; below -63 and above 63 the value at that end.
#[inline(always)]
pub(crate) fn exp2_f32<S: Simd>(x: f32) -> f32 {
    let x = x.clamp(-63.0, 63.0);
    let t = x + MAGIC;
    near_1::<S>(x - (t - MAGIC)) * power_of_2(t)
}

/// σ(x) = 1 / (1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid<T: Real, S: Simd>(x: T) -> T {
    x.sigmoid_at::<S>()
}

/// σ(x), in few steps that hardly wait for each other. Unlike a relative error of e⁻ˣ, an absolute one of σ
/// allows to round log₂e once.
#[inline(always)]
pub(crate) fn sigmoid_f32<S: Simd>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 87.0);
    let t = mul_add::<f32, S>(x, -std::f32::consts::LOG2_E, MAGIC);
    let r = mul_add::<f32, S>(x, -std::f32::consts::LOG2_E, -(t - MAGIC));
    1.0 / mul_add::<f32, S>(near_1::<S>(r), power_of_2(t), 1.0)
}

/// tanh x = 2 σ(2x) − 1
#[inline(always)]
pub fn tanh<T: Real, S: Simd>(x: T) -> T {
    x.tanh_at::<S>()
}

/// log(1 + e) for e in [0, 1], as 2 artanh(s) with s = e/(2 + e) ≤ ⅓: Σ s²ᵏ⁺¹/(2k + 1) needs few terms and no
/// branch.
#[inline(always)]
pub fn log_1p<T: Real, S: Simd>(e: T) -> T {
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

    struct Worst;
    impl Kernel<f32> for Worst {
        type Output = [f64; 4];
        #[inline(always)]
        fn run<S: Simd>(self) -> [f64; 4] {
            let mut worst = [0.0f64; 4];
            for i in -870_000..880_000 {
                let x = i as f32 * 1e-4;
                let exact = f64::from(x).exp();
                worst[0] = worst[0].max(((f64::from(exp_f32::<S>(x)) - exact) / exact).abs());
                let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
                worst[1] = worst[1].max((f64::from(sigmoid::<f32, S>(x)) - exact).abs());
                worst[2] = worst[2].max((f64::from(tanh::<f32, S>(x)) - f64::from(x).tanh()).abs());
                let x = x.clamp(-63.0, 63.0);
                let exact = f64::from(x).exp2();
                worst[3] = worst[3].max(((f64::from(exp2_f32::<S>(x)) - exact) / exact).abs());
            }
            worst
        }
    }

    #[test]
    fn f32_errors_are_as_stated_at_each_level() {
        for level in Level::available::<f32>() {
            let worst = dispatch_at(level, Worst);
            assert!(worst[0] < 2.5e-7 && worst[1] < 1.5e-7 && worst[2] < 3e-7, "{level:?}: {worst:?}");
            assert!(worst[3] < 3e-7, "{level:?}: {worst:?}");
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
