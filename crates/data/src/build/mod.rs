//! From a behaviour log to samples: who is a target, against which negatives, and who trains, validates and
//! tests.
//!
//! Each part has two tables: histories, and targets that look back on them. So they grow with the events, and
//! not with their square. What trains knows nothing of what is held out: neither its users, if the split is
//! by user, nor anything from the cut on, if it is by time; and negatives of every part are drawn from what
//! trains.

mod negatives;
mod parts;
mod schema;
mod tables;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use dien_serving::files::{self, StagedFolder};
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::log::Log;
use crate::schema::{Part, Split};
use negatives::Negatives;

/// Which behaviours are targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Each user's last behaviour: the protocol of DIEN's authors.
    Last,
    /// Every behaviour that has enough before it: the protocol of DIN's authors.
    Every,
}

/// What negatives are drawn from: the items of what trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// By how often they occur.
    Popularity,
    /// Each alike.
    Uniform,
}

/// How samples are made of a behaviour log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// Which behaviours are targets.
    pub protocol: Protocol,
    /// Behaviours that a target has before it, at least.
    pub min_history: usize,
    /// Negatives of each target.
    pub negatives: usize,
    /// What they are drawn from.
    pub sampling: Sampling,
    /// Whether what the user did before is no negative either; the positive never is.
    pub exclude_history: bool,
    /// Who is held out. Of a log that names its test users, they test and a group split's other users do not.
    pub split: Split,
    /// Seeds the negatives.
    pub seed: u64,
}

impl Default for Build {
    fn default() -> Self {
        Build {
            protocol: Protocol::Every,
            min_history: 2,
            negatives: 1,
            sampling: Sampling::Popularity,
            exclude_history: false,
            split: Split::Group { validation: 0.1, test: 0.1, seed: 0 },
            seed: 1,
        }
    }
}

/// What was built: targets, negatives included, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Built {
    /// Users with training targets, and those targets.
    pub training: [usize; 2],
    /// The same of the validation.
    pub validation: [usize; 2],
    /// The same of the test.
    pub test: [usize; 2],
}

impl Build {
    /// Writes the samples of `log` into a folder, new or empty: `dataset.toml`, and `histories.parquet` and
    /// `targets.parquet` in `train`, `validation` and `test`. The folder appears when it is whole.
    ///
    /// # Errors
    /// The folder is not empty, or cannot be written; no behaviour trains; too few items train for a
    /// negative.
    pub fn write(&self, log: &Log, folder: &Path) -> Result<Built, DataError> {
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(DataError::file(folder, "a folder that is not empty", "a new or an empty one"));
        }
        if let Some(name) = log.columns().iter().find(|name| schema::RESERVED.contains(&name.as_str())) {
            let expected = "other names than the targets' own columns have";
            return Err(DataError::log("items", format!("a column `{name}`"), expected));
        }
        let mut names = log.columns().iter().map(String::as_str).chain(["item"]).map(schema::seen);
        if let Some(name) = names.find(|seen| log.columns().contains(seen)) {
            let expected = "other names than those of the histories' columns";
            return Err(DataError::log("items", format!("a column `{name}`"), expected));
        }
        if folder.file_name().is_none() {
            return Err(DataError::file(folder, "a folder without a name of its own", "a new folder's"));
        }
        match self.split {
            Split::Group { validation, test, .. } if validation + test >= 1.0 => {
                let found = format!("shares of {validation} and {test}");
                return Err(DataError::log("split", found, "shares that leave some users to train on"));
            }
            Split::Time { validation_from: Some(a), test_from: Some(b) } if a >= b => {
                let found = format!("a validation from {a} and a test from {b}");
                return Err(DataError::log("split", found, "a validation before the test"));
            }
            _ => {}
        }
        let negatives = Negatives::new(self, log)?;
        let staged = StagedFolder::create(folder)?;
        let mut built = Built::default();
        let mut parts = vec![];
        for (part, name, counts) in [
            (Part::Training, "train", &mut built.training),
            (Part::Validation, "validation", &mut built.validation),
            (Part::Test, "test", &mut built.test),
        ] {
            *counts = tables::write(self, log, part, &negatives, &staged.part().join(name))?;
            if counts[1] > 0 {
                parts.push(part);
            }
        }
        if built.training[1] == 0 {
            let expected = format!("training users with more than {} behaviours", self.min_history);
            return Err(DataError::log("log", "no training target", expected));
        }
        files::write(&staged.part().join("dataset.toml"), schema::of(log, &parts).to_toml().as_bytes())?;
        staged.commit()?;
        Ok(built)
    }
}
