//! One epoch: its steps, validation, what is kept.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use dien_model::metrics::Metrics;
use dien_model::{Batch, Calibration};
use dien_optim::Optimizer;
use dien_tensor::Mode;

use super::report::Clock;
use super::step::non_finite_value;
use super::{Epoch, Observer, Trainer};
use crate::error::{Error, Result};
use crate::inference::{Inference, batches_of};
use crate::oov::OovReport;
use crate::run::{Best, Sums};
use crate::{inference, prefetch};

impl Trainer {
    /// Goes on with the epoch in progress, to its end unless the observer breaks.
    pub(super) fn train_epoch(
        &mut self,
        observer: &mut dyn Observer,
        clock: &mut Clock,
    ) -> Result<ControlFlow<()>> {
        let dataset = Arc::clone(&self.dataset);
        let batches = dataset.epoch(self.config.train.seed, self.progress.epoch);
        let before = self.progress.sums.samples;
        let started = Instant::now();
        let (first, features) = (self.progress.batch, dataset.features());
        let produce = inference::produce(&batches, first, features);
        let flow = prefetch::for_each(produce, |batch| {
            let step = self.step_of_epoch(self.progress.batch, &batch)?;
            Ok(observer.step(&step))
        })?;
        let lap =
            Clock { samples: self.progress.sums.samples - before, seconds: started.elapsed().as_secs_f64() };
        clock.add(lap);
        if flow.is_break() {
            self.save_checkpoint()?;
            return Ok(flow);
        }
        let epoch = self.end_epoch(lap)?;
        observer.epoch(&epoch);
        self.epochs.push(epoch);
        self.save_epoch()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Validates, and keeps the parameters if they are the best.
    fn end_epoch(&mut self, lap: Clock) -> Result<Epoch> {
        self.optimizer.flush(&mut self.params);
        let number = self.progress.epoch + 1;
        let failed = |what, first| Error::NonFinite {
            step: self.optimizer.steps(),
            epoch: number,
            batch: self.progress.batch,
            what,
            first,
        };
        if let Some(id) = non_finite_value(&self.params) {
            return Err(failed("a parameter", format!("the value of `{}`", self.params.name(id))));
        }
        let validation = self.validate().map_err(|e| match e {
            Error::Serving(dien_serving::Error::Score { .. }) => {
                failed("a validation score", "the score, all parameters being finite".into())
            }
            other => other,
        })?;
        let (validation, oov) = validation.unzip();
        self.validation_oov = oov.flatten().or(self.validation_oov.take());
        let monitor = self.config.train.monitor;
        let value = validation.and_then(|v| monitor.of(&v));
        let is_best = match (self.progress.best.and_then(|b| b.value), value) {
            (Some(best), Some(value)) => monitor.is_better(value, best),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if is_best {
            self.progress.best = Some(Best { epoch: number, value });
            self.keep_best();
            self.scorer.calibration = Calibration::default();
        }
        let sums = std::mem::take(&mut self.progress.sums);
        let steps = std::mem::take(&mut self.progress.batch);
        self.progress.epoch = number;
        Ok(report(
            number,
            steps,
            sums,
            lap,
            validation,
            is_best,
            self.scorer.model().weights().auxiliary > 0.0,
        ))
    }

    /// The validation, and the first time the ids of it that the model does not know.
    fn validate(&self) -> Result<Option<(Metrics, Option<OovReport>)>> {
        let batches = self.dataset.validation();
        if batches.is_empty() {
            return Ok(None);
        }
        let features = self.scorer.features();
        // They are the same in every epoch.
        let mut oov = self.validation_oov.is_none().then(|| OovReport::new(features));
        let inference = Inference {
            model: self.scorer.model(),
            params: self.validated(),
            pool: &self.scorer.pool,
            mode: Mode::Eval,
            calibration: &Calibration::default(),
        };
        let each = |_, batch: &Batch, (), _: &[f32]| {
            oov.iter_mut().for_each(|oov| oov.add(batch));
            Ok(())
        };
        let top_k = self.config.train.monitor.k();
        let metrics = inference.evaluate(top_k, batches_of(&batches, features), each)?;
        Ok(Some((metrics, oov)))
    }

    /// The checkpoint comes last: whatever is written before it without it is written again after a resume.
    fn save_epoch(&self) -> Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        if self.epochs.last().is_some_and(|e| e.is_best) {
            self.save_best(run)?;
        }
        run.save_epochs(&self.epochs)?;
        self.save_checkpoint()
    }
}

fn report(
    epoch: u64,
    steps: usize,
    sums: Sums,
    lap: Clock,
    validation: Option<Metrics>,
    is_best: bool,
    has_auxiliary: bool,
) -> Epoch {
    let mean = |sum: f64| sum / steps.max(1) as f64;
    Epoch {
        epoch,
        steps,
        samples: sums.samples,
        target_loss: mean(sums.target),
        auxiliary_loss: has_auxiliary.then(|| mean(sums.auxiliary)),
        total_loss: mean(sums.total),
        validation,
        is_best,
        seconds: lap.seconds,
        samples_per_second: lap.samples_per_second(),
    }
}
