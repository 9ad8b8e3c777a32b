//! One variant, trained with one seed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use dien_data::Dataset;
use dien_model::metrics::Metrics;
use dien_tensor::ParamKind;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Source};
use crate::error::{Error, Result};
use crate::train::{End, Observer, Trainer};

/// A variant with a seed, and the file of its outcome.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TrialRun {
    /// The set's name.
    pub set: String,
    /// The variant's name.
    pub variant: String,
    /// The seed.
    pub seed: u32,
    /// All options.
    pub config: Config,
    /// Where the outcome is, once there is one.
    pub file: PathBuf,
}

/// What training a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The variant's name.
    pub variant: String,
    /// The seed.
    pub seed: u32,
    /// Numbers that were trained.
    pub parameters: usize,
    /// The epoch that validated best, counted from 1, and how many there were.
    pub best_epoch: Option<u64>,
    /// Epochs trained.
    pub epochs: usize,
    /// How long it took, the test included.
    pub seconds: f64,
    /// Training targets per second, on one thread.
    pub samples_per_second: f64,
    /// The best epoch's validation.
    pub validation: Option<Metrics>,
    /// The test.
    pub test: Metrics,
    /// Every test target's score.
    pub scores: Scores,
    /// The options it was trained with.
    pub config: Config,
    /// The names and the bytes of the data's files; empty for what is drawn.
    #[serde(default)]
    pub files: Vec<(String, u64)>,
}

/// Test targets, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scores {
    /// The logit of each.
    pub logits: Vec<f32>,
    /// 1 for a click, 0 for none.
    pub labels: Vec<u8>,
    /// Whose each is.
    pub users: Vec<u32>,
}

impl TrialRun {
    /// The outcome, if the run was trained with these very options on files of these names and sizes; where
    /// they are does not count, nor whether they are still there.
    ///
    /// # Errors
    /// The file is there and cannot be read, or has no AUC.
    pub fn finished(&self) -> Result<Option<Outcome>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(&self.file, "read")(e)),
        };
        let wrong = |found: String| {
            Error::file(&self.file, found, "an outcome that `dien compare` wrote; delete it to train again")
        };
        let outcome: Outcome = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let mut config = outcome.config.clone();
        let drawn = |config: &Config| matches!(config.source, Source::Synthetic(_));
        if !drawn(&config) && !drawn(&self.config) {
            config.source = self.config.source.clone();
        }
        let changed =
            !outcome.files.is_empty() && self.config.source.files().is_ok_and(|now| now != outcome.files);
        if config != self.config || changed {
            return Ok(None);
        }
        // JSON has neither NaN nor infinities.
        if outcome.test.auc.is_none() {
            return Err(wrong("a test without an AUC".into()));
        }
        Ok(Some(outcome))
    }

    /// Trains on `data`, tests, and writes the outcome; none if the observer stopped it.
    ///
    /// # Errors
    /// As [`Trainer::train`] and [`Trainer::evaluate`]; the file cannot be written.
    pub fn train(&self, data: &Arc<Dataset>, observer: &mut dyn Observer) -> Result<Option<Outcome>> {
        let started = Instant::now();
        self.check(data)?;
        let files = self.config.source.files()?;
        let mut trainer = Trainer::new(&self.config, Arc::clone(data))?;
        let report = trainer.train(observer)?;
        if report.end == End::Stopped {
            return Ok(None);
        }
        let mut scores = Scores::default();
        let test = trainer.scorer().evaluate_with(&data.test(), |_, batch, logits| {
            scores.logits.extend_from_slice(logits);
            scores.labels.extend(batch.targets.label.iter().map(|&y| u8::from(y > 0.5)));
            scores.users.extend_from_slice(&batch.targets.group_id);
            Ok(())
        })?;
        let params = trainer.scorer().params();
        let trained = params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer);
        let outcome = Outcome {
            variant: self.variant.clone(),
            seed: self.seed,
            parameters: trained.map(|id| params.data(id).len()).sum(),
            best_epoch: report.best_epoch,
            epochs: report.epochs.len(),
            seconds: started.elapsed().as_secs_f64(),
            samples_per_second: report.samples_per_second,
            validation: report.validation,
            test,
            scores,
            config: self.config.clone(),
            files,
        };
        self.write(&outcome)?;
        Ok(Some(outcome))
    }

    /// Without both labels in the test there would be no AUC: better told before training than after.
    fn check(&self, data: &Dataset) -> Result<()> {
        let mut labels = [0, 0];
        data.test().for_each(0, |batch| {
            batch.targets.label.iter().for_each(|&y| labels[usize::from(y > 0.5)] += 1);
            true
        })?;
        match labels {
            [0, _] | [_, 0] => {
                let found = format!("{} test targets, {} of them clicked", labels[0] + labels[1], labels[1]);
                let data = match &self.config.source {
                    Source::Folder(path) | Source::Schema(path) => path.as_path(),
                    Source::Log(log) => &log.files,
                    Source::Synthetic(_) => Path::new("synthetic behaviours"),
                };
                Err(Error::file(data, found, "clicked ones and others, without which there is no AUC"))
            }
            _ => Ok(()),
        }
    }

    /// Takes over the outcome of a run that differs in name alone.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn adopt(&self, outcome: &Outcome) -> Result<Outcome> {
        let own = Outcome { variant: self.variant.clone(), ..outcome.clone() };
        self.write(&own)?;
        Ok(own)
    }

    fn write(&self, outcome: &Outcome) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
        }
        Ok(dien_serving::files::write(&self.file, &serde_json::to_vec(outcome).expect("plain fields"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_without_an_auc_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let config: Config = "source.synthetic.users = 40".parse().unwrap();
        let run = TrialRun {
            set: "synthetic".into(),
            variant: "dien".into(),
            seed: 1,
            config: config.clone(),
            file: root.path().join("seed1.json"),
        };
        let outcome = |auc: Option<f64>| {
            let mut test = Metrics::new(&[0.5, -0.5], &[1.0, 0.0], &[1, 1]);
            test.auc = auc;
            Outcome {
                variant: "dien".into(),
                seed: 1,
                parameters: 3,
                best_epoch: None,
                epochs: 1,
                seconds: 1.0,
                samples_per_second: 1.0,
                validation: None,
                test,
                scores: Scores::default(),
                config: config.clone(),
                files: vec![],
            }
        };
        run.write(&outcome(Some(0.5))).unwrap();
        assert_eq!(run.finished().unwrap(), Some(outcome(Some(0.5))));
        for none in [None, Some(f64::NAN)] {
            run.write(&outcome(none)).unwrap();
            let message = run.finished().unwrap_err().to_string();
            assert!(
                message.contains("seed1.json: ") && message.contains("a test without an AUC"),
                "{message}"
            );
            assert!(message.ends_with("delete it to train again"), "{message}");
        }
        // One of other options is trained again, whatever it holds.
        let mut other = run.clone();
        other.config.train.seed = 2;
        assert_eq!(other.finished().unwrap(), None);
    }
}
