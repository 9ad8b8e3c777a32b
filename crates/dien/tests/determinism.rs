//! The same seed gives the same bits: at any number of threads, and whether training was stopped or not.

mod common;

use std::fs;
use std::path::Path;

use common::{StopAfter, assert_same_bits, start, tiny, train};
use dien::prelude::*;
use dien::train::End;
use tempfile::tempdir;

#[test]
fn any_number_of_threads() {
    let root = tempdir().unwrap();
    let folder = |threads: usize| root.path().join(threads.to_string());
    let mut metrics = vec![];
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (report, trainer) = pool.install(|| train(&tiny(), &folder(threads)));
        let test = pool.install(|| trainer.evaluate(&trainer.dataset().test()).unwrap());
        assert_same_bits(&folder(1), &folder(threads));
        metrics.push((report.validation, report.best_epoch, test));
    }
    assert!(metrics.iter().all(|m| *m == metrics[0]), "{metrics:?}");
}

#[test]
fn another_seed_gives_another_model() {
    let root = tempdir().unwrap();
    let mut config = tiny();
    train(&config, &root.path().join("1"));
    config.train.seed = 2;
    train(&config, &root.path().join("2"));
    let [a, b] = ["1", "2"].map(|run| fs::read(root.path().join(run).join("last.safetensors")).unwrap());
    assert!(a != b);
}

#[test]
fn a_run_repeats_from_its_config() {
    let root = tempdir().unwrap();
    let [first, again] = ["first", "again"].map(|name| root.path().join(name));
    train(&tiny(), &first);
    let config = Run::open(&first).unwrap().config().unwrap();
    assert_eq!(config, tiny());
    train(&config, &again);
    assert_same_bits(&first, &again);
}

/// Stopped within an epoch, at its last step, and in the second epoch.
#[test]
fn stopped_and_resumed() {
    let root = tempdir().unwrap();
    let whole = root.path().join("whole");
    let (whole_report, _) = train(&tiny(), &whole);
    let steps = whole_report.epochs[0].steps as u64;
    assert!(steps >= 4, "{steps}");
    for after in [1, 3, steps, steps + 2] {
        let folder = root.path().join(after.to_string());
        let report = start(&tiny(), &folder).train(&mut StopAfter(after)).unwrap();
        assert_eq!((report.end, report.steps), (End::Stopped, after));
        let resume = || {
            let run = Run::open(&folder).unwrap();
            let config = run.config().unwrap();
            Trainer::resume(run, &config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap()
        };
        // Twice, to see that a stop after a resume is as good as any.
        resume().train(&mut StopAfter(2)).unwrap();
        let report = resume().train(&mut ()).unwrap();
        assert_eq!(report.end, whole_report.end);
        assert_same_bits(&whole, &folder);
        for (a, b) in whole_report.epochs.iter().zip(&report.epochs) {
            assert_eq!((a.total_loss, a.validation, a.is_best), (b.total_loss, b.validation, b.is_best));
            assert_eq!((a.steps, a.samples), (b.steps, b.samples));
        }
        assert_eq!(Run::open(&folder).unwrap().epochs().unwrap(), report.epochs);
    }
}

#[test]
fn lazy_rows_and_a_schedule_resume_too() {
    let root = tempdir().unwrap();
    let mut config = tiny();
    config.optimizer.sparse = dien::optim::SparseMode::Lazy;
    config.optimizer.schedule = dien::optim::Schedule::WarmupCosine { warmup: 3, total: 12, floor: 0.1 };
    let [whole, parts] = ["whole", "parts"].map(|name| root.path().join(name));
    train(&config, &whole);
    start(&config, &parts).train(&mut StopAfter(3)).unwrap();
    let run = Run::open(&parts).unwrap();
    Trainer::resume(run, &config, DataSource::open(&config, Encoding::Fit).unwrap().0)
        .unwrap()
        .train(&mut ())
        .unwrap();
    assert_same_bits(&whole, &parts);
}

#[test]
fn more_epochs_go_on_where_the_run_ended() {
    let root = tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| root.path().join(name));
    train(&tiny(), &whole);
    let mut short = tiny();
    short.train.epochs = 1;
    train(&short, &parts);
    let run = Run::open(&parts).unwrap();
    let mut trainer =
        Trainer::resume(run, &tiny(), DataSource::open(&tiny(), Encoding::Fit).unwrap().0).unwrap();
    trainer.train(&mut ()).unwrap();
    assert_same_bits(&whole, &parts);
    assert_eq!(Run::open(&parts).unwrap().config().unwrap(), tiny());
}

#[test]
fn an_average_is_what_is_kept_and_resumes_too() {
    let root = tempdir().unwrap();
    let mut config = tiny();
    config.train.ema_decay = 0.9;
    let [whole, parts, plain] = ["whole", "parts", "plain"].map(|name| root.path().join(name));
    train(&config, &whole);
    start(&config, &parts).train(&mut StopAfter(3)).unwrap();
    let resume = || {
        let run = Run::open(&parts).unwrap();
        Trainer::resume(run, &config, DataSource::open(&config, Encoding::Fit).unwrap().0)
    };
    resume().unwrap().train(&mut ()).unwrap();
    assert_same_bits(&whole, &parts);
    let file = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    assert!(file(&whole, "average.safetensors") == file(&parts, "average.safetensors"));
    // The steps are the same, and what is kept of them is not.
    train(&tiny(), &plain);
    assert!(file(&whole, "last.safetensors") == file(&plain, "last.safetensors"));
    assert!(file(&whole, "model.safetensors") != file(&plain, "model.safetensors"));
    fs::remove_file(parts.join("average.safetensors")).unwrap();
    assert!(resume().unwrap_err().to_string().contains("average.safetensors"));
}
