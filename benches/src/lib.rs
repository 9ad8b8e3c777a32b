//! What the benchmarks share: lengths, ids and arrays, seeded.

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal, Pareto};

/// A generator with a fixed seed.
pub fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(2018)
}

/// Ragged lengths as behaviour logs have them: log-normal (μ 3.31, σ 0.85), rounded, clipped to `1..=max`.
pub fn ragged_lengths(n: usize, max: u32) -> Vec<u32> {
    let (mut rng, normal) = (rng(), LogNormal::<f64>::new(3.31, 0.85).expect("finite parameters"));
    (0..n).map(|_| normal.sample(&mut rng).round().clamp(1.0, f64::from(max)) as u32).collect()
}

/// Ids of a long-tailed vocabulary of `rows` rows with out-of-vocabulary row 0: a few of them are very
/// popular.
pub fn popular_ids(n: usize, rows: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let pareto = Pareto::<f64>::new(1.0, 1.1).expect("positive parameters");
    (0..n).map(|_| (40.0 * pareto.sample(rng)).min((rows - 2) as f64) as u32 + 1).collect()
}

/// An array, uniform within ±`bound`.
pub fn uniform(shape: &[usize], bound: f32, rng: &mut ChaCha8Rng) -> ArrayD<f32> {
    ArrayD::from_shape_simple_fn(shape, || rng.random_range(-bound..bound))
}
