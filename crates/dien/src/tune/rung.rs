//! A trial, trained rung by rung.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::Serialize;

use crate::config::{Config, Source};
use crate::dataset_cache::DatasetCache;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::train::{End, StopWhen, Trainer};

/// In a run's folder, why it cannot go on.
const FAILURE: &str = "failure.txt";

/// A configuration that is tried.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Trial {
    /// Counted from 1.
    pub number: usize,
    /// What was drawn for it.
    pub options: Vec<(String, String)>,
    /// All its options.
    #[serde(skip)]
    pub config: Config,
    /// Its run.
    pub folder: PathBuf,
    /// Epochs by which it is judged: as many as its last rung trains, at most.
    pub epochs: u64,
    /// The best validation AUC of these.
    pub auc: Option<f64>,
    /// Epochs that its run has. An earlier search may have trained it beyond its rung.
    pub trained: u64,
    /// What was not finite, if training failed before its last rung's end. It is not tried again.
    pub failed: Option<String>,
    /// The validation AUC of each epoch that its run has.
    #[serde(skip)]
    history: Vec<Option<f64>>,
    /// What was not finite in the epoch after these.
    #[serde(skip)]
    failure: Option<String>,
}

/// What a rung's training of one trial came to.
pub(super) struct Trained {
    pub seconds: f64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Trial {
    /// A trial, with what its run has been trained so far.
    pub(super) fn new(
        number: usize,
        options: Vec<(String, String)>,
        config: Config,
        folder: PathBuf,
    ) -> Result<Self> {
        let mut trial = Trial {
            number,
            options,
            config,
            folder,
            epochs: 0,
            auc: None,
            trained: 0,
            failed: None,
            history: vec![],
            failure: None,
        };
        trial.read()?;
        Ok(trial)
    }

    /// Which of two is better: by AUC, then by number, so that the order is one. What failed is worse than
    /// all else.
    pub(super) fn compare(&self, other: &Trial) -> Ordering {
        let auc = |t: &Trial| t.auc.unwrap_or(f64::NEG_INFINITY);
        let succeeded = self.failed.is_none().cmp(&other.failed.is_none());
        succeeded.then(auc(self).total_cmp(&auc(other))).then(other.number.cmp(&self.number))
    }

    /// Judges it by so many epochs of its run, or by all that there are if these are fewer.
    pub(super) fn judge_by(&mut self, epochs: u64) {
        self.epochs = self.trained.min(epochs);
        self.auc = self.history[..self.epochs as usize].iter().flatten().copied().reduce(f64::max);
        self.failed = self.failure.clone().filter(|_| self.trained < epochs);
    }

    /// Trains until it has so many epochs, or rises no more, and judges it by these. What is not finite is a
    /// failure, which is written down, so that it is not waited for again.
    pub(super) fn train(
        &mut self,
        epochs: u64,
        datasets: &mut DatasetCache,
        stop: &AtomicBool,
    ) -> Result<Trained> {
        let data = datasets.get(&self.config)?;
        if data.validation().is_empty() {
            return Err(no_validation(&self.config.source));
        }
        let mut config = self.config.clone();
        config.train.epochs = epochs.max(self.trained);
        let mut trainer = match self.run()? {
            Some(run) => Trainer::resume(run, &config, data)?,
            None => {
                self.clear()?;
                Trainer::new(&config, data)?.save_to(Run::create(&self.folder, &config)?)?
            }
        };
        let (started, mut stopped) = (Instant::now(), false);
        if self.failure.is_none() {
            match trainer.train(&mut StopWhen(stop)) {
                Ok(report) => stopped = report.end == End::Stopped,
                Err(Error::NonFinite { step, epoch, what, first, .. }) => {
                    let why =
                        format!("{what} is not finite at step {step} (epoch {epoch}), first in {first}\n");
                    dien_serving::files::write(&self.folder.join(FAILURE), why.as_bytes())?;
                }
                Err(other) => return Err(other),
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        self.read()?;
        self.judge_by(epochs);
        Ok(Trained { seconds, stopped })
    }

    /// An error that says of which trial it is, if it does not name a file.
    pub(super) fn naming(&self, error: Error) -> Error {
        match error {
            Error::File(_) => error,
            other => Error::Within { which: self.folder.display().to_string(), source: Box::new(other) },
        }
    }

    /// Its run, if that has something to go on from.
    fn run(&self) -> Result<Option<Run>> {
        // The first checkpoint ends with the optimiser's state, an epoch with a line of metrics.
        let begun = ["optimizer.safetensors", "metrics.jsonl"].iter().any(|name| self.has(name));
        begun.then(|| Run::open(&self.folder)).transpose()
    }

    /// Reads how far its run is, and judges it by all of that.
    fn read(&mut self) -> Result<()> {
        (self.history, self.failure) = (vec![], None);
        if let Some(run) = self.run()? {
            self.history = run.epochs()?.iter().map(|epoch| epoch.validation?.auc).collect();
            let path = self.folder.join(FAILURE);
            if path.exists() {
                let why = fs::read_to_string(&path).map_err(Error::io(&path, "read"))?;
                self.failure = Some(why.trim_end().to_owned());
            }
        }
        self.trained = self.history.len() as u64;
        self.judge_by(u64::MAX);
        Ok(())
    }

    /// Removes a run without its first checkpoint, which is of no use and would be in the way.
    fn clear(&self) -> Result<()> {
        // A process that was killed while it wrote the configuration leaves a file of another name.
        let of_config = |name: &str| name == "config.toml" || name.starts_with(".config.toml.");
        let mut names = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|e| e.file_name());
        if names.any(|name| name.to_str().is_some_and(of_config)) {
            fs::remove_dir_all(&self.folder).map_err(Error::io(&self.folder, "remove the folder"))?;
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }
}

fn no_validation(source: &Source) -> Error {
    let users = "no validation users, by whom options are chosen";
    let fraction = "some (`data.valid_fraction` above 0, and two training users at least)";
    let rows = "no validation rows, by which options are chosen";
    match source {
        Source::Log(log) => {
            let expected = "a column with the user or the time (`source.log.user`, `source.log.time`)";
            Error::file(&log.files, rows, expected)
        }
        Source::Folder(folder) => Error::file(folder, users, fraction),
        Source::Synthetic(_) => Error::file(Path::new(&source.name()), users, fraction),
        Source::Schema(path) => Error::file(
            path,
            rows,
            "some: `validation` (by time, `validation_from`) in its `[split]`, or a `[validation]` of \
            their own",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize, history: &[Option<f64>]) -> Trial {
        let mut trial = Trial::new(number, vec![], Config::default(), "none".into()).unwrap();
        (trial.history, trial.trained) = (history.to_vec(), history.len() as u64);
        trial.judge_by(u64::MAX);
        trial
    }

    #[test]
    fn a_rung_sees_its_own_epochs_alone() {
        let mut trial = trial(1, &[None, Some(0.6), Some(0.5), Some(0.7)]);
        let mut judged = |epochs| {
            trial.judge_by(epochs);
            (trial.epochs, trial.auc, trial.trained)
        };
        assert_eq!(judged(1), (1, None, 4));
        assert_eq!(judged(3), (3, Some(0.6), 4));
        assert_eq!(judged(u64::MAX), (4, Some(0.7), 4));
    }

    #[test]
    fn a_failure_counts_from_the_rung_on_that_it_ended() {
        let mut trial = Trial { failure: Some("the loss".into()), ..trial(1, &[Some(0.6), Some(0.7)]) };
        let failed = |epochs| {
            trial.judge_by(epochs);
            trial.failed.is_some()
        };
        assert_eq!([1, 2, 3, u64::MAX].map(failed), [false, false, true, true]);
    }

    #[test]
    fn what_failed_is_worse_than_what_has_no_auc() {
        let failed = Trial { failed: Some("the loss".into()), ..trial(1, &[Some(0.9)]) };
        let mut trials = [failed, trial(2, &[]), trial(4, &[Some(0.6)]), trial(3, &[Some(0.6)])];
        trials.sort_by(|a, b| b.compare(a));
        assert_eq!(trials.map(|t| t.number), [3, 4, 2, 1]);
    }

    #[test]
    fn data_that_lacks_validation_is_named() {
        let message = |source: Source| no_validation(&source).to_string();
        let folder = message(Source::Folder("some/data".into()));
        assert!(folder.starts_with("some/data: ") && folder.contains("`data.valid_fraction`"), "{folder}");
        let schema = message(Source::Schema("log/dataset.toml".into()));
        assert!(schema.starts_with("log/dataset.toml: ") && schema.contains("`[split]`"), "{schema}");
        assert!(!schema.contains("valid_fraction"), "{schema}");
    }
}
