//! Everything that can go wrong, with where it did.

use std::io;
use std::path::Path;

use dien_model::serving::{self, ServingError};
use dien_model::{BuildError, ConfigError};

use crate::FileError;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: where, what was found, what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read or written, or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A vocabulary or an item table that cannot be, wherever it came from.
    #[error("{place}: found {found}; expected {expected}")]
    Encoding {
        /// Which token, item or part.
        place: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A model that cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A request to rank candidates is not what it should be.
    #[error("request: `{field}`: found {found}; expected {expected}")]
    Request {
        /// What sort of mistake it is.
        kind: ErrorKind,
        /// Which field, such as `candidates[3].item`, counted from 0.
        field: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// Ids, numbers or a user's state that the model cannot score; its [kind](ServingError::kind) says whose
    /// fault it is.
    #[error(transparent)]
    Serving(ServingError),
    /// A model scores a target with a NaN or an infinity.
    #[error("the score of target {target} is {score}; expected a finite number")]
    Score {
        /// Which target of the batch.
        target: usize,
        /// The score.
        score: f32,
    },
}

/// What sort of [`Error`] it is: what a service answers depends on no more.
///
/// ```
/// use dien_serving::{ErrorKind, Request};
///
/// let error = Request::from_json(r#"{"history": []}"#).unwrap_err();
/// let status = match error.kind() {
///     ErrorKind::StaleState => 409, // make the state anew from the user's events
///     ErrorKind::TooMany => 413,
///     kind if kind.is_callers() => 400,
///     _ => 500,
/// };
/// assert_eq!((error.kind(), status), (ErrorKind::Missing, 400)); // of `candidates`
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A request that is no JSON, or ids that do not come in the lists that the model has.
    Malformed,
    /// A field or a sequence of behaviours that the model does not have.
    UnknownField,
    /// A field that the model needs is not there.
    Missing,
    /// A value of another type.
    WrongType,
    /// A number or an id that is beyond what is possible.
    OutOfRange,
    /// More candidates or events than the ranker's [`Limits`](crate::Limits).
    TooMany,
    /// A user's state is of another model, or was changed where it was kept.
    StaleState,
    /// A file cannot be read or written.
    Io,
    /// A file is no model, or no vocabulary, or of a version that this one cannot read.
    InvalidFile,
    /// A score that is not finite: the model's fault, not the request's.
    Internal,
}

impl ErrorKind {
    /// Whether whoever asked can mend it by asking otherwise.
    pub fn is_callers(self) -> bool {
        matches!(
            self,
            ErrorKind::Malformed
                | ErrorKind::UnknownField
                | ErrorKind::Missing
                | ErrorKind::WrongType
                | ErrorKind::OutOfRange
                | ErrorKind::TooMany
                | ErrorKind::StaleState
        )
    }
}

impl From<ServingError> for Error {
    fn from(error: ServingError) -> Self {
        match error {
            ServingError::Logit { candidate, value } => Error::Score { target: candidate, score: value },
            other => Error::Serving(other),
        }
    }
}

impl Error {
    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::File(FileError::Io { .. }) => ErrorKind::Io,
            Error::File(_) | Error::Encoding { .. } | Error::Build(_) => ErrorKind::InvalidFile,
            Error::Request { kind, .. } => *kind,
            Error::Serving(error) => match error.kind() {
                serving::ErrorKind::UnknownRow | serving::ErrorKind::InputNotFinite => ErrorKind::OutOfRange,
                serving::ErrorKind::Count => ErrorKind::Malformed,
                serving::ErrorKind::OtherModel | serving::ErrorKind::BrokenState => ErrorKind::StaleState,
                _ => ErrorKind::Internal,
            },
            Error::Score { .. } => ErrorKind::Internal,
        }
    }

    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let error = FileError::io(path, action);
        move |source| error(source).into()
    }

    pub(crate) fn file(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        FileError::content(path, found, expected).into()
    }

    /// That a file's model has an option which cannot be.
    pub(crate) fn option(path: &Path, error: ConfigError) -> Self {
        Error::file(path, format!("model option `{}`: {}", error.option, error.found), error.expected)
    }

    /// The same of an encoding that a file has; `name` is what a message calls a place in it.
    pub(crate) fn in_file(self, path: &Path, name: impl FnOnce(&str) -> String) -> Self {
        match self {
            Error::Encoding { place, found, expected } => {
                Error::file(path, format!("{}: {found}", name(&place)), expected)
            }
            other => other,
        }
    }

    pub(crate) fn encoding(
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Error::Encoding { place: place.into(), found: found.into(), expected: expected.into() }
    }
}
