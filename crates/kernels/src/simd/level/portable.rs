//! What the compilation target guarantees.

use super::{Kernel, Level, Packing, SequencePacking, Simd, Strips, UnitTiles, Vectors};
use crate::simd::plain;

/// [`Level::Portable`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Simd for Portable {
    const LEVEL: Level = Level::Portable;
    const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    const LANES: usize = 4;
    const PACKING: Packing = Packing {
        units: 2,
        panel: 4,
        rows: &[6, 5, 4],
        sequence: SequencePacking { lanes: 8, vectors: 1 },
    };

    fn is_available() -> bool {
        true
    }

    #[inline]
    fn run<T, K: Kernel<T>>(kernel: K) -> K::Output {
        // Not inlined by itself, or every unit of code generation that calls it would compile it again.
        fn compiled<T, K: Kernel<T>>(kernel: K) -> K::Output {
            kernel.run::<Portable>()
        }
        compiled(kernel)
    }

    #[inline(always)]
    fn rows<W: Strips>(_: usize, j: usize, work: &mut W) -> usize {
        work.strip::<Self, 4, 2, 4>(j)
    }

    #[inline(always)]
    fn long_rows<W: Strips>(_: usize, j: usize, work: &mut W) -> usize {
        work.strip::<Self, 4, 2, 4>(j)
    }

    #[inline(always)]
    fn columns<W: Strips>(_: usize, j: usize, work: &mut W) -> usize {
        work.strip::<Self, 4, 2, 4>(j)
    }

    #[inline(always)]
    fn panels<W: Strips>(_: usize, j: usize, work: &mut W) -> usize {
        work.strip::<Self, 4, 2, 4>(j)
    }

    #[inline(always)]
    fn unit_tiles<W: UnitTiles>(work: W) {
        work.run::<Self, 2, 8, 8>();
    }

    #[inline(always)]
    fn vectors<W: Vectors>(work: W) {
        work.run::<Self, 8>();
    }

    #[inline(always)]
    fn axpy<const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
        #[cfg(target_arch = "x86_64")]
        if !Self::FMA && L.is_multiple_of(4) {
            return sse(alpha, x, y);
        }
        plain::axpy::<f32, Self, L>(alpha, x, y)
    }

    #[inline(always)]
    fn transpose8(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        plain::transpose8(from, from_stride, to, to_stride);
    }
}

/// α x + y in vectors of four.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
fn sse<const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
    use std::arch::x86_64::{_mm_add_ps, _mm_loadu_ps, _mm_mul_ps, _mm_set1_ps, _mm_storeu_ps};
    let mut sum = y;
    let (x, sums) = (x.as_ptr(), sum.as_mut_ptr());
    for l in (0..L / 4 * 4).step_by(4) {
        // SAFETY: every x86-64 has SSE, and the four elements from `l` on are within the arrays.
        unsafe {
            let product = _mm_mul_ps(_mm_set1_ps(alpha), _mm_loadu_ps(x.add(l)));
            _mm_storeu_ps(sums.add(l), _mm_add_ps(product, _mm_loadu_ps(sums.add(l))));
        }
    }
    sum
}
