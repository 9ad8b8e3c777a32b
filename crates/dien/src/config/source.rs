//! Where the behaviours come from.

use std::path::PathBuf;

use dien_data::{Impressions, Log, SyntheticConfig, Warnings, folder_files, read_folder};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Where the behaviours come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// A folder, as [`read_folder`](dien_data::read_folder) reads it.
    Folder(PathBuf),
    /// A `dataset.toml`, which says where a log's rows are and what its columns mean; see
    /// [`Schema`](dien_data::schema::Schema).
    Schema(PathBuf),
    /// Behaviours drawn by the built-in generator.
    Synthetic(SyntheticConfig),
}

impl Default for Source {
    fn default() -> Self {
        Source::Synthetic(SyntheticConfig::default())
    }
}

impl Source {
    /// What is at a path: a schema, a folder that holds one, or else a folder of behaviours.
    pub fn at(path: PathBuf) -> Self {
        let schema = path.join("dataset.toml");
        if path.is_dir() {
            return if schema.is_file() { Source::Schema(schema) } else { Source::Folder(path) };
        }
        match path.extension() {
            Some(end) if end == "toml" => Source::Schema(path),
            _ => Source::Folder(path),
        }
    }

    /// The names and the bytes of the files that it reads; none of what is drawn.
    ///
    /// # Errors
    /// A file is missing; a schema is none.
    pub fn files(&self) -> Result<Vec<(String, u64)>> {
        let files = match self {
            Source::Folder(folder) => folder_files(folder)?,
            Source::Schema(schema) => Impressions::files(schema)?,
            Source::Synthetic(_) => vec![],
        };
        let stamp = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = std::fs::metadata(path).map_err(Error::io(path, "read"))?.len();
            Ok((name, bytes))
        };
        files.iter().map(stamp).collect()
    }

    /// Reads or draws behaviours; none if it is a log of impressions.
    ///
    /// # Errors
    /// As [`read_folder`] and [`SyntheticConfig::log`].
    pub fn log(&self) -> Result<Option<(Log, Warnings)>> {
        Ok(match self {
            Source::Folder(folder) => Some(read_folder(folder)?),
            Source::Synthetic(synthesis) => Some((synthesis.log()?, Warnings::default())),
            Source::Schema(_) => None,
        })
    }

    /// A short name for it: the folder's, or `synthetic`.
    pub fn name(&self) -> String {
        match self {
            Source::Folder(path) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                name.unwrap_or_else(|| "data".into())
            }
            Source::Schema(path) => {
                let folder = std::path::absolute(path).ok();
                let name = folder.as_deref().and_then(|p| p.parent()?.file_name());
                name.map_or("data".into(), |n| n.to_string_lossy().into_owned())
            }
            Source::Synthetic(_) => "synthetic".into(),
        }
    }
}
