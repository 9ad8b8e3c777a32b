//! What was read.

use std::fmt;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use crate::behaviours::folder::{SEED, Warnings};
use crate::behaviours::hold_out::Wanted;
use crate::behaviours::log::Log;
use crate::behaviours::ties::TieReport;
use crate::error::DataError;
use crate::time::TimeUnit;

/// What was read of a log: `rows` are the behaviours, or the impressions, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogReport {
    /// The folder that `files` are in, if they are in one.
    pub folder: Option<PathBuf>,
    /// The files that were read.
    pub files: Vec<String>,
    /// The other files of the folder.
    pub not_read: Vec<String>,
    /// Rows of behaviours in the files.
    pub rows: u64,
    /// How many of them were left out, by the reason.
    pub left_out: IndexMap<String, u64>,
    /// The others: behaviours; of a log of impressions those that were clicked.
    pub behaviours: u64,
    /// Of a log of impressions: those that were not left out.
    pub impressions: u64,
    /// Who did something.
    pub users: usize,
    /// What they did something with.
    pub items: usize,
    /// Rows that repeat another's user, item and time.
    pub repeated: u64,
    /// The first and the last time, in `unit`.
    pub times: [i64; 2],
    /// The unit of all times.
    pub unit: TimeUnit,
    /// Neighbouring behaviours of one time.
    pub ties: TieReport,
    /// What else is to know, a line each.
    pub notes: Vec<String>,
    /// What may be wrong, a line each.
    pub warnings: Vec<String>,
}

impl LogReport {
    /// The log that was read, with test users and negatives of its own if it names none: a tenth of the users
    /// by a hash of their ids, and items drawn by how often they occur; and what is to be told of it.
    ///
    /// # Errors
    /// Nobody has two behaviours, of which one could be a target.
    pub fn held_out(self, mut log: Log) -> Result<(Log, Warnings), DataError> {
        if log.users().iter().all(|user| user.events.len() < 2) {
            let found = format!("{} users, none of whom has two behaviours", log.users().len());
            return Err(DataError::log(self.files.join(", "), found, "some who have: a target and a past"));
        }
        let mut notes: Vec<String> = self.to_string().lines().map(tidy).collect();
        notes.extend(log.hold_out(Wanted { test_users: true, negatives: true }, SEED));
        let mut warnings = Warnings::default();
        (warnings.doubts, warnings.notes) = (self.warnings, notes);
        Ok((log, warnings))
    }
}

/// A line of a report without its columns.
fn tidy(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The files, the rows, the times and the notes, a line each. Warnings are none of them.
impl fmt::Display for LogReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.folder.as_ref().map_or(String::new(), |folder| format!(" of {}", folder.display()));
        writeln!(f, "read       {}{of}", self.files.join(", "))?;
        if !self.not_read.is_empty() {
            let (shown, more) = (self.not_read.len().min(8), self.not_read.len().saturating_sub(8));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(f, "not read   {}{more}", self.not_read[..shown].join(", "))?;
        }
        let LogReport { rows, behaviours, users, items, .. } = self;
        write!(f, "rows       {rows}: ")?;
        if self.impressions > 0 {
            write!(f, "{} impressions, ", self.impressions)?;
        }
        writeln!(f, "{behaviours} behaviours of {users} users with {items} items")?;
        for (reason, count) in &self.left_out {
            writeln!(f, "left out   {count} {reason}")?;
        }
        let [first, last] = self.times.map(|time| self.unit.show(time));
        writeln!(f, "times      {first} to {last}")?;
        if self.unit.decimals > 0 {
            let parts = 10_u64.pow(self.unit.decimals.into());
            writeln!(f, "           in whole numbers of 1/{parts} of the files' unit")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note       {note}"))
    }
}
