//! Rows that cannot be read where a source is looked at first.

use std::path::Path;

use crate::error::DataError;

/// Rows that cannot be read among the first: a few say nothing of the columns, most of all that the source is
/// written otherwise.
#[derive(Debug, Default)]
pub(super) struct Faults {
    right: usize,
    wrong: usize,
    first: Option<(u64, [String; 2])>,
}

impl Faults {
    /// Counts a row, and whether it can be read.
    pub fn is_right(&mut self, line: u64, fault: Option<[String; 2]>) -> bool {
        let Some(fault) = fault else {
            self.right += 1;
            return true;
        };
        self.wrong += 1;
        self.first.get_or_insert((line, fault));
        false
    }

    /// # Errors
    /// More rows than not cannot be read: what is wrong with the first of them.
    pub fn check(self, path: &Path) -> Result<(), DataError> {
        match self.first {
            Some((line, [found, expected])) if self.wrong > self.right => {
                Err(DataError::file(path, format!("line {line}: {found}"), expected))
            }
            _ => Ok(()),
        }
    }
}
