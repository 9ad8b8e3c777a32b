//! What becomes of rows with something wrong in them.

/// Messages that are kept of what was skipped.
const MESSAGES: usize = 5;

/// What becomes of a row with something wrong in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnError {
    /// Reading ends with an error that says what is wrong.
    #[default]
    Fail,
    /// The row is left out, and counted.
    Skip,
}

/// Rows that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// How many.
    pub rows: u64,
    /// What was wrong with the first few.
    pub first: Vec<String>,
}

impl Skipped {
    pub(crate) fn extend(&mut self, more: Skipped) {
        self.rows += more.rows;
        self.first.extend(more.first);
        self.first.truncate(MESSAGES);
    }

    pub(crate) fn add(&mut self, error: impl std::fmt::Display) {
        self.rows += 1;
        if self.first.len() < MESSAGES {
            self.first.push(error.to_string());
        }
    }
}
