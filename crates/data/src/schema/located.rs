//! A schema, and where it is from.

use std::path::{Path, PathBuf};

use super::{Schema, SchemaOverrides};
use crate::error::DataError;

/// A schema of a file, or one in memory.
///
/// ```
/// use dien_data::SchemaSource;
///
/// let of_a_file = SchemaSource::from(std::path::Path::new("log/dataset.toml"));
/// # let _: SchemaSource = of_a_file;
/// ```
#[derive(Clone, Debug)]
pub struct SchemaSource {
    path: PathBuf,
    schema: Option<Box<Schema>>,
}

impl SchemaSource {
    /// A schema in memory. Names in it are relative to the folder that `path` is in, and errors name `path`.
    pub fn new(schema: Schema, path: impl Into<PathBuf>) -> Self {
        SchemaSource { path: path.into(), schema: Some(Box::new(schema)) }
    }

    /// The same with what is said over it.
    ///
    /// # Errors
    /// It cannot be read; what is said cannot be.
    pub fn with_overrides(&self, said: &SchemaOverrides) -> Result<Self, DataError> {
        let mut schema = self.load()?;
        said.apply(&mut schema)?;
        Ok(Self::new(schema, &self.path))
    }

    /// Where it is, for errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The schema, read and checked if it is in a file.
    pub(crate) fn load(&self) -> Result<Schema, DataError> {
        match &self.schema {
            Some(schema) => Ok((**schema).clone()),
            None => Schema::load(&self.path),
        }
    }
}

/// The schema in a file.
impl From<&Path> for SchemaSource {
    fn from(path: &Path) -> Self {
        SchemaSource { path: path.into(), schema: None }
    }
}

/// The schema in a file.
impl From<&PathBuf> for SchemaSource {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}
