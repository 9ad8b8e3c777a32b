//! What is wrong with the options.

use std::borrow::Cow;

use dien_tensor::range::{Integers, Numbers};

/// An option with an impossible value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("optimizer option `{option}` is {found}, expected {expected}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The option's name.
    pub option: &'static str,
    /// Its value.
    pub found: String,
    /// What would be possible.
    pub expected: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn unless(
        holds: bool,
        option: &'static str,
        found: impl ToString,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<(), Self> {
        if holds {
            Ok(())
        } else {
            Err(ConfigError { option, found: found.to_string(), expected: expected.into() })
        }
    }

    pub(crate) fn unless_number(range: Numbers, option: &'static str, x: f64) -> Result<(), Self> {
        Self::unless(range.contains(x), option, x, range.to_string())
    }

    pub(crate) fn unless_integer(range: Integers, option: &'static str, n: u64) -> Result<(), Self> {
        Self::unless(range.contains(n), option, n, range.to_string())
    }
}
