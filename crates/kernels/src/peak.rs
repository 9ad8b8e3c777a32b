//! The most that a core could do: multiply-adds on registers alone, the floor that kernels are held against.

use std::hint::black_box;

use crate::simd::{Kernel, Simd, axpy, dispatch};

/// Runs multiply-adds of whole vectors for `rounds` rounds on this thread, and gives their number of
/// floating-point operations: two each, at the portable level a multiplication and an addition.
pub fn multiply_adds(rounds: usize) -> f64 {
    let (operations, sum) = dispatch(Peak { rounds, seed: black_box(0.999) });
    black_box(sum);
    operations
}

struct Peak {
    rounds: usize,
    seed: f32,
}

impl Kernel<f32> for Peak {
    type Output = (f64, f32);

    #[inline(always)]
    fn run<S: Simd>(self) -> (f64, f32) {
        if S::LANES == 16 {
            chains::<S, 12, 16>(self)
        } else if S::LANES == 8 {
            chains::<S, 12, 8>(self)
        } else {
            chains::<S, 10, 4>(self)
        }
    }
}

/// `N` independent chains of `V` lanes: enough to hide a multiply-add's latency.
#[inline(always)]
fn chains<S: Simd, const N: usize, const V: usize>(Peak { rounds, seed }: Peak) -> (f64, f32) {
    let term = [seed * 1e-3; V];
    let mut sums = [[0.0f32; V]; N];
    for _ in 0..rounds {
        for sum in &mut sums {
            // The sum is a factor: a product that stays the same would be taken only once.
            *sum = axpy::<f32, S, V>(seed, *sum, term);
        }
    }
    (2.0 * (rounds * N * V) as f64, sums.as_flattened().iter().sum())
}
