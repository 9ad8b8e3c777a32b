//! From a behaviour log to samples: who is a target, against which negatives, and who trains, validates and
//! tests.
//!
//! Each part has two tables: histories, and targets that look back on them. So they grow with the events, and
//! not with their square. What trains knows nothing of what is held out: neither its users, if the split is
//! by user, nor anything from the cut on, if it is by time; and negatives of every part are drawn from what
//! trains.

#[cfg(feature = "parquet")]
mod write;

use std::path::Path;

use dien_serving::encoding::Repeats;
use serde::{Deserialize, Serialize};

use crate::behaviours::log::Log;
use crate::behaviours::presets::LogReport;
use crate::error::DataError;
use crate::schema::Split;
use crate::setters::setters;

/// Which behaviours are targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetPolicy {
    /// Each user's last behaviour: the protocol of DIEN's authors.
    Last,
    /// Every behaviour that has enough before it: the protocol of DIN's authors.
    Every,
}

/// What negatives are drawn from: the items of what trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Sampling {
    /// By how often they occur.
    Popularity,
    /// Each alike.
    Uniform,
}

/// How samples are made of a behaviour log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SampleBuilder {
    /// Which behaviours are targets.
    #[serde(alias = "protocol")]
    pub targets: TargetPolicy,
    /// Behaviours that a target has before it, at least; of a log of impressions 0 makes a target of each.
    pub min_history: usize,
    /// Negatives of each target; what was shown and not clicked is the negatives of a log of impressions.
    pub negatives: usize,
    /// What they are drawn from.
    pub sampling: Sampling,
    /// Whether what the user did before is no negative either; the positive never is.
    pub exclude_history: bool,
    /// Who is held out. Of a log that names its test users, they test and a group split's other users do not.
    pub split: Split,
    /// Seeds the negatives.
    pub seed: u64,
    /// What the schema says that becomes of behaviours which a history has more than once; the tables have
    /// all of them.
    #[serde(default)]
    pub repeats: Repeats,
}

impl Default for SampleBuilder {
    fn default() -> Self {
        SampleBuilder {
            targets: TargetPolicy::Every,
            min_history: 2,
            negatives: 1,
            sampling: Sampling::Popularity,
            exclude_history: false,
            split: Split::Group { validation: 0.1, test: 0.1, seed: 0 },
            seed: 1,
            repeats: Repeats::Keep,
        }
    }
}

/// What was built: targets, negatives included, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BuildReport {
    /// Users with training targets, and those targets.
    pub training: [usize; 2],
    /// The same of the validation.
    pub validation: [usize; 2],
    /// The same of the test.
    pub test: [usize; 2],
    /// Positive targets, of all parts, with fewer negatives than were asked for: what the user did not do
    /// before is not enough.
    pub short_of_negatives: usize,
}

setters! {
    SampleBuilder {
        with_targets: targets = TargetPolicy,
        with_min_history: min_history = usize,
        with_negatives: negatives = usize,
        with_sampling: sampling = Sampling,
        with_exclude_history: exclude_history = bool,
        with_split: split = Split,
        with_seed: seed = u64,
        with_repeats: repeats = Repeats,
    }
}

impl SampleBuilder {
    /// Writes the samples of `log` into a folder, new or empty: `dataset.toml`, `items.parquet`,
    /// `summary.json`, and `histories.parquet` and `targets.parquet` in `train`, `validation` and `test`. The
    /// folder appears when it is whole.
    ///
    /// # Errors
    /// The folder is not empty, or cannot be written; no behaviour trains; too few items train for a
    /// negative; a cut in time lies after all times.
    pub fn write(&self, log: &Log, folder: &Path) -> Result<BuildReport, DataError> {
        self.write_with(log, None, folder)
    }

    /// [`write`](Self::write) with what was read of the log, which `summary.json` keeps beside the options.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_with(
        &self,
        log: &Log,
        read: Option<&LogReport>,
        folder: &Path,
    ) -> Result<BuildReport, DataError> {
        #[cfg(feature = "parquet")]
        return write::write(self, log, read, folder);
        #[cfg(not(feature = "parquet"))]
        {
            let _ = (log, read);
            Err(DataError::not_built(folder, "Parquet", "parquet"))
        }
    }
}
