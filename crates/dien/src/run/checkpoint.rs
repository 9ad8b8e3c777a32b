//! The latest parameters, and what belongs to them.

use dien_model::{Features, Model, ModelConfig, Registry};
use dien_optim::OptimizerState;
use dien_serving::files::Staged;
use dien_serving::params::{self, StoredParams};
use dien_tensor::ParamStore;

use super::Run;
use super::progress::{self, Progress};
use crate::error::{Error, Result};

/// A model with its latest parameters, and what belongs to them.
pub(crate) struct Checkpoint {
    pub model: Box<dyn Model<f32> + Send + Sync>,
    pub params: ParamStore<f32>,
    /// Their moving average, if it is asked for.
    pub averaged: Option<ParamStore<f32>>,
    pub state: OptimizerState<'static>,
    pub progress: Progress,
}

impl Run {
    /// Reads the latest parameters of a model, their average if it is asked for, and what belongs to them;
    /// nothing is drawn.
    ///
    /// # Errors
    /// A file is missing, cut off or not of this model, or they are not of one step.
    pub(crate) fn load_checkpoint(
        &self,
        registry: &Registry,
        config: &ModelConfig,
        features: &Features,
        averaged: bool,
    ) -> Result<Checkpoint> {
        let (stored, step) = StoredParams::open(&self.path("last.safetensors"))?;
        let (model, params) = stored.build(registry, config, features)?;
        let average = || {
            let path = self.path("average.safetensors");
            let (stored, found) = StoredParams::open(&path)?;
            let (_, params) = stored.build(registry, config, features)?;
            if found != step {
                let expected = format!("{step} steps, as in `last.safetensors`");
                return Err(Error::file(&path, format!("the average after {found} steps"), expected));
            }
            Ok(params)
        };
        let averaged = averaged.then(average).transpose()?;
        let path = self.path("optimizer.safetensors");
        let (state, progress) = progress::load(&path)?;
        if step != state.step {
            let found = format!("the state after {} steps", state.step);
            return Err(Error::file(&path, found, format!("{step} steps, as in `last.safetensors`")));
        }
        Ok(Checkpoint { model, params, averaged, state, progress })
    }

    /// Writes the latest parameters and what belongs to them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn save_checkpoint(
        &self,
        params: &ParamStore<f32>,
        averaged: Option<&ParamStore<f32>>,
        state: &OptimizerState<'_>,
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
