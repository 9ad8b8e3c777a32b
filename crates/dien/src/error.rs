//! Everything that can go wrong, with where it did.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use dien_data::DataError;
use dien_model::{BatchError, BuildError, FeaturesError};
use dien_serving::FileError;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: where, what was found, what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that cannot be read or written, or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A configuration that cannot be read: no TOML, an unknown option, options that exclude each other.
    #[error("{origin}: {problem}")]
    Config {
        /// Where it stands.
        origin: Origin,
        /// What is wrong, and what is possible.
        problem: String,
    },
    /// An option with a value of another type, or an impossible one.
    #[error("{origin}: option `{option}`: found {found}; expected {expected}")]
    Option {
        /// Where the value was set.
        origin: Origin,
        /// The option with its section, such as `model.dropout`.
        option: String,
        /// Its value.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// The behaviours, or the options that say how to read them.
    #[error(transparent)]
    Data(Box<DataError>),
    /// Features that do not fit each other.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// A model that cannot be built: a parameter is missing or has another shape.
    #[error(transparent)]
    Model(BuildError),
    /// A batch that does not fit the model.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Training met a NaN or an infinity. The last checkpoint is as it was before.
    #[error(
        "step {step} (epoch {epoch}, batch {batch}): {what} is not finite, first in {first}; training has \
         stopped, the last checkpoint is kept (a lower `optimizer.lr` or an `optimizer.clip_norm` may help)"
    )]
    NonFinite {
        /// The step, counted from 1.
        step: u64,
        /// The epoch, counted from 1.
        epoch: u64,
        /// The batch of the epoch, counted from 1.
        batch: usize,
        /// What was noticed, such as the loss.
        what: &'static str,
        /// The parameter that went first.
        first: String,
    },
    /// What went wrong in one of several trainings.
    #[error("{which}: {source}")]
    Within {
        /// Which one.
        which: String,
        /// What it was.
        source: Box<Error>,
    },
    /// A model file, a request to rank candidates, or a score.
    #[error(transparent)]
    Serving(#[from] dien_serving::Error),
    /// A model explains a score with a NaN or an infinity.
    #[error("event {}: the {what} is {value}; expected a finite number", .event + 1)]
    Explanation {
        /// Which event of its sequence, counted from 0.
        event: usize,
        /// What of it, such as the attention.
        what: &'static str,
        /// The number.
        value: f32,
    },
    /// The thread pool cannot be built.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        reason: String,
    },
}

/// Where an option was set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A line of a file, counted from 1.
    File(PathBuf, usize),
    /// An argument of the command line.
    Argument(String),
    /// Nowhere: a default, or a value from the program that uses the library.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Origin::Argument(argument) => write!(f, "`{argument}`"),
            Origin::Default => f.write_str("configuration"),
        }
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Error::Data(Box::new(error))
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Config(e) => Error::Option {
                origin: Origin::Default,
                option: format!("model.{}", e.option),
                found: e.found,
                expected: e.expected.into_owned(),
            },
            BuildError::Features(e) => Error::Features(e),
            other => Error::Model(other),
        }
    }
}

impl Error {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let error = FileError::io(path, action);
        move |source| error(source).into()
    }

    /// An impossible option of [`DataOptions`](dien_data::DataOptions), which the data itself may have shown
    /// to be so.
    pub(crate) fn in_data(error: DataError) -> Self {
        match error {
            DataError::Option { option, found, expected } => {
                Error::Option { origin: Origin::Default, option: format!("data.{option}"), found, expected }
            }
            other => Error::from(other),
        }
    }

    pub(crate) fn file(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        FileError::content(path, found, expected).into()
    }
}
