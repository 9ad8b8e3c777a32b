//! Which parameters a trainer scores with: the best epoch's, wherever they are kept.

mod common;

use common::{StopAfter, start, tiny};
use dien::prelude::*;
use dien::tensor::ParamStore;
use dien::train::End;
use tempfile::tempdir;

fn config() -> Config {
    let mut config = tiny();
    config.train.epochs = 4;
    config.train.patience = 4;
    config.optimizer.lr = 0.05;
    config
}

fn in_memory(config: &Config) -> Trainer {
    Trainer::new(config, DataSource::open(config, Encoding::Fit).unwrap().0).unwrap()
}

#[track_caller]
fn assert_equal(a: &ParamStore<f32>, b: &ParamStore<f32>) {
    assert!(!a.is_empty() && a.len() == b.len());
    for id in a.ids() {
        assert!(a.data(id) == b.data(id), "{}", a.name(id));
    }
}

fn differ(a: &ParamStore<f32>, b: &ParamStore<f32>) -> bool {
    a.ids().any(|id| a.data(id) != b.data(id))
}

/// Such that the best epoch is not the last.
#[test]
fn in_memory_and_in_a_run_the_best_are_the_same() {
    for average in [0.0, 0.9] {
        let (root, mut config) = (tempdir().unwrap(), config());
        config.train.ema_decay = average;
        let mut single = in_memory(&config);
        let report = single.train(&mut ()).unwrap();
        let folder = root.path().join("run");
        let mut with_run = start(&config, &folder);
        assert_eq!(with_run.train(&mut ()).unwrap().best_epoch, report.best_epoch);
        assert_equal(single.scorer().params(), with_run.scorer().params());
        assert_equal(single.scorer().params(), Scorer::load(&Run::open(&folder).unwrap()).unwrap().params());
        assert!(differ(single.scorer().params(), single.latest_params()), "the last epoch is the best");
        // It can be asked for more than once, and be kept anew.
        with_run.train(&mut ()).unwrap();
        assert_equal(single.scorer().params(), with_run.scorer().params());
        single.keep_latest().unwrap();
        with_run.keep_latest().unwrap();
        assert_equal(single.scorer().params(), with_run.scorer().params());
        assert_equal(single.scorer().params(), Scorer::load(&Run::open(&folder).unwrap()).unwrap().params());
    }
}

#[test]
fn a_trainer_that_was_stopped_scores_by_the_best_so_far() {
    let (root, config) = (tempdir().unwrap(), config());
    let mut first = start(&config, &root.path().join("first"));
    let steps = first.dataset().epoch(1, 0).len().unwrap() as u64;
    assert_eq!(first.train(&mut StopAfter(2)).unwrap().end, End::Stopped);
    assert_equal(first.scorer().params(), first.latest_params());
    let mut second = start(&config, &root.path().join("second"));
    let mut single = in_memory(&config);
    for trainer in [&mut second, &mut single] {
        assert_eq!(trainer.train(&mut StopAfter(steps + 2)).unwrap().end, End::Stopped);
        assert!(differ(trainer.scorer().params(), trainer.latest_params()));
    }
    assert_equal(single.scorer().params(), second.scorer().params());
    // Of an error as well.
    let mut config = config;
    config.optimizer.lr = 1e30;
    let mut failing = start(&config, &root.path().join("failing"));
    failing.train(&mut ()).unwrap_err();
    assert_equal(failing.scorer().params(), failing.latest_params());
}

#[test]
fn a_run_that_comes_later_gets_the_best_model() {
    let (root, config) = (tempdir().unwrap(), config());
    let mut trainer = in_memory(&config);
    let steps = trainer.dataset().epoch(1, 0).len().unwrap() as u64;
    trainer.train(&mut StopAfter(steps + 1)).unwrap();
    let best = trainer.scorer().params().clone();
    let folder = root.path().join("run");
    let mut trainer = trainer.save_to(Run::create(&folder, &config).unwrap()).unwrap();
    assert_equal(Scorer::load(&Run::open(&folder).unwrap()).unwrap().params(), &best);
    trainer.train(&mut StopAfter(1)).unwrap();
    assert_equal(trainer.scorer().params(), &best);
    let run = Run::open(&folder).unwrap();
    let data = DataSource::open(&config, Encoding::Fit).unwrap().0;
    let resumed = Trainer::resume(run, &config, data).unwrap();
    assert_equal(resumed.scorer().params(), &best);
}
