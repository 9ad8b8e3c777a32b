//! AVX2 and FMA.

#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_set1_ps, _mm256_shuffle_ps,
    _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::{Kernel, Level, Packing, SequencePacking, Simd, Strips, UnitTiles, Vectors};
use crate::simd::plain::{self, TILE};

/// [`Level::Avx2`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Avx2;

impl Simd for Avx2 {
    const LEVEL: Level = Level::Avx2;
    const FMA: bool = true;
    const LANES: usize = 8;
    const PACKING: Packing = Packing {
        units: 2,
        panel: 6,
        rows: &[6, 5, 4],
        sequence: SequencePacking { lanes: 8, vectors: 5 },
    };

    fn is_available() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    #[inline]
    fn run<T, K: Kernel<T>>(kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<T, K: Kernel<T>>(kernel: K) -> K::Output {
            kernel.run::<Avx2>()
        }
        debug_assert!(Self::is_available());
        // SAFETY: `Simd` is sealed, and its types are named where `dispatch` has found their instructions.
        unsafe { compiled(kernel) }
    }

    #[inline(always)]
    fn rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            // Twelve sums hide the latency; so, nearly, do those that take an odd vector along.
            24 | 40.. if n % 16 == 8 && j == 0 => work.strip::<Self, 4, 3, 8>(j),
            16.. => work.strip::<Self, 6, 2, 8>(j),
            _ => work.strip::<Self, 6, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn long_rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            16.. => work.strip::<Self, 6, 2, 8>(j),
            _ => work.strip::<Self, 12, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn columns<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            16.. => work.strip::<Self, 6, 2, 8>(j),
            _ => work.strip::<Self, 8, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn panels<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            16.. => work.strip::<Self, 6, 2, 8>(j),
            _ => work.strip::<Self, 6, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn unit_tiles<W: UnitTiles>(work: W) {
        work.run::<Self, 2, 16, 16>();
    }

    #[inline(always)]
    fn vectors<W: Vectors>(work: W) {
        work.run::<Self, 8>();
    }

    #[inline(always)]
    fn axpy<const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
        if !L.is_multiple_of(8) {
            return plain::axpy::<f32, Self, L>(alpha, x, y);
        }
        let mut sum = y;
        for l in (0..L).step_by(8) {
            // SAFETY: code at this level runs on machines that have it; the eight elements from `l` on are
            // within.
            unsafe { axpy8(alpha, &x, &mut sum, l) };
        }
        sum
    }

    #[inline(always)]
    fn transpose8(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        // SAFETY: code at this level runs only on machines that have it.
        unsafe { transpose8(from, from_stride, to, to_stride) }
    }
}

/// sum += α x for the eight elements from `l` on.
///
/// # Safety
/// The machine has AVX2 and FMA, and l + 8 ≤ L.
#[inline(always)]
pub(super) unsafe fn axpy8<const L: usize>(alpha: f32, x: &[f32; L], sum: &mut [f32; L], l: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let y = _mm256_loadu_ps(sum.as_ptr().add(l));
        let y = _mm256_fmadd_ps(_mm256_set1_ps(alpha), _mm256_loadu_ps(x.as_ptr().add(l)), y);
        _mm256_storeu_ps(sum.as_mut_ptr().add(l), y);
    }
}

/// Elements from the first of a tile to its last.
#[inline(always)]
fn extent(stride: usize) -> usize {
    (TILE - 1).checked_mul(stride).and_then(|rows| rows.checked_add(TILE)).expect("a stride within memory")
}

/// One 8 × 8 tile in registers.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn transpose8(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    let from = &from[..extent(from_stride)];
    // SAFETY: row i ends at i · stride + 8, within the slice just cut.
    let row = |i: usize| unsafe { _mm256_loadu_ps(from.as_ptr().add(i * from_stride)) };
    let pairs = |i: usize| {
        let (a, b) = (row(i), row(i + 1));
        (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b))
    };
    let quads = |i: usize| {
        let ((a, b), (c, d)) = (pairs(i), pairs(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xee>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xee>(b, d),
        ]
    };
    let (upper, lower) = (quads(0), quads(4));
    let to = &mut to[..extent(to_stride)];
    for k in 0..4 {
        let near = _mm256_permute2f128_ps::<0x20>(upper[k], lower[k]);
        let far = _mm256_permute2f128_ps::<0x31>(upper[k], lower[k]);
        // SAFETY: rows k and k + 4 end within the slice just cut.
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr().add(k * to_stride), near);
            _mm256_storeu_ps(to.as_mut_ptr().add((k + 4) * to_stride), far);
        }
    }
}
