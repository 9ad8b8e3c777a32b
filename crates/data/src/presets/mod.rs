//! Public behaviour logs, in the very form in which people download them.

mod amazon;
mod json;
mod log_builder;
mod movielens;
mod recbole;
mod taobao;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::log::Log;
use crate::reader::{Warnings, read_behaviours};

/// A form in which a behaviour log comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DatasetFormat {
    /// The folder of [`read_folder`](crate::read_folder), of which `interactions.csv` and `items.csv` are
    /// enough.
    Folder,
    /// MovieLens 100K (`u.data`, `u.item`), 1M (`ratings.dat`, `movies.dat`) and later (`ratings.csv`,
    /// `movies.csv`). Of a film's `genres` the first is its `category`.
    Movielens,
    /// RecBole's `NAME.inter` and `NAME.item`.
    Recbole,
    /// Amazon reviews and metadata, JSON lines (strict, or Python's literals as in 2014), plain or `.gz`. An
    /// item's `category` is the last of its first path, as DIEN's authors take it.
    Amazon,
    /// Taobao's `UserBehavior.csv`: the page views.
    Taobao,
}

impl DatasetFormat {
    /// What a path seems to hold; none if nothing is known of it.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn of(path: &Path) -> Result<Option<Self>, DataError> {
        let names = names(path)?;
        let has = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name));
        Ok(if has(&|n| n.starts_with("interactions.csv")) {
            Some(DatasetFormat::Folder)
        } else if has(&|n| matches!(plain(n), "u.data" | "ratings.dat" | "ratings.csv")) {
            Some(DatasetFormat::Movielens)
        } else if has(&|n| n.ends_with(".inter")) {
            Some(DatasetFormat::Recbole)
        } else if has(&|n| plain(n).eq_ignore_ascii_case("userbehavior.csv")) {
            Some(DatasetFormat::Taobao)
        } else if has(&|n| is_json(n) && !n.starts_with("meta")) {
            Some(DatasetFormat::Amazon)
        } else {
            None
        })
    }

    /// Reads a log: a folder that holds its files, or, where one is enough, the file.
    ///
    /// # Errors
    /// A file is missing, cut off or not of this form: which, the line, what was found and what was expected.
    pub fn read(self, path: &Path) -> Result<(Log, Warnings), DataError> {
        let log = match self {
            DatasetFormat::Folder => return read_behaviours(path),
            DatasetFormat::Movielens => movielens::read(path)?,
            DatasetFormat::Recbole => recbole::read(path)?,
            DatasetFormat::Amazon => amazon::read(path)?,
            DatasetFormat::Taobao => taobao::read(path)?,
        };
        Ok((log, Warnings::default()))
    }
}

/// The names of a folder's files, or of a file.
fn names(path: &Path) -> Result<Vec<String>, DataError> {
    if !path.is_dir() {
        return Ok(path.file_name().map(|n| n.to_string_lossy().into_owned()).into_iter().collect());
    }
    let mut names = vec![];
    for entry in fs::read_dir(path).map_err(DataError::io(path, "read"))? {
        names.push(entry.map_err(DataError::io(path, "read"))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// A name without the end of its compression.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

fn is_json(name: &str) -> bool {
    [".json", ".jsonl"].iter().any(|end| plain(name).ends_with(end))
}

/// The first of a folder's files whose name passes, or the file itself.
fn find(path: &Path, test: impl Fn(&str) -> bool) -> Result<Option<PathBuf>, DataError> {
    let found = names(path)?.into_iter().find(|name| test(name));
    Ok(found.map(|name| if path.is_dir() { path.join(name) } else { path.to_path_buf() }))
}

/// A file that has to be there.
fn need(path: &Path, expected: &str, test: impl Fn(&str) -> bool) -> Result<PathBuf, DataError> {
    find(path, test)?.ok_or_else(|| DataError::file(path, "no such file in it", expected))
}
