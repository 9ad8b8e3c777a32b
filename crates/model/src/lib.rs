//! The Deep Interest Evolution Network and its parts.
//!
//! A [`Batch`] of histories and targets goes through a [`Model`] (built by [`build`] from a [`ModelConfig`]
//! and [`Features`]) on a tape, and comes out as logits and losses; [`metrics`] says how good they are.

mod batch;
pub mod config;
mod features;
pub mod init;
pub mod metrics;
mod model;
pub mod parts;
pub mod serving;
mod touched;
mod trace;
pub mod zoo;

pub use batch::{Batch, BatchError, Behaviours, Group, Histories, Jagged, Targets};
pub use config::{ConfigError, LossWeights, ModelConfig, ModelKind};
pub use dien_cells::cell::Kind as CellKind;
pub use features::{Features, FeaturesError, Lookup, OOV, Table};
pub use model::{Losses, Model, Output};
pub use touched::Touched;
pub use trace::{Path, Regard, Trace};
pub use zoo::Dien;

use dien_cells::Real;
use dien_tensor::ParamStore;

/// Why a model could not be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// An option of the model.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The features.
    #[error(transparent)]
    Features(#[from] FeaturesError),
}

/// The configured model; adds its parameters to `params`, with initial values drawn from `seed`.
///
/// # Errors
/// If an option is impossible, or the features do not fit each other.
pub fn build<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
    seed: u64,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    config.validate()?;
    features.validate()?;
    Ok(match config.kind {
        ModelKind::Dien | ModelKind::Augru | ModelKind::Agru | ModelKind::Aigru => {
            Box::new(Dien::new(config, features, params, seed))
        }
        ModelKind::GruAttention => Box::new(zoo::GruAttention::new(config, features, params, seed)),
        ModelKind::Din => Box::new(zoo::Din::new(config, features, params, seed)),
        ModelKind::Ipnn | ModelKind::Opnn => Box::new(zoo::Pnn::new(config, features, params, seed)),
        ModelKind::WideDeep => Box::new(zoo::WideDeep::new(config, features, params, seed)),
        ModelKind::Base => Box::new(zoo::Base::new(config, features, params, seed)),
    })
}

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
