//! Where the behaviours come from.

use std::path::PathBuf;

use dien_data::{Log, Synthesis, Warnings, read_folder};
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// Where the behaviours come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A folder, as [`read_folder`](dien_data::read_folder) reads it.
    Folder(PathBuf),
    /// Behaviours drawn by the built-in generator.
    Synthetic(Synthesis),
}

impl Default for Source {
    fn default() -> Self {
        Source::Synthetic(Synthesis::default())
    }
}

impl Source {
    /// Reads or draws the behaviours.
    ///
    /// # Errors
    /// As [`read_folder`] and [`Synthesis::log`].
    pub fn log(&self) -> Result<(Log, Warnings)> {
        match self {
            Source::Folder(folder) => Ok(read_folder(folder)?),
            Source::Synthetic(synthesis) => Ok((synthesis.log()?, Warnings::default())),
        }
    }

    /// A short name for it: the folder's, or `synthetic`.
    pub fn name(&self) -> String {
        match self {
            Source::Folder(path) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                name.unwrap_or_else(|| "data".into())
            }
            Source::Synthetic(_) => "synthetic".into(),
        }
    }
}
