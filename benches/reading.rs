//! A log of two million events: the pass that counts, an epoch's batches with nobody to train on them, and an
//! epoch of training.
//!
//! Training's time is at least its steps', since reading goes on beside them; so `train` by `read` is how
//! many times faster reading is. One thread for the model, one for the reader.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use dien::data::Impressions;
use dien::prelude::*;

const EVENTS: u64 = 2_000_000;

fn reading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let synthesis = SyntheticConfig::default().with_categories(300).with_max_length(100).with_seed(1);
    synthesis.write_impressions(folder.path(), EVENTS).expect("a log");
    let schema = folder.path().join("dataset.toml");
    let built = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    built.expect("nothing has run in parallel yet");
    let mut config = Config::default();
    config.source = Source::Schema(schema.clone());
    config.train.epochs = 1;
    let open = || Impressions::open(&schema, &config.data).expect("a log").0;
    let log = open();

    let mut group = criterion.benchmark_group("reading");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(EVENTS));
    group.bench_function("count", |bencher| bencher.iter(open));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut targets = 0;
            log.epoch(1, 0).for_each(0, |batch| {
                targets += batch.targets.len();
                true
            })?;
            Ok::<_, dien::data::DataError>(targets)
        });
    });
    group.bench_function("train", |bencher| {
        let data = Dataset::from(log.clone());
        bencher.iter(|| Trainer::new(&config, data.clone())?.train(&mut ()));
    });
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
