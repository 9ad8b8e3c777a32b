//! What is wrong with a file of parameters.

use std::path::{Path, PathBuf};

/// Why parameters could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileError {
    /// The file, unless the bytes came from elsewhere.
    pub path: Option<PathBuf>,
    /// What is wrong with it.
    pub kind: FileErrorKind,
}

/// What can be wrong with a file of parameters.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// It cannot be opened, read or written.
    Io(std::io::Error),
    /// It is no whole `.safetensors` file.
    Format {
        /// What was found.
        found: String,
    },
    /// It was written by a newer version of this crate.
    Newer {
        /// Its format's number.
        format: u32,
        /// The newest that can be read.
        newest: u32,
    },
    /// A tensor has another number type than the parameters.
    Dtype {
        /// The tensor's name.
        name: String,
        /// Its type.
        found: String,
        /// The parameters' type.
        expected: &'static str,
    },
}

impl FileError {
    pub(super) fn io(source: std::io::Error) -> Self {
        FileErrorKind::Io(source).into()
    }

    pub(super) fn format(found: impl ToString) -> Self {
        FileErrorKind::Format { found: found.to_string() }.into()
    }

    /// The same of a file.
    pub(super) fn at(self, path: &Path) -> Self {
        FileError { path: Some(path.to_owned()), ..self }
    }
}

impl From<FileErrorKind> for FileError {
    fn from(kind: FileErrorKind) -> Self {
        FileError { path: None, kind }
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match &self.kind {
            FileErrorKind::Io(source) => source.fmt(f),
            FileErrorKind::Format { found } => write!(f, "found {found}, expected a whole safetensors file"),
            FileErrorKind::Newer { format, newest } => {
                write!(f, "found format {format} of parameters, expected at most {newest}: ")?;
                f.write_str("it was written by a newer version")
            }
            FileErrorKind::Dtype { name, found, expected } => {
                write!(f, "found tensor `{name}` of {found}, expected {expected}")
            }
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            FileErrorKind::Io(source) => Some(source),
            _ => None,
        }
    }
}
