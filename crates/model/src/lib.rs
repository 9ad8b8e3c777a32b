//! The Deep Interest Evolution Network and its parts.
//!
//! A [`Batch`] of histories and targets goes through a [`Model`] (built by [`build`] from a [`ModelConfig`]
//! and [`Features`]) on a tape, and comes out as logits and losses; [`metrics`] says how good they are.

mod batch;
mod build;
mod calibration;
pub mod config;
mod error;
mod features;
pub mod frozen;
mod histories;
pub mod init;
pub mod metrics;
mod model;
mod options;
pub mod parts;
mod registry;
pub mod serving;
mod targets;
mod touched_rows;
mod trace;
mod validate;
pub mod zoo;

pub use batch::{Batch, Behaviours, Sequence};
pub use build::{build, build_from, build_over, build_with};
pub use calibration::{Calibration, CalibrationMap, CalibrationMethod};
pub use config::{LossWeights, ModelConfig, ModelKind};
pub use dien_cells::cell::CellKind;
pub use dien_tensor::range;
pub use error::{BuildError, ConfigError};
pub use features::{EmbeddingFeature, Features, FeaturesError, OOV, Table};
pub use histories::{Histories, Jagged};
pub use init::{ParamError, ParamSource};
pub use model::{Losses, Model, Output};
pub use options::{CustomModel, ModelOptions, OptionValue};
pub use registry::{ModelBuilder, Registry};
pub use targets::Targets;
pub use touched_rows::TouchedRows;
pub use trace::{AttentionTrace, InterestTrace, Trace};
pub use validate::BatchError;
pub use zoo::Dien;

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
