//! What can be wrong with a file, for every crate that reads some.

use std::io;
use std::path::PathBuf;

/// What is wrong with a file or folder: where, what was found, what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What was tried, such as `read`.
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// As a whole it is not what it should be.
    #[error("{}: {found}; expected {expected}", path.display())]
    Content {
        /// Which one.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A field of a line is not what it should be.
    #[error("{}, line {line}, `{field}`: found {found}; expected {expected}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// The line, counted from 1 with a header.
        line: u64,
        /// What stands there, such as a column's name.
        field: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
}

impl FileError {
    /// What becomes of the system's reason.
    pub fn io(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| FileError::Io { path: path.into(), action, source }
    }

    /// A file that as a whole is not what it should be.
    pub fn content(path: impl Into<PathBuf>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        FileError::Content { path: path.into(), found: found.into(), expected: expected.into() }
    }

    /// A field of a line that is not what it should be.
    pub fn field(
        path: impl Into<PathBuf>,
        line: u64,
        field: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        let (path, field, found) = (path.into(), field.into(), found.into());
        FileError::Field { path, line, field, found, expected: expected.into() }
    }
}
