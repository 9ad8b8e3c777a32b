//! The Deep Interest Evolution Network and its parts.
//!
//! A [`Batch`] of histories and targets goes through a [`Model`] (built by [`build`] from a [`ModelConfig`]
//! and [`Features`]) on a tape, and comes out as logits and losses; [`metrics`] says how good they are.

mod batch;
pub mod config;
mod features;
pub mod frozen;
pub mod init;
pub mod metrics;
mod model;
pub mod parts;
pub mod serving;
mod source;
mod touched;
mod trace;
mod validate;
pub mod zoo;

pub use batch::{Batch, Behaviours, Group, Histories, Jagged, Targets};
pub use config::{ConfigError, LossWeights, ModelConfig, ModelKind};
pub use dien_cells::cell::Kind as CellKind;
pub use features::{Features, FeaturesError, Lookup, OOV, Table};
pub use model::{Losses, Model, Output};
pub use source::{ParamError, ParamSource};
pub use touched::Touched;
pub use trace::{Path, Regard, Trace};
pub use validate::BatchError;
pub use zoo::Dien;

use dien_cells::Real;
use dien_tensor::ParamStore;
use init::Builder;

/// Why a model could not be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An option of the model.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The features.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// A parameter that should have been there.
    #[error(transparent)]
    Param(#[from] ParamError),
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
    build_in(config, features, Builder::new(params, seed))
}

/// The configured model; moves its parameters from `source` to `params`. Nothing is drawn.
///
/// # Errors
/// As [`build`]; the source lacks a parameter, or has it with another shape.
pub fn build_from<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
    source: &mut dyn ParamSource<T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    build_in(config, features, Builder::from_source(params, source))
}

/// The configured model over parameters that `params` has already. Nothing is drawn, copied or changed.
///
/// # Errors
/// As [`build`]; a parameter is missing, or has another shape or kind.
pub fn build_over<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    build_in(config, features, Builder::over(params))
}

fn build_in<T: Real>(
    config: &ModelConfig,
    features: &Features,
    mut builder: Builder<'_, T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    config.validate()?;
    features.validate()?;
    let b = &mut builder;
    let model: Box<dyn Model<T> + Send + Sync> = match config.kind {
        ModelKind::Dien | ModelKind::Augru | ModelKind::Agru | ModelKind::Aigru => {
            Box::new(Dien::new(config, features, b))
        }
        ModelKind::GruAttention => Box::new(zoo::GruAttention::new(config, features, b)),
        ModelKind::Din => Box::new(zoo::Din::new(config, features, b)),
        ModelKind::Ipnn | ModelKind::Opnn => Box::new(zoo::Pnn::new(config, features, b)),
        ModelKind::WideDeep => Box::new(zoo::WideDeep::new(config, features, b)),
        ModelKind::Base => Box::new(zoo::Base::new(config, features, b)),
    };
    builder.finish()?;
    Ok(model)
}

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
