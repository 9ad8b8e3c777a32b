//! Training through the library: what is kept, and what stops it.

mod common;

use std::fs;

use common::{save_model, start, tiny, train};
use dien::prelude::*;
use dien::serving::params;
use dien::train::End;
use tempfile::tempdir;

#[test]
fn keeps_the_epoch_that_validates_best() {
    let root = tempdir().unwrap();
    let mut config = tiny();
    config.train.epochs = 6;
    config.train.patience = 6;
    config.optimizer.lr = 0.02;
    let (report, trainer) = train(&config, root.path());
    let best = report.best_epoch.unwrap();
    let aucs: Vec<f64> = report.epochs.iter().map(|e| e.validation.unwrap().auc.unwrap()).collect();
    let first_max = aucs.iter().position(|a| aucs.iter().all(|b| a >= b)).unwrap();
    assert_eq!(best, first_max as u64 + 1, "{aucs:?}");
    // What the trainer scores with, what the run holds and what was measured are one model.
    let scorer = Scorer::load(&Run::open(root.path()).unwrap()).unwrap();
    let validation = trainer.dataset().validation();
    assert_eq!(scorer.evaluate(&validation).unwrap(), report.validation.unwrap());
    assert_eq!(trainer.evaluate(&validation).unwrap(), report.validation.unwrap());
    assert_eq!(scorer.features(), trainer.dataset().features());
}

#[test]
fn stops_early_without_progress() {
    let mut config = tiny();
    config.train.epochs = 50;
    config.train.patience = 1;
    config.optimizer.lr = 0.05;
    let mut trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
    let report = trainer.train(&mut ()).unwrap();
    assert_eq!(report.end, End::Early);
    assert_eq!(report.best_epoch.unwrap() + 1, report.epochs.len() as u64);
    // Another call changes nothing.
    assert_eq!(trainer.train(&mut ()).unwrap().steps, report.steps);
}

#[test]
fn without_validation_users_the_last_epoch_is_the_best() {
    let mut config = tiny();
    config.data.valid_fraction = 0.0;
    let mut trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
    let report = trainer.train(&mut ()).unwrap();
    assert_eq!((report.end, report.best_epoch, report.validation), (End::Finished, Some(3), None));
    let [best, last] = [trainer.scorer().params(), trainer.latest_params()];
    assert!(best.ids().all(|id| best.data(id) == last.data(id)));
}

#[test]
fn a_loss_that_is_not_finite_stops_training_and_keeps_the_checkpoint() {
    let root = tempdir().unwrap();
    let mut config = tiny();
    config.optimizer.lr = 1e30;
    let mut trainer = start(&config, root.path());
    let before = fs::read(root.path().join("last.safetensors")).unwrap();
    let error = trainer.train(&mut ()).unwrap_err();
    let Error::NonFinite { step, epoch, batch, first, .. } = &error else { panic!("{error}") };
    assert_eq!((*step, *epoch, *batch), (2, 1, 2));
    let name = first.split('`').nth(1).unwrap();
    assert!(trainer.latest_params().id(name).is_some(), "{first}");
    assert!(error.to_string().starts_with("step 2 (epoch 1, batch 2): "), "{error}");
    assert!(fs::read(root.path().join("last.safetensors")).unwrap() == before);
    assert!(!root.path().join("model.safetensors").exists());
}

#[test]
fn a_saved_parameter_that_is_not_finite_is_named() {
    let root = tempdir().unwrap();
    let run = Run::create(root.path().join("run"), &tiny()).unwrap();
    let trainer = start(&tiny(), &root.path().join("other"));
    let mut params = trainer.latest_params().clone();
    let id = params.id("head.0.weight").unwrap();
    params.data_mut(id)[7] = f32::NAN;
    save_model(&run, &params, &trainer);
    let message = params::load(&run.model_path().unwrap(), &mut params).unwrap_err().to_string();
    assert!(message.contains("parameter `head.0.weight` has NaN at 7"), "{message}");
}

#[test]
fn scoring_checks_the_batch() {
    let config = tiny();
    let trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
    let batch = trainer.dataset().test().first().unwrap().unwrap();
    let scores = trainer.score(&batch).unwrap();
    assert_eq!(scores.len(), batch.targets.len());
    assert!(scores.iter().all(|p| (0.0..=1.0).contains(p)));
    assert!(trainer.score(&Batch::default()).is_err(), "offsets are missing");

    let mut unknown = batch.clone();
    unknown.targets.candidate[0][1] = 4000;
    let message = trainer.score(&unknown).unwrap_err().to_string();
    assert!(
        message.starts_with("candidate `item`: id 4000 at position 1 is beyond the table `item` of "),
        "{message}"
    );
    let mut unknown = batch.clone();
    unknown.histories.ids[1][0] = 99;
    let message = trainer.score(&unknown).unwrap_err().to_string();
    assert!(message.starts_with("histories `category`: id 99 at position 0 is beyond"), "{message}");

    let features = trainer.dataset().features().clone().with_dense(vec!["price".into()]);
    let scorer = Scorer::untrained(&config.model, &features, 1).unwrap();
    let mut priced = batch.clone();
    priced.targets.dense = vec![vec![0.5; batch.targets.len()]];
    assert!(scorer.score(&priced).is_ok());
    priced.targets.dense[0][1] = f32::NAN;
    let message = scorer.score(&priced).unwrap_err().to_string();
    assert_eq!(message, "dense feature `price`: NaN at target 1; expected a finite number");
}

#[test]
fn no_targets_and_empty_histories_are_ordinary() {
    let config = tiny();
    let trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
    let mut batch = trainer.dataset().test().first().unwrap().unwrap();
    batch.targets.end.clone_from(&batch.targets.start);
    assert_eq!(trainer.score(&batch).unwrap().len(), batch.targets.len());
    batch.targets = Targets::new(vec![], vec![], vec![], vec![vec![], vec![]]);
    assert!(trainer.score(&batch).unwrap().is_empty());
}
