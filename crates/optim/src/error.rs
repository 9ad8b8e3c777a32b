//! What is wrong with the options.

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
    pub expected: &'static str,
}

impl ConfigError {
    pub(crate) fn unless(
        holds: bool,
        option: &'static str,
        found: impl ToString,
        expected: &'static str,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(ConfigError { option, found: found.to_string(), expected }) }
    }

    /// That a rate, a norm or the like is a finite number above 0.
    pub(crate) fn unless_positive(option: &'static str, x: f64) -> Result<(), Self> {
        Self::unless(x.is_finite() && x > 0.0, option, x, "a finite number above 0")
    }
}
