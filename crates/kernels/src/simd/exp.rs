//! `exp` and the logistic function of `f32` in vector arithmetic; [`math`](super::math) tells their errors.

use super::Simd;
use super::plain::mul_add;

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

/// σ(x), in few steps that hardly wait for each other. Unlike a relative error of e⁻ˣ, an absolute one of σ
/// allows to round log₂e once.
#[inline(always)]
pub(crate) fn sigmoid_f32<S: Simd>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 87.0);
    let t = mul_add::<f32, S>(x, -std::f32::consts::LOG2_E, MAGIC);
    let r = mul_add::<f32, S>(x, -std::f32::consts::LOG2_E, -(t - MAGIC));
    1.0 / mul_add::<f32, S>(near_1::<S>(r), power_of_2(t), 1.0)
}
