//! One training step of the paper's DIEN: from ids in memory to updated parameters.
//!
//! Batch 128, one target a history, embeddings 18 + 18, hidden 36, activation unit 80-40-1, auxiliary MLP 100-50-1 with one
//! negative per event, head 200-80, a user embedding, lazy Adam, `f32`; 60,000 items, 1,000 categories, 100,000 users.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dien_benches::{popular_ids, ragged_lengths, rng};
use dien_model::config::AuxiliaryKind;
use dien_model::{Batch, Features, Histories, Lookup, ModelConfig, Table, Targets, build};
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Mode, ParamStore, Pool, Tape};
use rand::RngExt;

const BATCH: usize = 128;
const ITEMS: usize = 60_001;
const CATEGORIES: usize = 1_001;
const USERS: usize = 100_001;

fn features() -> Features {
    let mut features = Features::item_category(ITEMS, CATEGORIES, 18);
    features.tables.push(Table { name: "user".into(), rows: USERS, width: 18 });
    features.sparse.push(Lookup { name: "user".into(), table: 2 });
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
    Batch {
        histories: Histories { offsets, ids, negatives, negatives_per_event: 1 },
        targets: Targets {
            history: (0..n).collect(),
            start: vec![0; n as usize],
            end: lengths.to_vec(),
            candidate,
            sparse: vec![(0..n).map(|_| rng.random_range(1..USERS as u32)).collect()],
            label: (0..n).map(|i| (i % 2) as f32).collect(),
            group: (0..n).collect(),
            ..Targets::default()
        },
    }
}

fn train_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train_step");
    group.sample_size(20);
    for (name, lengths) in [("ragged", ragged_lengths(BATCH, 100)), ("full", vec![100; BATCH])] {
        let (features, batch) = (features(), batch(&lengths));
        batch.validate(&features).expect("the batch is valid");
        let mut params = ParamStore::<f32>::new();
        let config = ModelConfig { auxiliary: AuxiliaryKind::Mlp, dropout: 0.0, ..ModelConfig::default() };
        let model = build(&config, &features, &mut params, 1).expect("possible options");
        let lazy = AdamConfig { sparse: SparseMode::Lazy, ..AdamConfig::default() };
        let mut adam = Adam::new(&params, lazy).expect("possible options");
        let pool = Pool::new();
        let mut seed = 0;
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                seed += 1;
                let tape = Tape::new(&params, &pool, Mode::Train { seed });
                let output = model.forward(&tape, &batch);
                let losses = model.losses(&tape, &batch, output);
                let grads = tape.backward(losses.total);
                let updates = tape.take_updates();
                drop(tape);
                params.apply(updates);
                adam.step(&mut params, &grads).expect("finite gradients");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, train_step);
criterion_main!(benches);
