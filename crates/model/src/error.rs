//! Why a model could not be built.

use std::borrow::Cow;

use crate::{FeaturesError, ParamError};

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

/// An option with an impossible value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model option `{option}`: expected {expected}, found {found}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The option.
    pub option: Cow<'static, str>,
    /// What would do.
    pub expected: Cow<'static, str>,
    /// What was found.
    pub found: String,
}

impl ConfigError {
    /// An error about an option of the model.
    pub fn new(
        option: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
    ) -> Self {
        ConfigError { option: option.into(), expected: expected.into(), found: found.into() }
    }
}
