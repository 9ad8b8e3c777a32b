//! The activation unit: forward (evaluation), and forward with every gradient.
//!
//! The official widths: interests of 36, layers 80-40-1. *Identity*: 128 histories of up to 100 events, each
//! with a target that sees all of it. *Shared*: 64 ragged histories with 8 prefix targets each. Throughput is
//! counted by 18 kflop an event and target forward, 54 with the gradients, whatever is shared.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dien_benches::{ragged_lengths, rng, uniform};
use dien_cells::lanes::{AttentionNorm, UnitWeights, Windows, activation_unit};
use dien_cells::{LANES, Packed};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, ops};

const HIDDEN: usize = 36;
const LAYERS: [usize; 2] = [80, 40];

/// Multiplications and additions of an event's score.
const FLOPS: usize = 18_000;

/// One target a history, that sees all of it.
fn identity(lengths: &[u32]) -> Windows {
    let packed = Arc::new(Packed::from_lengths(lengths));
    let history: Vec<u32> = (0..lengths.len() as u32).collect();
    Windows::new(&packed, &history, &vec![0; lengths.len()], lengths)
}

/// `targets` prefixes of each history, evenly apart.
fn shared(lengths: &[u32], targets: u32) -> Windows {
    let packed = Arc::new(Packed::from_lengths(lengths));
    let history: Vec<u32> = (0..lengths.len() as u32 * targets).map(|i| i / targets).collect();
    let end: Vec<u32> = (0..lengths.len() as u32 * targets)
        .map(|i| lengths[(i / targets) as usize] * (i % targets + 1) / targets)
        .collect();
    Windows::new(&packed, &history, &vec![0; end.len()], &end)
}

fn attention(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attention");
    group.sample_size(20);
    let cases = [
        ("identity/full", identity(&[100; 128])),
        ("identity/ragged", identity(&ragged_lengths(128, 100))),
        ("shared/ragged", shared(&ragged_lengths(64, 100), 8)),
    ];
    for (name, windows) in cases {
        let windows = Arc::new(windows);
        let mut rng = rng();
        let mut params = ParamStore::new();
        let mut add = |name: &str, shape: &[usize], bound| {
            params.add(name, ParamKind::Dense, uniform(shape, bound, &mut rng))
        };
        let [first, second] = LAYERS;
        let interests = add("interests", &[windows.histories().blocks(), HIDDEN, LANES], 1.0);
        let query = add("query", &[windows.targets().len(), HIDDEN], 1.0);
        let weights = [
            add("first", &[first, 4 * HIDDEN], 0.08),
            add("first.bias", &[first], 0.1),
            add("second", &[second, first], 0.1),
            add("second.bias", &[second], 0.1),
            add("score", &[1, second], 0.2),
        ];
        let pool = Pool::new();
        let run = |backward: bool| {
            let tape = Tape::new(&params, &pool, if backward { Mode::EvalWithGrad } else { Mode::Eval });
            let [first, first_bias, second, second_bias, score] = weights.map(|id| tape.param(id));
            let weights = UnitWeights { first, first_bias, second, second_bias, score };
            let a = activation_unit(
                AttentionNorm::Softmax,
                tape.param(interests),
                tape.param(query),
                weights,
                &windows,
            );
            if backward {
                black_box(tape.backward(ops::sum(a)));
            } else {
                black_box(a.data());
            }
        };
        let flops = (windows.targets().events() * FLOPS) as u64;
        group.throughput(Throughput::Elements(flops));
        group.bench_function(BenchmarkId::new("forward", name), |b| b.iter(|| run(false)));
        group.throughput(Throughput::Elements(3 * flops));
        group.bench_function(BenchmarkId::new("forward+backward", name), |b| b.iter(|| run(true)));
    }
    group.finish();
}

criterion_group!(benches, attention);
criterion_main!(benches);
