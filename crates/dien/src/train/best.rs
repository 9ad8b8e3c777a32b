//! Where the best epoch's parameters are: in the model file of a run while it trains, else in memory.

use dien_optim::Optimizer;
use dien_serving::params;
use dien_tensor::ParamStore;

use super::Trainer;
use crate::error::Result;
use crate::run::Run;

impl Trainer {
    /// Takes what is validated for the best. What is kept in memory is copied when the next step changes it.
    pub(super) fn keep_best(&mut self) {
        self.kept_at = Some(self.optimizer.steps());
        // While a run trains, its model file has it, which is to be written next.
        if self.run.is_none() || !self.scorer.params.is_empty() {
            self.scorer.params = self.validated().clone();
        }
    }

    /// Writes the model of what is validated.
    pub(super) fn save_best(&self, run: &Run) -> Result<()> {
        self.save_model(run, self.validated(), self.optimizer.steps())
    }

    /// Writes a model of these parameters, which are from this step.
    pub(super) fn save_model(&self, run: &Run, params: &ParamStore<f32>, step: u64) -> Result<()> {
        let Trainer { scorer, config, dataset, .. } = self;
        run.save_model(params, step, &config.model, &scorer.calibration, dataset)
    }

    /// Gives up the scorer's parameters if they are found again: in the run's model file, or as the latest.
    pub(super) fn set_best_aside(&mut self) {
        if self.run.is_some() {
            self.scorer.params = ParamStore::new();
        }
    }

    /// Gives the scorer its parameters again: those of the best epoch, or the latest if none has ended.
    pub(super) fn take_up_best(&mut self) -> Result<()> {
        let Some(run) = self.run.as_ref().filter(|_| self.scorer.params.is_empty()) else { return Ok(()) };
        self.scorer.params = self.validated().clone();
        if self.kept_at != Some(self.optimizer.steps()) && run.has_model() {
            params::load(&run.model_path()?, &mut self.scorer.params)?;
        }
        Ok(())
    }
}
