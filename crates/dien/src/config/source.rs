//! Where the behaviours come from.

use std::path::{Path, PathBuf};

use dien_data::presets::DatasetFormat;
use dien_data::{
    DataOptions, Impressions, Log, SyntheticConfig, Warnings, folder_files, inspect, read_folder_with,
};
use serde::{Deserialize, Serialize};

use super::LogSource;
use crate::error::{Error, Origin, Result};

/// Where the behaviours come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// A folder, as [`read_folder`](dien_data::read_folder) reads it, or a public set as it is downloaded
    /// ([`DatasetFormat`]).
    Folder(PathBuf),
    /// A `dataset.toml`, which says where a log's rows are and what its columns mean; see
    /// [`Schema`](dien_data::schema::Schema).
    Schema(PathBuf),
    /// A log whose columns nobody has described: a file, a glob or a folder.
    Log(LogSource),
    /// Behaviours drawn by the built-in generator.
    Synthetic(SyntheticConfig),
}

impl Default for Source {
    fn default() -> Self {
        Source::Synthetic(SyntheticConfig::default())
    }
}

impl Source {
    /// What is at a path: a schema, a folder that holds one, a folder of behaviours or a public set as it is
    /// downloaded, or else, where there are files, a log whose columns nobody has described.
    pub fn at(path: PathBuf) -> Self {
        let schema = path.join("dataset.toml");
        if path.is_dir() {
            return match () {
                () if schema.is_file() => Source::Schema(schema),
                () if DatasetFormat::detect(&path).is_ok() => Source::Folder(path),
                () if inspect::files(&path).is_ok() => Source::Log(LogSource::new(path)),
                () => Source::Folder(path),
            };
        }
        match path.extension() {
            Some(end) if end == "toml" => Source::Schema(path),
            _ if DatasetFormat::of_file(&path).is_some() => Source::Folder(path),
            // A glob, too, and a file that is not there, of which a log's errors tell.
            Some(_) => Source::Log(LogSource::new(path)),
            None if path.is_file() => Source::Log(LogSource::new(path)),
            None if path.to_string_lossy().contains(['*', '?', '[']) => Source::Log(LogSource::new(path)),
            None => Source::Folder(path),
        }
    }

    /// Where it is, if it is files.
    pub(crate) fn path_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Source::Folder(path) | Source::Schema(path) => Some(path),
            Source::Log(log) => Some(&mut log.files),
            Source::Synthetic(_) => None,
        }
    }

    /// The same files as another source of a run's has them, for a model that reads them as it does: the
    /// schema of its log describes theirs.
    pub(crate) fn files_of(&self) -> Option<&Path> {
        match self {
            Source::Log(log) if log.kind.is_none() => Some(&log.files),
            _ => None,
        }
    }

    /// Checks the options of synthetic behaviours against each other.
    pub(super) fn validate(&self) -> Result<()> {
        let Source::Synthetic(drawn) = self else { return Ok(()) };
        let usual = SyntheticConfig::default();
        for (less, low, usual, more, high) in [
            ("min_length", drawn.min_length, usual.min_length, "max_length", drawn.max_length),
            ("interests", drawn.interests, usual.interests, "categories", drawn.categories),
        ] {
            if low <= high {
                continue;
            }
            // Told is the one of the two that is not the default.
            let (option, found, expected) = if low == usual {
                (more, high, format!("at least `source.synthetic.{less}`, which is {low}"))
            } else {
                (less, low, format!("at most `source.synthetic.{more}`, which is {high}"))
            };
            return Err(Error::Option {
                origin: Origin::Default,
                option: format!("source.synthetic.{option}"),
                found: found.to_string(),
                expected,
            });
        }
        Ok(())
    }

    /// The names and the bytes of the files that it reads; none of what is drawn.
    ///
    /// # Errors
    /// A file is missing; a schema is none.
    pub fn files(&self) -> Result<Vec<(String, u64)>> {
        let files = match self {
            Source::Folder(folder) => match DatasetFormat::detect(folder) {
                Ok((form, path)) if form != DatasetFormat::Folder => inspect::all_files(&path)?,
                _ => folder_files(folder)?,
            },
            Source::Log(log) => inspect::files(&log.files)?,
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

    /// Reads or draws behaviours; none if it is a log of impressions. The options say in which order
    /// behaviours of one time stand.
    ///
    /// # Errors
    /// As [`read_folder_with`] and [`SyntheticConfig::log`].
    pub fn log(&self, options: &DataOptions) -> Result<Option<(Log, Warnings)>> {
        Ok(match self {
            Source::Folder(folder) => Some(match DatasetFormat::detect(folder) {
                Ok((form, path)) if form != DatasetFormat::Folder => {
                    let (log, report) = form.read(&path, &options.reading())?;
                    report.held_out(log)?
                }
                _ => read_folder_with(folder, &options.reading())?,
            }),
            Source::Synthetic(synthesis) => Some((synthesis.log()?, Warnings::default())),
            Source::Schema(_) | Source::Log(_) => None,
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
            Source::Log(log) => {
                let name = log.files.file_name().map(|name| name.to_string_lossy().into_owned());
                // Neither the ends of a name nor a glob's characters.
                let name = name.unwrap_or_default();
                let letters = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
                let name: String =
                    name.split('.').next().unwrap_or_default().chars().filter(|&c| letters(c)).collect();
                if name.is_empty() { "log".into() } else { name }
            }
            Source::Synthetic(_) => "synthetic".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn synthetic_options_that_exclude_each_other_are_named_with_their_place() {
        for (text, expected) in [
            (
                "[source.synthetic]\nmin_length = 50",
                "line 2: option `source.synthetic.min_length`: found 50; expected at most \
                 `source.synthetic.max_length`, which is 40",
            ),
            (
                "[source.synthetic]\nmax_length = 5",
                "line 2: option `source.synthetic.max_length`: found 5; expected at least \
                 `source.synthetic.min_length`, which is 10",
            ),
            (
                "[source.synthetic]\ncategories = 3\ninterests = 4",
                "line 3: option `source.synthetic.interests`: found 4; expected at most",
            ),
            ("source.synthetic.categories = 2", "line 1: option `source.synthetic.categories`: found 2"),
        ] {
            let message = text.parse::<Config>().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        "source.synthetic = { min_length = 5, max_length = 5 }".parse::<Config>().unwrap();
    }
}
