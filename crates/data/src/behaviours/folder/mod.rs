//! Reads a log from a folder of CSV files.

mod interactions;
mod items;
mod negatives;
mod options;
mod targets;
mod test_users;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::behaviours::hold_out::Wanted;
use crate::behaviours::log::Log;
use crate::behaviours::ties::TieReport;
use crate::error::DataError;
use crate::skipped::Skipped;
use crate::time::TimeUnit;

pub use options::ReadOptions;

/// Seeds who tests and against what, where a log does not say it.
pub(crate) const SEED: u64 = 0;

/// The files of a folder, by name; each CSV may end in `.gz`.
const FILES: [&str; 5] =
    ["interactions.csv", "items.csv", "negatives.csv", "targets_real.csv", "test_users.txt"];

/// Those files of a folder that [`read_folder`] reads.
///
/// # Errors
/// The folder cannot be read.
pub fn folder_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).map_err(DataError::io(folder, "read"))? {
        let path = entry.map_err(DataError::io(folder, "read"))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if FILES.contains(&name.strip_suffix(".gz").unwrap_or(name)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What was ignored while reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warnings {
    /// Lines of `test_users.txt` whose user has no behaviours.
    pub test_users_without_behaviours: usize,
    /// Lines of `negatives.csv` whose user has no behaviours.
    pub negatives_without_behaviours: usize,
    /// Rows of a log with something wrong in them.
    pub skipped: Skipped,
    /// What may be a mistake in a log's files, a sentence each.
    pub doubts: Vec<String>,
    /// Neighbouring behaviours of one time, if there are some.
    pub ties: Option<TieReport>,
    /// Behaviours whose time has more digits than 64 bits hold beside the others.
    pub rounded_times: u64,
    /// What was decided where the data says nothing, a sentence each: no warnings.
    pub notes: Vec<String>,
}

/// Nothing ignored but these rows.
impl From<Skipped> for Warnings {
    fn from(skipped: Skipped) -> Self {
        Warnings { skipped, ..Warnings::default() }
    }
}

/// One line per kind of warning; nothing if there are none.
impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            ("test_users.txt", self.test_users_without_behaviours),
            ("negatives.csv", self.negatives_without_behaviours),
        ];
        let mut between = "";
        for (file, count) in kinds.into_iter().filter(|(_, count)| *count > 0) {
            let users = if count == 1 { "user" } else { "users" };
            write!(f, "{between}{file}: ignored {count} {users} without behaviours")?;
            between = "\n";
        }
        if self.skipped.rows > 0 {
            let rows = if self.skipped.rows == 1 { "row" } else { "rows" };
            write!(f, "{between}skipped {} {rows}", self.skipped.rows)?;
            self.skipped.first.iter().try_for_each(|wrong| write!(f, "\n  {wrong}"))?;
            between = "\n";
        }
        let rounded = (self.rounded_times > 0).then(|| rounded(self.rounded_times));
        for told in self.ties.and_then(|ties| ties.told()).into_iter().chain(rounded) {
            write!(f, "{between}{told}")?;
            between = "\n";
        }
        for doubt in &self.doubts {
            write!(f, "{between}{doubt}")?;
            between = "\n";
        }
        Ok(())
    }
}

/// That times lost digits.
pub(crate) fn rounded(times: u64) -> String {
    format!("{times} times have more digits than 64 bits hold beside the others, and are rounded")
}

impl Warnings {
    /// Whether nothing was ignored, and nothing may be a mistake.
    pub fn is_empty(&self) -> bool {
        Warnings { notes: vec![], ..self.clone() } == Warnings::default()
    }
}

/// Reads the files below; each CSV may be plain or end in `.gz`. CSV files have a header; their columns may
/// stand in any order, and columns that are not named here are skipped.
///
/// | file | columns | |
/// | --- | --- | --- |
/// | `interactions.csv` | `user,item,timestamp`, perhaps `rating` | a line a behaviour, in any order |
/// | `items.csv` | `item`, and any others | optional: every item, once; the others become columns |
/// | `test_users.txt` | a user per line | optional: who is kept for the test |
/// | `negatives.csv` | `user,item` | optional: what a user's last behaviour is scored against |
/// | `targets_real.csv` | `user,position,item,label` | optional: real labels; positions count from 1 |
///
/// Columns of `interactions.csv` may have other usual names (`user_id`, `movieId`, `ts`). Without
/// `test_users.txt` a tenth of the users, by a hash of their ids, is kept for the test; without
/// `negatives.csv` items are drawn by how often they occur; [`Warnings::notes`] say so.
///
/// A time is a number or a date. Behaviours of one user and one time are counted, and stand in an order that
/// no file decides: that of [`Ties::Hash`](crate::Ties::Hash).
///
/// # Errors
/// A file is missing, empty, cut off or no UTF-8; a column is missing; a field is not what it should be. The
/// message names the file, line and column.
pub fn read_folder(folder: &Path) -> Result<(Log, Warnings), DataError> {
    read_folder_with(folder, &ReadOptions::default())
}

/// [`read_folder`] with another order of what happened at one time. (What else the options say is for those
/// that [build](crate::behaviours::presets::DatasetFormat::read) samples.)
///
/// # Errors
/// As [`read_folder`].
pub fn read_folder_with(folder: &Path, options: &ReadOptions) -> Result<(Log, Warnings), DataError> {
    let (log, warnings, _) = read(folder, options, true)?;
    Ok((log, warnings))
}

/// [`read_folder`] for samples to be made of: without `test_users.txt` nobody is, and `negatives.csv` is not
/// needed. With the unit of its times.
pub(crate) fn read_behaviours(
    folder: &Path,
    options: &ReadOptions,
) -> Result<(Log, Warnings, TimeUnit), DataError> {
    read(folder, options, false)
}

fn read(folder: &Path, options: &ReadOptions, whole: bool) -> Result<(Log, Warnings, TimeUnit), DataError> {
    if !folder.is_dir() {
        return Err(DataError::file(
            folder,
            "no such folder",
            "a folder with `interactions.csv` and `items.csv`",
        ));
    }
    let mut log = items::read(folder)?;
    let interactions::Read { unit, rounded: rounded_times, told } = match &mut log {
        Some(log) => interactions::read(folder, log, false)?,
        none => interactions::read(folder, none.insert(Log::default()), true)?,
    };
    let mut log = log.expect("read or made");
    let mut warnings = Warnings {
        test_users_without_behaviours: test_users::read(folder, &mut log)?,
        negatives_without_behaviours: if whole { negatives::read(folder, &mut log)? } else { 0 },
        rounded_times,
        notes: told,
        ..Warnings::default()
    };
    targets::read(folder, &mut log)?;
    warnings.ties = Some(log.order_ties(options.ties, options.seed)).filter(|ties| ties.tied > 0);
    if whole {
        let lacks = |name: &str| !folder.join(name).exists() && !folder.join(format!("{name}.gz")).exists();
        let wanted = Wanted { test_users: lacks("test_users.txt"), negatives: lacks("negatives.csv") };
        warnings.notes.extend(log.hold_out(wanted, SEED));
    }
    Ok((log, warnings, unit))
}
