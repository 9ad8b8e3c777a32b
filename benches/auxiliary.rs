//! The auxiliary loss: its value alone (evaluation), and with every gradient.
//!
//! Batch 128, up to 100 events, interests and events of 36, one negative an event, layers 100-50-1.
//! Throughput is counted in multiplications and additions by pair: the state's half of the first layer once,
//! all else for the event and its negative, three times that with the gradients. `peak` is a loop of nothing
//! but fused multiply-adds, to compare with.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dien_benches::{ragged_lengths, rng, uniform};
use dien_cells::lanes::auxiliary::{self, Loss};
use dien_cells::{LANES, Packed};
use dien_kernels::peak::multiply_adds;
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape};

const BATCH: usize = 128;
const WIDTH: usize = 36;
const FIRST: usize = 100;
const SECOND: usize = 50;

/// Multiplications and additions of a pair and its negative, forward.
const MLP_FLOPS: usize = 2 * (WIDTH * FIRST + 2 * (WIDTH * FIRST + FIRST * SECOND + SECOND));
const INNER_PRODUCT_FLOPS: usize = 2 * (WIDTH * WIDTH + 2 * WIDTH);

fn losses(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("auxiliary");
    group.sample_size(20);
    let rounds = 100_000;
    let flops = multiply_adds(rounds);
    group.throughput(Throughput::Elements(flops as u64));
    group.bench_function("peak", |b| b.iter(|| multiply_adds(rounds)));
    for (name, lengths) in [("full", vec![100; BATCH]), ("ragged", ragged_lengths(BATCH, 100))] {
        let packed = Arc::new(Packed::from_lengths(&lengths));
        let mut rng = rng();
        let mut params = ParamStore::new();
        let mut add = |name: &str, shape: &[usize], bound| {
            params.add(name, ParamKind::Dense, uniform(shape, bound, &mut rng))
        };
        let events =
            ["interests", "events", "negatives"].map(|name| add(name, &[packed.blocks(), WIDTH, LANES], 1.0));
        let layers = [(FIRST, 2 * WIDTH), (SECOND, FIRST), (1, SECOND)].map(|(outputs, inputs)| {
            let bound = (inputs as f32).recip().sqrt();
            let layer = format!("{outputs}x{inputs}");
            (add(&layer, &[outputs, inputs], bound), add(&format!("{layer}.bias"), &[outputs], bound))
        });
        let project = add("project", &[WIDTH, WIDTH], 0.2);
        let pool = Pool::new();
        let pairs = lengths.iter().map(|&n| n as usize - 1).sum::<usize>();
        for (score, flops) in [("mlp", MLP_FLOPS), ("inner product", INNER_PRODUCT_FLOPS)] {
            let run = |backward: bool| {
                let tape = Tape::new(&params, &pool, if backward { Mode::EvalWithGrad } else { Mode::Eval });
                let [interests, events, negatives] = events.map(|id| tape.param(id));
                let loss = if score == "mlp" {
                    let layers = layers.map(|(w, b)| (tape.param(w), tape.param(b)));
                    auxiliary::mlp(Loss::Paper, interests, events, [negatives], layers, &packed)
                } else {
                    let project = tape.param(project);
                    auxiliary::inner_product(Loss::Paper, interests, events, [negatives], project, &packed)
                };
                if backward {
                    black_box(tape.backward(loss));
                } else {
                    black_box(loss.scalar());
                }
            };
            let id = |pass: &str| BenchmarkId::new(format!("{score}/{pass}"), name);
            group.throughput(Throughput::Elements((pairs * flops) as u64));
            group.bench_function(id("forward"), |b| b.iter(|| run(false)));
            group.throughput(Throughput::Elements((3 * pairs * flops) as u64));
            group.bench_function(id("forward+backward"), |b| b.iter(|| run(true)));
        }
    }
    group.finish();
}

criterion_group!(benches, losses);
criterion_main!(benches);
