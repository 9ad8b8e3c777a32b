//! Public behaviour logs, in the very form in which people download them.

mod amazon;
mod events;
mod folder;
mod json;
mod lines;
mod log_builder;
mod movielens;
mod own;
mod recbole;
mod report;
mod taobao;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use events::{ColumnNames, EventLog, ItemSource, RowFilter};
pub use report::LogReport;

use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::error::DataError;
use folder::Folder;

/// A form in which a behaviour log comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DatasetFormat {
    /// The folder of [`read_folder`](crate::read_folder), of which `interactions.csv` and `items.csv` are
    /// enough.
    Folder,
    /// MovieLens 100K (`u.data`, `u.item`), 1M (`ratings.dat`, `movies.dat`) and later (`ratings.csv`,
    /// `movies.csv`). Of a film's `genres`, a list, the first is its `category`.
    Movielens,
    /// RecBole's `NAME.inter` and `NAME.item`, plain or compressed, or a benchmark's parts of a `NAME.inter`,
    /// which are read together. Columns of type `token_seq` and `float_seq` are lists. Where there is a
    /// `label`, rows with 0 are no behaviours.
    Recbole,
    /// Amazon reviews and metadata, JSON lines (strict, or Python's literals as in 2014), plain or `.gz`;
    /// those of several categories are read together. Items are those that the metadata describes:
    /// `parent_asin` where reviews have one (2023), else `asin`. An item's `category` is the last of its
    /// first path, as DIEN's authors take it, or its `main_category`.
    Amazon,
    /// Taobao's `UserBehavior.csv`: the page views. Some of its times are wrong; those outside its nine days
    /// (of a cut of other days: more than 30 days from the median) are left out.
    Taobao,
}

impl DatasetFormat {
    const ALL: [Self; 5] = [Self::Folder, Self::Movielens, Self::Recbole, Self::Amazon, Self::Taobao];

    /// What a path holds, and where: in a folder, or, as archives unpack, in its only folder that holds
    /// something.
    ///
    /// # Errors
    /// There is no such path, it holds nothing that is known, or files of several forms.
    pub fn detect(path: &Path) -> Result<(Self, PathBuf), DataError> {
        let folder = Folder::open(path)?;
        let mut found: Vec<(Self, PathBuf)> =
            Self::among(&folder).into_iter().map(|form| (form, path.to_path_buf())).collect();
        if found.is_empty() {
            for name in &folder.folders {
                let inner = path.join(name);
                let forms = Self::among(&Folder::open(&inner)?);
                found.extend(forms.into_iter().map(|form| (form, inner.clone())));
            }
        }
        match &found[..] {
            [one] => Ok(one.clone()),
            [] => {
                let forms = Self::ALL.map(Self::files).join("; ");
                let expected = format!("{forms}; or `--form`, or any log's `--columns`");
                let found = format!("no form that is known, but {}", folder.listed());
                Err(DataError::file(path, found, expected))
            }
            several => {
                let of = |(form, place): &(Self, PathBuf)| format!("{} in {}", form.files(), place.display());
                let several: Vec<String> = several.iter().map(of).collect();
                let expected = "one of them: its folder, or its form by `--form`";
                Err(DataError::file(path, several.join("; "), expected))
            }
        }
    }

    /// The form of a file that needs no other beside it, by its name alone.
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name().filter(|_| path.is_file())?.to_string_lossy().into_owned();
        match &*name {
            // A table with a header is a log like any other.
            name if folder::plain(name) == "ratings.csv" => None,
            name if movielens::is_one(name) => Some(Self::Movielens),
            name if recbole::is_one(name) => Some(Self::Recbole),
            name if taobao::is_one(name) => Some(Self::Taobao),
            _ => None,
        }
    }

    /// The forms of which a folder has what is needed.
    fn among(folder: &Folder) -> Vec<Self> {
        let has = |test: &dyn Fn(&str) -> bool| !folder.matching(test).is_empty();
        let is_there = |form: &Self| match form {
            Self::Folder => has(&|name| folder::plain(name) == "interactions.csv"),
            Self::Movielens => has(&movielens::is_one),
            Self::Recbole => has(&recbole::is_one),
            Self::Amazon => amazon::is_there(folder),
            Self::Taobao => has(&taobao::is_one),
        };
        Self::ALL.into_iter().filter(is_there).collect()
    }

    /// What a form's files are, for messages.
    fn files(self) -> &'static str {
        match self {
            Self::Folder => "a folder with `interactions.csv` and `items.csv`",
            Self::Movielens => "MovieLens (`ratings.csv`, `ratings.dat` or `u.data`)",
            Self::Recbole => "RecBole (`NAME.inter`)",
            Self::Amazon => "Amazon (JSON lines with `reviewerID` or `user_id`, and `asin`)",
            Self::Taobao => "Taobao (`UserBehavior.csv`)",
        }
    }

    /// Reads a log: a folder that holds its files, or, where one is enough, the file.
    ///
    /// # Errors
    /// A file is missing, cut off or not of this form: which, the line, what was found and what was expected.
    /// Several files may be meant, and only one can be.
    pub fn read(self, path: &Path, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
        let folder = Folder::open(path)?;
        let (mut log, mut report) = match self {
            Self::Folder => return own::read(path, &folder, options),
            Self::Movielens => movielens::read(&folder, options)?,
            Self::Recbole => recbole::read(&folder, options)?,
            Self::Amazon => amazon::read(&folder, options)?,
            Self::Taobao if options.min_rating.is_some() => {
                return Err(DataError::option("min_rating", "a rating", "a set whose behaviours are rated"));
            }
            Self::Taobao => taobao::read(&folder, options)?,
        };
        if let Some(lists) = &options.lists {
            log.declare_lists(lists)?;
        }
        [report.files, report.not_read] = folder.names_read();
        report.folder = Some(folder.base);
        Ok((log, report))
    }
}
