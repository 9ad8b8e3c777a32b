//! What the machine could do at best: the floor that every figure is held against.

use std::hint::black_box;

use dien_kernels::gemm::gemm;
use dien_kernels::peak::multiply_adds;
use ndarray::Array2;
use rayon::prelude::*;

/// Runs multiply-adds for about a millisecond on every thread, and gives their number of flops.
pub(super) fn burst(threads: usize) -> f64 {
    const ROUNDS: usize = 15_000;
    let flops: Vec<f64> =
        (0..threads).into_par_iter().with_max_len(1).map(|_| multiply_adds(ROUNDS)).collect();
    flops.into_iter().sum()
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
