//! What training came to, for people and for programs.

use std::fmt;
use std::path::PathBuf;

use dien::OovReport;
use dien::model::{Calibration, CalibrationMethod};
use dien::prelude::*;
use dien::train::End;
use serde::Serialize;

use super::progress::scores;
use super::{doubts, program, thousands};

/// The object that `dien train --json` prints.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub run: Option<PathBuf>,
    /// The model's name.
    pub model: String,
    pub end: End,
    /// Whole epochs.
    pub epochs: usize,
    pub best_epoch: Option<u64>,
    pub steps: u64,
    pub parameters: usize,
    pub validation: Option<Metrics>,
    pub test: Option<Metrics>,
    /// Ids that the model does not know, by table, of each part.
    pub validation_out_of_vocabulary: Option<OovReport>,
    pub test_out_of_vocabulary: Option<OovReport>,
    /// Where the rows of the data went.
    pub rows: Option<dien::data::RowCounts>,
    /// What becomes of logits, if anything does: the test is measured with it, the validation without.
    pub calibration: Option<Calibration>,
    /// The metric that chose the epoch.
    pub monitor: Metric,
    /// What speaks against the figures.
    pub warnings: Vec<String>,
    pub train_samples_per_second: f64,
    pub seconds: f64,
    pub peak_rss_bytes: Option<u64>,
}

impl Summary {
    pub fn new(
        trainer: &Trainer,
        report: &Report,
        test: Option<Metrics>,
        test_oov: Option<OovReport>,
    ) -> Self {
        let monitor = trainer.config().train.monitor;
        let asked = trainer.config().train.calibration != CalibrationMethod::None;
        let fitted = report.calibration.as_ref().is_some_and(|calibration| calibration.map.is_some());
        let mut warnings = report.validation.map_or(vec![], |validation| doubts::of(&validation, monitor));
        if asked && !fitted && report.end != End::Stopped {
            let why = "what validates has one label alone, or scores order it no better than chance";
            warnings.push(format!("no calibration: {why}"));
        }
        Summary {
            run: trainer.run().map(|run| run.folder().to_path_buf()),
            model: trainer.config().model.name().to_owned(),
            end: report.end,
            epochs: report.epochs.len(),
            best_epoch: report.best_epoch,
            steps: report.steps,
            parameters: trainer.scorer().parameter_count(),
            validation: report.validation,
            test,
            validation_out_of_vocabulary: report.validation_oov.clone(),
            test_out_of_vocabulary: test_oov,
            rows: trainer.dataset().rows(),
            calibration: report.calibration.clone(),
            monitor,
            warnings,
            train_samples_per_second: report.samples_per_second,
            seconds: report.seconds,
            peak_rss_bytes: peak_rss_bytes(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.run.as_ref().map_or(String::new(), |run| run.display().to_string());
        if self.end == End::Stopped {
            return writeln!(
                f,
                "stopped after step {}\n\nnext:  {} train --resume {run}",
                self.steps,
                program()
            );
        }
        if self.train_samples_per_second == 0.0 {
            writeln!(f, "nothing left to train: {}", self.why_not())?;
        }
        if self.end == End::Early {
            writeln!(f, "stopped early: no better validation {} for `train.patience` epochs", self.monitor)?;
        }
        let rate = thousands(self.train_samples_per_second as usize);
        let epochs = if self.epochs == 1 { "epoch" } else { "epochs" };
        writeln!(
            f,
            "{} {epochs}, {} steps; {:.1} s, {rate} samples/s",
            self.epochs, self.steps, self.seconds
        )?;
        if let (Some(epoch), Some(validation)) = (self.best_epoch, &self.validation) {
            writeln!(f, "best epoch {epoch}: validation {}", scores(validation))?;
        }
        if let Some(rows) = &self.rows {
            writeln!(f, "{rows}")?;
        }
        if let Some(calibration) = &self.calibration {
            writeln!(f, "calibration: {calibration}")?;
        }
        match &self.test {
            Some(test) => writeln!(f, "test  {}  ({} samples)", scores(test), thousands(test.samples)),
            None => writeln!(f, "no test users"),
        }
    }
}

impl Summary {
    /// Why a resumed run had nothing to do.
    fn why_not(&self) -> &'static str {
        match self.end {
            End::Early => "a larger `--patience` would go on",
            _ => "all its epochs are done; a larger `--epochs` would go on",
        }
    }
}

/// The most memory that the process has had, where the system says.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
