//! What a service may be given that cannot be scored.

use super::Fingerprint;
use crate::BatchError;

/// Why nothing was scored. None of these is the program's mistake: a service answers by the
/// [kind](Self::kind).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServingError {
    /// Ids or lists that do not fit the model's features.
    #[error(transparent)]
    Input(#[from] BatchError),
    /// A number that is given is NaN or infinite.
    #[error("{what}: found {value}; expected a finite number")]
    Number {
        /// Which one.
        what: String,
        /// What was found.
        value: f32,
    },
    /// A candidate's logit is NaN or infinite.
    #[error(
        "logit of candidate {candidate}: found {value}; expected a finite number (the model's parameters, \
             or the numbers given, are too large)"
    )]
    Logit {
        /// Which candidate, counted from 0.
        candidate: usize,
        /// What was found.
        value: f32,
    },
    /// The state was made by another model, as those are that were kept while a new one was loaded.
    #[error("user state: found one of model {found}; expected one of model {expected}, so make it anew")]
    OtherModel {
        /// The model that was asked.
        expected: Fingerprint,
        /// The model that the state is of.
        found: Fingerprint,
    },
    /// The state says that it is of this model, but has not its shapes: it was changed where it was kept.
    #[error("user state: found {what} of {found} numbers; expected {expected}")]
    State {
        /// Which part of it.
        what: &'static str,
        /// How many numbers it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
}

/// What sort of [`ServingError`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An id has no row in its table: the caller's (400).
    UnknownRow,
    /// A list has too many entries or too few: the caller's (400).
    Count,
    /// A number that is given is not finite: the caller's (400).
    InputNotFinite,
    /// A logit is not finite: the model's (500).
    LogitNotFinite,
    /// A state is of another model: make it anew from the user's events, and ask again.
    OtherModel,
    /// A state is broken: make it anew as well.
    BrokenState,
}

impl ServingError {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ServingError::Input(BatchError::Id { .. }) => ErrorKind::UnknownRow,
            ServingError::Input(BatchError::NotFinite { .. }) | ServingError::Number { .. } => {
                ErrorKind::InputNotFinite
            }
            ServingError::Input(_) => ErrorKind::Count,
            ServingError::Logit { .. } => ErrorKind::LogitNotFinite,
            ServingError::OtherModel { .. } => ErrorKind::OtherModel,
            ServingError::State { .. } => ErrorKind::BrokenState,
        }
    }
}
