//! What a level does without instructions by name: plain loops.

use ndarray::NdFloat;

use super::Simd;

/// `a·b + c`, fused where the level has one instruction for it.
#[inline(always)]
pub fn mul_add<T: NdFloat, S: Simd>(a: T, b: T, c: T) -> T {
    if S::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// [`axpy`](super::axpy()) as the plain loop.
#[inline(always)]
pub(crate) fn axpy<T: NdFloat, S: Simd, const L: usize>(alpha: T, x: [T; L], y: [T; L]) -> [T; L] {
    let mut sum = y;
    for l in 0..L {
        sum[l] = mul_add::<T, S>(alpha, x[l], y[l]);
    }
    sum
}

/// Rows and columns of a tile.
pub(crate) const TILE: usize = 8;

/// One 8 × 8 tile, element by element.
#[inline(always)]
pub(crate) fn transpose8<T: Copy>(from: &[T], from_stride: usize, to: &mut [T], to_stride: usize) {
    for i in 0..TILE {
        for j in 0..TILE {
            to[j * to_stride + i] = from[i * from_stride + j];
        }
    }
}
