//! What can be wrong with data from outside.

use std::io;
use std::path::{Path, PathBuf};

use dien_serving::FileError;

/// What is wrong with a file, a log or an option: where, what was found, what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder that cannot be read or written, or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A cell of a table.
    #[error("{}, {place}, `{column}`: found {found}; expected {expected}", path.display())]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which row of Parquet or line of CSV, such as `row 17`.
        place: String,
        /// The column's name in the file.
        column: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// An impossible option.
    #[error("option `{option}`: found {found}; expected {expected}")]
    Option {
        /// The option's name, as in a configuration file.
        option: &'static str,
        /// Its value.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// A file that is whole or not there, a vocabulary or an item table.
    #[error(transparent)]
    Serving(Box<dien_serving::Error>),
    /// A log that cannot be used, whatever file it came from.
    #[error("{place}: found {found}; expected {expected}")]
    Log {
        /// Which user, item or part.
        place: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
}

impl From<dien_serving::Error> for DataError {
    fn from(error: dien_serving::Error) -> Self {
        DataError::Serving(Box::new(error))
    }
}

impl DataError {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let error = FileError::io(path, action);
        move |source| error(source).into()
    }

    pub(crate) fn file(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        FileError::content(path, found, expected).into()
    }

    /// That a feature of the crate is off which a file needs.
    #[cfg(not(all(feature = "parquet", feature = "zstd", feature = "brotli")))]
    pub(crate) fn not_built(path: &Path, what: &str, feature: &str) -> Self {
        let found = format!("{what}, which this build of dien does not support");
        DataError::file(path, found, format!("a build with the feature `{feature}`"))
    }

    pub(crate) fn log(
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        DataError::Log { place: place.into(), found: found.into(), expected: expected.into() }
    }

    pub(crate) fn option(
        option: &'static str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        DataError::Option { option, found: found.into(), expected: expected.into() }
    }
}

/// The names in backquotes, for messages.
pub(crate) fn quoted<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{}`", n.as_ref())).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
