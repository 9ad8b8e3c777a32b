//! What a file says of itself beside its tensors.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::KEY;
use crate::error::{Error, Result};

/// A file's metadata, and where they are from.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    path: PathBuf,
    text: String,
}

impl Metadata {
    /// The metadata of a header; no `text` if it has none of ours.
    pub fn new(path: &Path, text: Option<String>) -> Result<Self> {
        let text = text.ok_or_else(|| foreign(path, format!("no `{KEY}` in the metadata")))?;
        Ok(Metadata { path: path.to_path_buf(), text })
    }

    /// Where they are from, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The metadata in their form.
    pub fn parse<N: DeserializeOwned>(&self) -> Result<N> {
        self.parse_or(|_| None)
    }

    /// The same; some of what serde may find wrong has a message of its own.
    pub fn parse_or<N: DeserializeOwned>(&self, own: impl FnOnce(&str) -> Option<Error>) -> Result<N> {
        serde_json::from_str(&self.text).map_err(|e| {
            let found = e.to_string();
            own(&found).unwrap_or_else(|| foreign(&self.path, format!("`{KEY}` in the metadata: {found}")))
        })
    }
}

fn foreign(path: &Path, found: String) -> Error {
    Error::file(path, found, "a file that `dien train` wrote")
}
