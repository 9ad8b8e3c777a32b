//! Training's progress on standard error: a bar on a terminal, a few lines an epoch elsewhere.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::time::Instant;

use dien::prelude::*;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::interrupt::Interrupt;
use super::thousands;

/// Lines per epoch without a terminal.
const LINES: usize = 4;
/// How much of the running means is new at each step, after the first ones.
const FRESH: f64 = 0.02;

pub(super) struct Progress {
    interrupt: Interrupt,
    bar: Option<ProgressBar>,
    started: Instant,
    samples: usize,
    steps: usize,
    target: Option<f64>,
    auxiliary: Option<f64>,
}

impl Progress {
    pub fn new(trainer: &Trainer, interrupt: &Interrupt) -> Self {
        let dataset = trainer.dataset();
        let epoch = dataset.epoch(trainer.config().train.seed, 0);
        let model = trainer.config().model.name();
        let known = |count: Option<usize>| count.map_or("?".into(), thousands);
        let (targets, batches) = (known(epoch.targets()), known(epoch.len()));
        eprint!("{model}: {} parameters; ", thousands(trainer.scorer().parameter_count()));
        match dataset.users().map(|users| users.map(thousands)) {
            Some([train, validate, test]) => eprintln!(
                "{targets} training targets of {train} users in {batches} batches; {validate} validation, \
                 {test} test users"
            ),
            None => eprintln!("{targets} training rows in {batches} batches, read as they are needed"),
        }
        if let Some(run) = trainer.run() {
            eprintln!("run: {}", run.folder().display());
        }
        Progress {
            interrupt: interrupt.clone(),
            bar: io::stderr().is_terminal().then(|| {
                let bar = ProgressBar::with_draw_target(
                    epoch.len().map(|batches| batches as u64),
                    ProgressDrawTarget::stderr_with_hz(8),
                );
                let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {msg}");
                bar.with_style(style.expect("a valid template"))
            }),
            started: Instant::now(),
            samples: 0,
            steps: 0,
            target: None,
            auxiliary: None,
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn message(&self, step: &Step) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let left = (step.epochs - step.epoch) as usize * step.batches + step.batches - step.batch;
        let eta = (seconds / self.steps as f64 * left as f64).round() as u64;
        let auxiliary = self.auxiliary.map_or(String::new(), |a| format!("  aux {a:.4}"));
        format!(
            "{}/s  loss {:.4}{auxiliary}  ETA {}:{:02}",
            thousands((self.samples as f64 / seconds) as usize),
            self.target.unwrap_or_default(),
            eta / 60,
            eta % 60
        )
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}

impl Observer for Progress {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.samples += step.samples;
        self.steps += 1;
        let fresh = FRESH.max(1.0 / self.steps as f64);
        let blend = |mean: Option<f64>, new: f64| mean.map_or(new, |mean| mean + fresh * (new - mean));
        self.target = Some(blend(self.target, step.target_loss));
        self.auxiliary = step.auxiliary_loss.map(|a| blend(self.auxiliary, a));
        if let Some(bar) = &self.bar {
            bar.set_length(step.batches as u64);
            bar.set_position(step.batch as u64);
            bar.set_prefix(format!("epoch {}/{}", step.epoch, step.epochs));
            bar.set_message(self.message(step));
        } else if step.batch * LINES / step.batches != (step.batch - 1) * LINES / step.batches {
            let percent = step.batch * 100 / step.batches;
            eprintln!("epoch {}/{} {percent:>3} %  {}", step.epoch, step.epochs, self.message(step));
        }
        if self.interrupt.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(&mut self, epoch: &Epoch) {
        let auxiliary = epoch.auxiliary_loss.map_or(String::new(), |a| format!("  aux {a:.4}"));
        let validation = epoch.validation.map_or(String::new(), |v| format!("  validation {}", scores(&v)));
        let best = if epoch.is_best { "  best" } else { "" };
        self.line(&format!(
            "epoch {} in {:.1} s  loss {:.4}{auxiliary}{validation}{best}",
            epoch.epoch, epoch.seconds, epoch.target_loss
        ));
    }
}

/// `AUC 0.8123  GAUC 0.8045  log loss 0.5123`, and the order of candidates where it was asked for.
pub(super) fn scores(metrics: &Metrics) -> String {
    let [auc, gauc] = [metrics.auc, metrics.gauc].map(share);
    let ranking = metrics.ranking.map_or(String::new(), |r| {
        let k = r.k;
        format!(
            "  HR@{k} {:.4}  NDCG@{k} {:.4}  recall@{k} {:.4}  MRR@{k} {:.4}",
            r.hit_rate, r.ndcg, r.recall, r.mrr
        )
    });
    format!("AUC {auc}  GAUC {gauc}  log loss {:.4}{ranking}", metrics.logloss)
}

/// Four digits, or a dash where there is none.
pub(super) fn share(x: Option<f64>) -> String {
    x.map_or("-".into(), |x| format!("{x:.4}"))
}
