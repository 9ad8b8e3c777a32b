//! The latest parameters, and what belongs to them.

use dien_optim::OptimizerState;
use dien_serving::files::Staged;
use dien_serving::params;
use dien_tensor::ParamStore;

use super::Run;
use super::progress::{self, Progress};
use crate::error::{Error, Result};

impl Run {
    /// Reads the latest parameters into `params`, their average into `averaged` if there is one, and what
    /// belongs to them.
    ///
    /// # Errors
    /// A file is missing, cut off or not of this model, or they are not of one step.
    pub(crate) fn load_checkpoint(
        &self,
        params: &mut ParamStore<f32>,
        averaged: Option<&mut ParamStore<f32>>,
    ) -> Result<(OptimizerState, Progress)> {
        let step = params::load(&self.path("last.safetensors"), params)?;
        if let Some(averaged) = averaged {
            let path = self.path("average.safetensors");
            let found = params::load(&path, averaged)?;
            if found != step {
                let expected = format!("{step} steps, as in `last.safetensors`");
                return Err(Error::file(&path, format!("the average after {found} steps"), expected));
            }
        }
        let path = self.path("optimizer.safetensors");
        let (state, progress) = progress::load(&path)?;
        if step != state.step {
            let found = format!("the state after {} steps", state.step);
            return Err(Error::file(&path, found, format!("{step} steps, as in `last.safetensors`")));
        }
        Ok((state, progress))
    }

    /// Writes the latest parameters and what belongs to them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn save_checkpoint(
        &self,
        params: &ParamStore<f32>,
        averaged: Option<&ParamStore<f32>>,
        state: &OptimizerState,
        progress: &Progress,
    ) -> Result<()> {
        // They belong together: nothing is renamed before all are on the disk.
        let last = params::stage(&self.path("last.safetensors"), params, state.step)?;
        let average =
            averaged.map(|a| params::stage(&self.path("average.safetensors"), a, state.step)).transpose()?;
        let optimizer = progress::stage(&self.path("optimizer.safetensors"), state, progress)?;
        last.commit()?;
        average.map_or(Ok(()), Staged::commit)?;
        optimizer.commit()?;
        Ok(())
    }
}
