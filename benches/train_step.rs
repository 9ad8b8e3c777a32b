//! One training step of the paper's DIEN: from ids in memory to updated parameters.
//!
//! Batch 128, one target a history, embeddings 18 + 18, hidden 36, activation unit 80-40-1, auxiliary MLP
//! 100-50-1 with one negative per event, head 200-80, a user embedding, lazy Adam, `f32`; 60,000 items, 1,000
//! categories, 100,000 users.
//!
//! `rows/10k` and `rows/10M` are the ragged step over vocabularies of so many items, with equally many
//! distinct ones in the batch; the ratio of their times is printed at the end.

use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dien_benches::{popular_ids, ragged_lengths, rng};
use dien_model::config::{AttentionKind, AuxiliaryKind};
use dien_model::{Batch, EmbeddingFeature, Features, Histories, Model, ModelConfig, Table, Targets, build};
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Mode, ParamStore, Pool, Tape};
use rand::RngExt;

const BATCH: usize = 128;
const ITEMS: usize = 60_001;
const CATEGORIES: usize = 1_001;
const USERS: usize = 100_001;

fn features(items: usize) -> Features {
    let mut features = Features::item_category(items, CATEGORIES, 18);
    features.tables.push(Table::new("user", USERS, 18));
    features.sparse.push(EmbeddingFeature::new("user", 2));
    features
}

fn batch(lengths: &[u32]) -> Batch {
    let mut rng = rng();
    let events = lengths.iter().sum::<u32>() as usize;
    let categories = |items: &[u32]| items.iter().map(|i| 1 + i % 1_000).collect::<Vec<u32>>();
    let mut pair = |n| {
        let items = popular_ids(n, ITEMS, &mut rng);
        let categories = categories(&items);
        vec![items, categories]
    };
    let (ids, negatives, candidate) = (pair(events), pair(events), pair(lengths.len()));
    let mut offsets = vec![0];
    offsets.extend(lengths.iter().scan(0, |sum, &n| {
        *sum += n;
        Some(*sum)
    }));
    let n = lengths.len() as u32;
    Batch::new(
        Histories::new(offsets, ids).with_negatives(negatives, 1),
        Targets::new((0..n).collect(), vec![0; n as usize], lengths.to_vec(), candidate)
            .with_sparse(vec![(0..n).map(|_| rng.random_range(1..USERS as u32)).collect()])
            .with_label((0..n).map(|i| (i % 2) as f32).collect())
            .with_group_id((0..n).collect()),
    )
}

/// All that a step needs.
struct Training {
    batch: Batch,
    params: ParamStore<f32>,
    model: Box<dyn Model<f32> + Send + Sync>,
    adam: Adam<f32>,
    pool: Pool<f32>,
    seed: u64,
}

impl Training {
    fn new(items: usize, batch: Batch) -> Self {
        let features = features(items);
        batch.validate(&features).expect("the batch is valid");
        let mut params = ParamStore::new();
        let config = ModelConfig::default()
            .with_attention(AttentionKind::Unit)
            .with_auxiliary(AuxiliaryKind::Mlp)
            .with_dropout(0.0);
        let model = build(&config, &features, &mut params, 1).expect("possible options");
        let lazy = AdamConfig::default().with_sparse(SparseMode::Lazy);
        let adam = Adam::new(&params, lazy).expect("possible options");
        Training { batch, params, model, adam, pool: Pool::new(), seed: 0 }
    }

    /// One step, on a thread of rayon's.
    fn step(&mut self) {
        rayon::scope(|_| {
            self.seed += 1;
            let tape = Tape::new(&self.params, &self.pool, Mode::Train { seed: self.seed });
            let output = self.model.forward(&tape, &self.batch);
            let losses = self.model.losses(&tape, &self.batch, output);
            let grads = tape.backward(losses.total);
            let updates = tape.take_updates();
            drop(tape);
            self.params.apply(updates);
            self.adam.step(&mut self.params, &grads).expect("finite gradients");
        });
    }
}

fn train_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train_step");
    group.sample_size(20);
    for (name, lengths) in [("ragged", ragged_lengths(BATCH, 100)), ("full", vec![100; BATCH])] {
        let mut training = None;
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            let training = training.get_or_insert_with(|| Training::new(ITEMS, batch(&lengths)));
            bencher.iter(|| training.step());
        });
    }
    group.finish();
}

/// As many distinct items in 10 thousand rows as in 10 million, where they lie far apart.
fn vocabulary(criterion: &mut Criterion) {
    const FEW: u32 = 10_000;
    const APART: u32 = 1_000;
    let training = |apart: u32| {
        let mut batch = batch(&ragged_lengths(BATCH, 100));
        let h = &mut batch.histories;
        let items = h.ids[0].iter_mut().chain(&mut h.negatives[0]).chain(&mut batch.targets.candidate[0]);
        // 7919 is a prime: every id below FEW comes once before any comes again.
        items.zip(0..).for_each(|(id, i)| *id = i * 7919 % FEW * apart);
        Training::new((FEW * apart) as usize, batch)
    };
    let mut group = criterion.benchmark_group("train_step/rows");
    group.sample_size(20);
    let mut trainings = [None, None];
    for ((name, apart), slot) in [("10k", 1), ("10M", APART)].into_iter().zip(&mut trainings) {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            let training = slot.get_or_insert_with(|| training(apart));
            bencher.iter(|| training.step());
        });
    }
    group.finish();
    if let [Some(few), Some(many)] = &mut trainings {
        let seconds = |training: &mut Training| {
            let start = Instant::now();
            training.step();
            start.elapsed().as_secs_f64()
        };
        let mut ratios: Vec<f64> = (0..15).map(|_| seconds(few).recip() * seconds(many)).collect();
        ratios.sort_by(f64::total_cmp);
        println!("train_step/rows: 10M rows take {:.3} of the time of 10k (median of 15)", ratios[7]);
    }
}

criterion_group!(benches, train_step, vocabulary);
criterion_main!(benches);
