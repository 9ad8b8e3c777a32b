//! One step of training.

use dien_model::{Batch, Losses, TouchedRows};
use dien_optim::Optimizer;
use dien_serving::encoding::scramble;
use dien_tensor::{Grads, Mode, Number, ParamId, ParamStore, Tape};

use super::{Step, Trainer};
use crate::error::{Error, Result};

impl Trainer {
    /// A step on a batch of the epoch; counts it in the progress.
    pub(super) fn step_of_epoch(&mut self, index: usize, batch: &Batch) -> Result<Step> {
        let step = self.make_step(index, batch)?;
        let progress = &mut self.progress;
        progress.batch = index + 1;
        progress.sums.target += step.target_loss;
        progress.sums.auxiliary += step.auxiliary_loss.unwrap_or(0.0);
        progress.sums.total += step.total_loss;
        progress.sums.samples += step.samples;
        Ok(step)
    }

    /// Prepare, forward, backward, step.
    ///
    /// All on one of rayon's threads: from outside, each parallel loop would wake one and wait for it.
    pub(super) fn make_step(&mut self, index: usize, batch: &Batch) -> Result<Step> {
        rayon::scope(|_| self.step_inside(index, batch))
    }

    fn step_inside(&mut self, index: usize, batch: &Batch) -> Result<Step> {
        let model = self.scorer.model();
        let number = self.optimizer.steps() + 1;
        let failed = |what, first| {
            let (epoch, batch) = (self.progress.epoch + 1, index + 1);
            Error::NonFinite { step: number, epoch, batch, what, first }
        };
        let touched = self.scorer.pool.shared(|touched: &mut TouchedRows| model.touch(batch, touched));
        for table in touched.iter() {
            self.optimizer.prepare(&mut self.params, &[table]);
        }

        let mode = Mode::Train { seed: mix(self.config.train.seed, number) };
        let tape = Tape::new(&self.params, &self.scorer.pool, mode);
        let output = model.forward(&tape, batch);
        let mut losses = model.losses(&tape, batch, output);
        if let Some(frequency) = &self.frequency {
            losses.total = frequency.add_to(losses.total, &tape, &touched);
        }
        let [target, total] = [losses.target, losses.total].map(|loss| loss.scalar().f64());
        let auxiliary = losses.auxiliary.map(|loss| loss.scalar().f64());
        if !total.is_finite() {
            return Err(failed("the loss", first_non_finite(&self.params, &tape, losses)));
        }
        let grads = tape.backward(losses.total);
        let updates = tape.take_updates();
        drop(tape);
        let report = self.optimizer.step(&mut self.params, &grads).map_err(|e| {
            let what = if e.square { "the square of a gradient" } else { "a gradient" };
            failed(what, format!("the gradient of `{}`", e.parameter))
        })?;
        self.params.apply(updates);
        if let Some(average) = &mut self.average {
            average.step(&self.params);
        }

        let progress = &self.progress;
        Ok(Step {
            step: number,
            epoch: progress.epoch + 1,
            epochs: self.config.train.epochs,
            batch: index + 1,
            batches: progress.batches,
            samples: batch.targets.len(),
            target_loss: target,
            auxiliary_loss: auxiliary,
            total_loss: total,
            rate: report.rate,
            grad_norm: report.grad_norm,
        })
    }
}

/// Who is to blame for a loss that is not finite: the first parameter with such a value, else with such a
/// gradient.
fn first_non_finite(params: &ParamStore<f32>, tape: &Tape<'_, f32>, losses: Losses<'_, f32>) -> String {
    if let Some(id) = non_finite_value(params) {
        return format!("the value of `{}`", params.name(id));
    }
    let grads: Grads<f32> = tape.backward(losses.total);
    let bad = |&id: &ParamId| grads.get(id).is_some_and(|g| g.values().iter().any(|x| !x.is_finite()));
    match params.ids().find(bad) {
        Some(id) => format!("the gradient of `{}`", params.name(id)),
        None => "the loss itself, all parameters and gradients being finite".into(),
    }
}

/// The first parameter with a value that is not finite.
pub(super) fn non_finite_value(params: &ParamStore<f32>) -> Option<ParamId> {
    params.ids().find(|&id| params.data(id).iter().any(|x| !x.is_finite()))
}

/// A seed of its own for every step: [`scramble`] over both numbers.
fn mix(seed: u64, step: u64) -> u64 {
    scramble(
        scramble(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
    )
}

#[cfg(test)]
mod tests {
    use crate::{Config, DataSource, Encoding, Error, Trainer};

    #[test]
    fn the_first_parameter_to_go_is_named() {
        let mut config = Config::default();
        config.model.hidden = 4;
        config.data.batch_size = 32;
        let crate::config::Source::Synthetic(synthesis) = &mut config.source else { panic!("the default") };
        synthesis.users = 40;
        let mut trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
        let batch = trainer.dataset().epoch(1, 0).first().unwrap().unwrap();
        trainer.step_of_epoch(0, &batch).unwrap();
        for name in ["head.2.weight", "head.0.bias"] {
            let id = trainer.params.id(name).unwrap();
            trainer.params.data_mut(id)[0] = f32::NAN;
        }
        let before = (
            trainer.progress.clone(),
            trainer.params.data(trainer.params.id("head.1.bias").unwrap()).to_vec(),
        );
        let Err(Error::NonFinite { step: 2, epoch: 1, batch: 5, first, .. }) =
            trainer.step_of_epoch(4, &batch)
        else {
            panic!("the loss is NaN")
        };
        assert_eq!(first, "the value of `head.0.bias`");
        let after = (
            trainer.progress.clone(),
            trainer.params.data(trainer.params.id("head.1.bias").unwrap()).to_vec(),
        );
        assert_eq!(before, after);
    }
}
