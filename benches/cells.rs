//! GRU, AIGRU, AGRU and AUGRU: forward (evaluation), and forward with every gradient.
//!
//! Batch 128, widths 36, 64 and 128, 100 steps, full and ragged. Throughput is counted in multiplications and
//! additions by the formula 6·events·H·(I+H) for a forward pass, three times that for forward and backward.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dien_benches::{ragged_lengths, rng, uniform};
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::{LANES, Packed};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, ops};

const BATCH: usize = 128;
const STEPS: u32 = 100;

fn cells(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cells");
    group.sample_size(20);
    for width in [36, 64, 128] {
        for (name, lengths) in [("full", vec![STEPS; BATCH]), ("ragged", ragged_lengths(BATCH, STEPS))] {
            let packed = Arc::new(Packed::from_lengths(&lengths));
            let mut rng = rng();
            let mut params = ParamStore::new();
            let mut add = |name: &str, shape: &[usize], bound| {
                params.add(name, ParamKind::Dense, uniform(shape, bound, &mut rng))
            };
            let bound = 1.0 / (width as f32).sqrt();
            let x = add("x", &[packed.blocks(), width, LANES], 1.0);
            let a = add("a", &[packed.blocks(), 1, LANES], 1.0);
            let w = add("w", &[3 * width, width], bound);
            let u = add("u", &[3 * width, width], bound);
            let b = add("b", &[3 * width], bound);
            let b_hc = add("b_hc", &[width], bound);
            params.data_mut(a).iter_mut().for_each(|a| *a = a.abs());
            let pool = Pool::new();
            let flops = 6 * packed.events() * width * 2 * width;
            for kind in [CellKind::Gru, CellKind::Aigru, CellKind::Agru, CellKind::Augru] {
                let output = if kind == CellKind::Gru { CellOutput::States } else { CellOutput::Last };
                let run = |backward: bool| {
                    let tape =
                        Tape::new(&params, &pool, if backward { Mode::EvalWithGrad } else { Mode::Eval });
                    let input = CellInput::Events(tape.param(x), tape.param(w));
                    let [u, b, b_hc] = [u, b, b_hc].map(|id| tape.param(id));
                    let attention = kind.takes_attention().then(|| tape.param(a));
                    let args = CellArgs::new(kind, input, u, b, b_hc).attention(attention);
                    let value = cell(args, output, &packed);
                    if backward {
                        black_box(tape.backward(ops::sum(value)));
                    } else {
                        black_box(value.data());
                    }
                };
                let id = |pass: &str| {
                    BenchmarkId::new(format!("{kind:?}/{pass}").to_lowercase(), format!("{width}/{name}"))
                };
                group.throughput(Throughput::Elements(flops as u64));
                group.bench_function(id("forward"), |bencher| bencher.iter(|| run(false)));
                group.throughput(Throughput::Elements(3 * flops as u64));
                group.bench_function(id("forward+backward"), |bencher| bencher.iter(|| run(true)));
            }
        }
    }
    group.finish();
}

criterion_group!(benches, cells);
criterion_main!(benches);
