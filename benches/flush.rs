//! What it costs to bring a table up to date: the rows that ever had a gradient, not the vocabulary.
//!
//! Adam whose rows catch up, width 18, without weight decay. Tables of 200 thousand and 2 million rows of
//! which `touched` ever had a gradient; before each flush a hundred steps on one row have left the others
//! behind.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::{Grad, Grads, ParamId, ParamKind, ParamStore};
use ndarray::{Array2, ArrayD};

const WIDTH: usize = 18;
const MISSED: usize = 100;

struct Table {
    params: ParamStore<f32>,
    id: ParamId,
    adam: Adam<f32>,
}

impl Table {
    fn new(rows: usize, touched: usize) -> Self {
        let mut params = ParamStore::new();
        let id = params.add("embedding", ParamKind::Rows, ArrayD::from_elem(vec![rows, WIDTH], 0.1));
        let adam = Adam::new(&params, AdamConfig::default()).expect("possible options");
        let mut table = Table { params, id, adam };
        let apart = rows / touched;
        table.step((0..touched).map(|i| (i * apart) as u32).collect());
        table
    }

    fn step(&mut self, ids: Vec<u32>) {
        let mut grads = Grads::none(1);
        let rows = Array2::from_elem((ids.len(), WIDTH), 0.01);
        grads.set(self.id, Grad::Rows { ids, rows });
        self.adam.step(&mut self.params, &grads).expect("finite gradients");
    }

    /// The time of a flush after steps on one row.
    fn flush(&mut self) -> Duration {
        (0..MISSED).for_each(|_| self.step(vec![0]));
        let start = Instant::now();
        self.adam.flush(&mut self.params);
        start.elapsed()
    }
}

fn flush(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flush");
    group.sample_size(10);
    for rows in [200_000, 2_000_000] {
        for touched in [1, 10_000, rows] {
            let mut table = None;
            let id = BenchmarkId::new(format!("touched_{touched}"), rows);
            group.bench_function(id, |bencher| {
                let table = table.get_or_insert_with(|| Table::new(rows, touched));
                bencher.iter_custom(|times| (0..times).map(|_| table.flush()).sum());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, flush);
criterion_main!(benches);
