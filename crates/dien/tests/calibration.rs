//! What calibrates a run's scores is in its file, and in all that scores.

mod common;

use common::{TINY, start, train};
use dien::model::{Calibration, CalibrationMap, CalibrationMethod};
use dien::prelude::*;
use tempfile::tempdir;

/// Of a model that has learnt something.
fn config(method: CalibrationMethod, rate: f64) -> Config {
    let mut config: Config = TINY.replace("users = 60", "users = 400").parse().unwrap();
    config.optimizer.lr = 0.01;
    config.train = config.train.calibration(method).negative_sampling_rate(rate);
    config
}

/// Mean probability and mean label of what validates.
fn means(trainer: &Trainer) -> (f64, f64) {
    let (mut scores, mut labels) = (vec![], vec![]);
    let each = |batch: Batch| {
        scores.extend(trainer.score(&batch).unwrap());
        labels.extend(batch.targets.label);
        true
    };
    trainer.dataset().validation().for_each(0, each).unwrap();
    let mean = |of: &[f32]| of.iter().map(|&x| f64::from(x)).sum::<f64>() / of.len() as f64;
    (mean(&scores), mean(&labels))
}

fn close(a: f64, b: f64, tolerance: f64) {
    let within = (a - b).abs() <= tolerance;
    assert!(within, "{a} and {b}");
}

#[test]
fn validation_is_right_on_average_and_the_order_stays() {
    let folder = tempdir().unwrap();
    let (plain, before) = train(&config(CalibrationMethod::None, 1.0), &folder.path().join("none"));
    assert_eq!((plain.calibration, before.scorer().calibration().is_identity()), (None, true));
    let raw = before.evaluate(&before.dataset().validation()).unwrap();
    for (method, name) in [(CalibrationMethod::Platt, "platt"), (CalibrationMethod::Isotonic, "isotonic")] {
        let path = folder.path().join(name);
        let (report, trainer) = train(&config(method, 1.0), &path);
        assert_eq!(report.validation, plain.validation);
        let calibration = report.calibration.expect("what validates has both labels");
        assert_eq!(Scorer::load(&Run::open(&path).unwrap()).unwrap().calibration(), &calibration);
        assert_eq!(Ranker::load(path.join("model.safetensors")).unwrap().calibration(), &calibration);
        let (probability, label) = means(&trainer);
        // Priors and edges of half a row move it a little.
        close(probability, label, 0.02);
        let metrics = trainer.evaluate(&trainer.dataset().validation()).unwrap();
        assert!(metrics.logloss < raw.logloss, "{} after {}", metrics.logloss, raw.logloss);
        match &calibration.map {
            Some(CalibrationMap::Platt { scale, .. }) => {
                assert!(*scale > 0.0);
                close(metrics.auc.unwrap(), raw.auc.unwrap(), 1e-12);
            }
            // Ties count half.
            _ => assert!(metrics.auc.unwrap() >= raw.auc.unwrap() - 1e-12),
        }
    }
}

#[test]
fn sampled_negatives_divide_the_odds() {
    let folder = tempdir().unwrap();
    let (_, plain) = train(&config(CalibrationMethod::None, 1.0), &folder.path().join("all"));
    let (report, sampled) = train(&config(CalibrationMethod::None, 0.2), &folder.path().join("fifth"));
    assert_eq!(report.calibration, Some(Calibration::default().with_negative_sampling_rate(0.2)));
    let each = |batch: Batch| {
        let (before, after) =
            (plain.scorer().logits(&batch).unwrap(), sampled.scorer().logits(&batch).unwrap());
        before.iter().zip(&after).for_each(|(&a, &b)| close((b - a).into(), 0.2_f64.ln(), 1e-5));
        true
    };
    plain.dataset().test().for_each(0, each).unwrap();
}

#[test]
fn a_run_is_calibrated_when_it_is_resumed_and_no_longer_if_it_is_not_asked_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run");
    drop(train(&config(CalibrationMethod::None, 1.0), &path));
    let model = || std::fs::read(path.join("model.safetensors")).unwrap();
    let before = model();
    for (method, is_calibrated) in [(CalibrationMethod::Platt, true), (CalibrationMethod::None, false)] {
        let run = Run::open(&path).unwrap();
        let config = config(method, 1.0);
        let (data, _) = DataSource::open(&config, Encoding::Extend(&run)).unwrap();
        let report = Trainer::resume(run, &config, data).unwrap().train(&mut ()).unwrap();
        assert_eq!(report.calibration.is_some(), is_calibrated);
        assert_eq!(model() == before, !is_calibrated);
    }
}

#[test]
fn without_what_validates_there_is_no_calibration() {
    let mut config = config(CalibrationMethod::Platt, 1.0);
    config.data.valid_fraction = 0.0;
    let folder = tempdir().unwrap();
    let message = start(&config, &folder.path().join("run")).train(&mut ()).unwrap_err().to_string();
    assert!(
        message.contains("train.calibration") && message.contains("held out for validation"),
        "{message}"
    );
}
