//! Where rows went.

use std::fmt;

use serde::Serialize;

use crate::schema::Part;

/// What became of every row that was read: it trains, validates, tests or is skipped, so that
/// `read = training + validation + test + skipped`.
///
/// A row is one of a log's, or a behaviour of a folder's: then the parts are its users'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows in the files.
    pub read: u64,
    /// Those that train.
    pub training: u64,
    /// Those held out to choose the epoch.
    pub validation: u64,
    /// Those held out to measure it in the end.
    pub test: u64,
    /// Those left out, since something is wrong with them.
    pub skipped: u64,
}

impl RowCounts {
    /// Adds so many rows of a part.
    pub(crate) fn add(&mut self, part: Part, rows: u64) {
        self.read += rows;
        match part {
            Part::Training => self.training += rows,
            Part::Validation => self.validation += rows,
            Part::Test => self.test += rows,
        }
    }

    /// Adds a row with something wrong in it.
    pub(crate) fn add_skipped(&mut self) {
        (self.read, self.skipped) = (self.read + 1, self.skipped + 1);
    }

    pub(crate) fn extend(&mut self, more: RowCounts) {
        self.read += more.read;
        self.training += more.training;
        self.validation += more.validation;
        self.test += more.test;
        self.skipped += more.skipped;
    }
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowCounts { read, training, validation, test, skipped } = self;
        write!(f, "{read} rows read: {training} train, {validation} validate, {test} test, {skipped} skipped")
    }
}
