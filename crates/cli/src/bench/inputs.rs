//! What the benchmarks are fed: lengths and ids as behaviour logs have them, seeded.

use dien_model::{Batch, EmbeddingFeature, Features, Histories, Table, Targets};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal, Pareto};

pub(super) const ITEMS: usize = 60_001;
pub(super) const CATEGORIES: usize = 1_001;
pub(super) const USERS: usize = 100_001;

/// Which lengths a batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    /// All of the longest.
    Full,
    /// Log-normal (μ 3.31, σ 0.85), rounded, clipped to 1 and the longest.
    Ragged,
}

impl Lengths {
    pub const ALL: [Lengths; 2] = [Lengths::Full, Lengths::Ragged];

    pub fn name(self) -> &'static str {
        match self {
            Lengths::Full => "full",
            Lengths::Ragged => "ragged",
        }
    }

    pub fn draw(self, n: usize, longest: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let normal = LogNormal::<f64>::new(3.31, 0.85).expect("finite parameters");
        let mut one = || match self {
            Lengths::Full => longest as u32,
            Lengths::Ragged => normal.sample(rng).round().clamp(1.0, longest as f64) as u32,
        };
        (0..n).map(|_| one()).collect()
    }
}

pub(super) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Ids of a long-tailed vocabulary: a few items are very popular.
pub(super) fn items(n: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let pareto = Pareto::<f64>::new(1.0, 1.1).expect("positive parameters");
    (0..n).map(|_| (40.0 * pareto.sample(rng)).min((ITEMS - 2) as f64) as u32 + 1).collect()
}

/// Items and their categories.
pub(super) fn pairs(n: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let items = items(n, rng);
    let categories = items.iter().map(|i| 1 + i % (CATEGORIES as u32 - 1)).collect();
    vec![items, categories]
}

/// An array, uniform within ±`bound`.
pub(super) fn uniform(shape: &[usize], bound: f32, rng: &mut ChaCha8Rng) -> ArrayD<f32> {
    ArrayD::from_shape_simple_fn(shape, || rng.random_range(-bound..bound))
}

/// Item, category and user, 18 wide each.
pub(super) fn features() -> Features {
    let mut features = Features::item_category(ITEMS, CATEGORIES, 18);
    features.tables.push(Table::new("user", USERS, 18));
    features.sparse.push(EmbeddingFeature::new("user", 2));
    features
}

/// Samples with one target a history and one sampled negative an event.
pub(super) fn batch(size: usize, lengths: Lengths, rng: &mut ChaCha8Rng) -> Batch {
    let lengths = lengths.draw(size, 100, rng);
    let events = lengths.iter().sum::<u32>() as usize;
    let mut offsets = vec![0];
    offsets.extend(lengths.iter().scan(0, |sum, &n| {
        *sum += n;
        Some(*sum)
    }));
    let n = size as u32;
    Batch::new(
        Histories::new(offsets, pairs(events, rng)).with_negatives(pairs(events, rng), 1),
        Targets::new((0..n).collect(), vec![0; size], lengths, pairs(size, rng))
            .with_sparse(vec![(0..n).map(|_| rng.random_range(1..USERS as u32)).collect()])
            .with_label((0..n).map(|i| (i % 2) as f32).collect())
            .with_group_id((0..n).collect()),
    )
}
