//! Which rows train, and which are held out.

use serde::{Deserialize, Serialize};

use super::cut::TimeCut;

/// Which rows are held out. All of one group, or of one time, are on the same side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Split {
    /// Seeded shares of the groups (users), by a hash of their ids: the same on every machine, and as the log
    /// grows.
    Group {
        /// The share that validates.
        #[serde(default)]
        validation: f64,
        /// The share that tests.
        #[serde(default)]
        test: f64,
        /// Another seed holds out others.
        #[serde(default)]
        seed: u64,
    },
    /// By time: what comes first trains.
    Time {
        /// The first time that validates; else nothing does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validation_from: Option<TimeCut>,
        /// The first time that tests; else nothing does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_from: Option<TimeCut>,
    },
}

/// A part of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// What is learnt from.
    Training,
    /// What chooses the best epoch.
    Validation,
    /// What is measured in the end.
    Test,
}

impl Split {
    /// Whether it gives a part any row.
    pub(crate) fn has(&self, part: Part) -> bool {
        match (self, part) {
            (_, Part::Training) => true,
            (Split::Group { validation, .. }, Part::Validation) => *validation > 0.0,
            (Split::Group { test, .. }, Part::Test) => *test > 0.0,
            (Split::Time { validation_from, .. }, Part::Validation) => validation_from.is_some(),
            (Split::Time { test_from, .. }, Part::Test) => test_from.is_some(),
        }
    }
}
