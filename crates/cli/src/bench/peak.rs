//! What the machine could do at best: the floor that every figure is held against.

use std::hint::black_box;

use dien_kernels::gemm::gemm;
use dien_kernels::simd::{Kernel, Level, Simd, axpy, dispatch};
use ndarray::Array2;
use rayon::prelude::*;

/// Multiply-adds on registers alone, two flops each; at the portable level a multiplication and an addition.
struct Peak {
    rounds: usize,
    seed: f32,
}

impl Kernel<f32> for Peak {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self) -> f32 {
        match S::LEVEL {
            Level::Portable => chains::<S, 10, 4>(self),
            Level::Avx2 => chains::<S, 12, 8>(self),
            Level::Avx512 => chains::<S, 12, 16>(self),
        }
    }
}

/// `N` independent chains of `V` lanes: enough to hide a multiply-add's latency.
#[inline(always)]
fn chains<S: Simd, const N: usize, const V: usize>(Peak { rounds, seed }: Peak) -> f32 {
    let term = [seed * 1e-3; V];
    let mut sums = [[0.0f32; V]; N];
    for _ in 0..rounds {
        for sum in &mut sums {
            // The sum is a factor: a product that stays the same would be taken only once.
            *sum = axpy::<f32, S, V>(seed, *sum, term);
        }
    }
    sums.iter().flatten().sum()
}

fn flops_a_round() -> f64 {
    2.0 * match Level::current() {
        Level::Portable => 10.0 * 4.0,
        Level::Avx2 => 12.0 * 8.0,
        Level::Avx512 => 12.0 * 16.0,
    }
}

/// Runs multiply-adds for about a millisecond on every thread, and gives their number of flops.
pub(super) fn burst(threads: usize) -> f64 {
    const ROUNDS: usize = 15_000;
    (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
        black_box(dispatch(Peak { rounds: ROUNDS, seed: black_box(0.999) }));
    });
    threads as f64 * ROUNDS as f64 * flops_a_round()
}

/// Square matrices to multiply with `matrixmultiply`.
pub(super) struct Sgemm {
    a: Array2<f32>,
    b: Array2<f32>,
    c: Array2<f32>,
}

impl Sgemm {
    pub const SIZE: usize = 1024;
    pub const FLOPS: f64 = 2.0 * (Self::SIZE * Self::SIZE * Self::SIZE) as f64;

    pub fn new() -> Self {
        let matrix =
            |k: usize| Array2::from_shape_fn((Self::SIZE, Self::SIZE), |(i, j)| ((i * k + j) % 7) as f32);
        Sgemm { a: matrix(3), b: matrix(5), c: matrix(1) }
    }

    pub fn run(&mut self) {
        gemm(1.0, self.a.view(), self.b.view(), 0.0, self.c.view_mut());
        black_box(&self.c);
    }
}
