//! AVX-512 F, DQ, VL and BW.

#![allow(unsafe_code)]

use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps};

use super::avx2::{Avx2, axpy8, transpose8};
use super::{Kernel, Level, Packing, SequencePacking, Simd, Strips, UnitTiles, Vectors};
use crate::simd::plain;

/// [`Level::Avx512`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Avx512;

impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    const FMA: bool = true;
    const LANES: usize = 16;
    const PACKING: Packing = Packing {
        units: 4,
        panel: 8,
        rows: &[8, 10, 12, 6, 5, 4],
        sequence: SequencePacking { lanes: 16, vectors: 5 },
    };

    fn is_available() -> bool {
        Avx2::is_available()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
    }

    #[inline]
    fn run<T, K: Kernel<T>>(kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
        fn compiled<T, K: Kernel<T>>(kernel: K) -> K::Output {
            kernel.run::<Avx512>()
        }
        debug_assert!(Self::is_available());
        // SAFETY: `Simd` is sealed, and its types are named where `dispatch` has found their instructions.
        unsafe { compiled(kernel) }
    }

    #[inline(always)]
    fn rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            32.. => work.strip::<Self, 6, 2, 16>(j),
            16.. => work.strip::<Self, 6, 1, 16>(j),
            _ => work.strip::<Self, 6, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn long_rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            64.. => work.strip::<Self, 4, 4, 16>(j),
            48.. => work.strip::<Self, 4, 3, 16>(j),
            32.. => work.strip::<Self, 4, 2, 16>(j),
            16.. => work.strip::<Self, 12, 1, 16>(j),
            _ => work.strip::<Self, 12, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn columns<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            32.. => work.strip::<Self, 8, 2, 16>(j),
            16.. => work.strip::<Self, 8, 1, 16>(j),
            _ => work.strip::<Self, 8, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn panels<W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        match n - j {
            32.. => work.strip::<Self, 8, 2, 16>(j),
            16.. => work.strip::<Self, 8, 1, 16>(j),
            _ => work.strip::<Self, 8, 1, 8>(j),
        }
    }

    #[inline(always)]
    fn unit_tiles<W: UnitTiles>(work: W) {
        work.run::<Self, 4, 32, 16>();
    }

    #[inline(always)]
    fn vectors<W: Vectors>(work: W) {
        work.run::<Self, 16>();
    }

    #[inline(always)]
    fn axpy<const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L] {
        if !L.is_multiple_of(8) {
            return plain::axpy::<f32, Self, L>(alpha, x, y);
        }
        let mut sum = y;
        for l in (0..L / 16 * 16).step_by(16) {
            // SAFETY: code at this level runs on machines that have it; the 16 elements from `l` on are
            // within.
            unsafe {
                let y = _mm512_loadu_ps(sum.as_ptr().add(l));
                let y = _mm512_fmadd_ps(_mm512_set1_ps(alpha), _mm512_loadu_ps(x.as_ptr().add(l)), y);
                _mm512_storeu_ps(sum.as_mut_ptr().add(l), y);
            }
        }
        if !L.is_multiple_of(16) {
            // SAFETY: AVX-512 comes with AVX2 and FMA; L is 8 more than a multiple of 16.
            unsafe { axpy8(alpha, &x, &mut sum, L - 8) };
        }
        sum
    }

    #[inline(always)]
    fn transpose8(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
        // SAFETY: AVX-512 comes with AVX2, and code at this level runs only on machines that have it.
        unsafe { transpose8(from, from_stride, to, to_stride) }
    }
}
