//! What to learn from a log, and how it is cut into batches.

pub mod ranges;
mod setters;

use std::path::Path;

use dien_model::Features;
use dien_serving::encoding::{Repeats, Vocabularies};
use serde::{Deserialize, Serialize};

use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::behaviours::ties::Ties;
use crate::encode::layout::Layout;
use crate::error::DataError;
use crate::schema::{Behaviours, Column, ColumnKind, Schema, VocabularySpec};
use crate::skipped::OnError;

/// Which features, which targets, which negatives, which batches.
///
/// ```
/// use dien_data::{DataOptions, TargetKind};
///
/// let options = DataOptions::default().with_behaviours(["item"]).with_targets(TargetKind::Last);
/// assert!(options.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DataOptions {
    /// What an event consists of: `item` or columns of the item table, the first with a single value a cell.
    pub behaviours: Vec<String>,
    /// Columns of the item table whose cells list values between `|`: the candidate's are pooled, and so are
    /// an event's of those that are [`behaviours`](Self::behaviours), too.
    pub pooled: Vec<String>,
    /// Profile features; `user` is the only one a log has.
    pub sparse: Vec<String>,
    /// Numbers per embedding, for every table.
    pub embedding_width: usize,
    /// What fewer behaviours of the non-test users have is out of vocabulary.
    pub min_count: usize,
    /// Which behaviours train.
    pub targets: TargetKind,
    /// With [`TargetKind::Every`], the position from which on each behaviour is a target, counted from 1.
    pub first_target: usize,
    /// How many of the latest behaviours before it a target sees.
    pub max_history: usize,
    /// What becomes of behaviours that a history has more than once: targets look back on what stays. Every
    /// behaviour is a target as without.
    pub repeats: Repeats,
    /// The share of the training users held out for validation.
    pub valid_fraction: f64,
    /// Seeds the choice of the validation users, and the order of behaviours of one time.
    pub split_seed: u64,
    /// The order in which a folder's behaviours of one user and one time stand.
    pub ties: Ties,
    /// Where the negative of a training target comes from.
    pub target_negatives: TargetNegatives,
    /// Where the auxiliary loss's negatives come from.
    pub auxiliary_negatives: AuxiliaryNegatives,
    /// How many auxiliary negatives each event has; 0 draws none.
    pub negatives_per_event: usize,
    /// Targets per training batch; a positive and its negative are two.
    pub batch_size: usize,
    /// How many positions of one history may meet in one batch and share it; 0 for all of them.
    pub targets_per_history: usize,
    /// Histories are sorted by length within this many batches' worth of targets; 0 or 1 sorts nothing.
    /// Called `bucket` in configurations before.
    #[serde(alias = "bucket")]
    pub bucket_batches: usize,
    /// Targets per batch of validation and test users.
    pub test_batch_size: usize,
    /// Rows of a log that are held in memory and shuffled, where a schema says what they are; 0 keeps the
    /// files' order.
    pub shuffle: usize,
    /// What becomes of a row with something wrong in it, where a schema says what rows are.
    pub on_error: OnError,
}

/// Which behaviours are targets. The test is the last behaviour against the log's negative, but for
/// [`Real`](Self::Real).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// Every behaviour of a training user from [`DataOptions::first_target`] on, each with a drawn negative.
    Every,
    /// The last behaviour of each training user with two or more, with a drawn negative.
    Last,
    /// The log's real labels, in training and test. The history is the earlier behaviours rated 4 or more.
    Real,
}

/// The training behaviours that a target's negative is drawn from: by occurrence, anew each epoch, not the
/// positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetNegatives {
    /// All of them.
    Popularity,
    /// Those whose item has the positive's `category`; all of them where that holds nothing else. Hard
    /// negatives.
    SameCategory,
}

/// What an auxiliary negative is drawn from; never what happened at the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuxiliaryNegatives {
    /// All training behaviours, so by occurrence.
    Popularity,
    /// The items that training behaviours hold, each alike.
    Uniform,
    /// The user's own behaviours in the batch; all training behaviours where those are all alike.
    Own,
}

impl Default for DataOptions {
    fn default() -> Self {
        DataOptions {
            behaviours: vec!["item".into(), "category".into()],
            pooled: vec![],
            sparse: vec![],
            embedding_width: 18,
            min_count: 1,
            targets: TargetKind::Every,
            first_target: 3,
            max_history: 100,
            repeats: Repeats::Keep,
            valid_fraction: 0.1,
            split_seed: 2018,
            ties: Ties::Hash,
            target_negatives: TargetNegatives::Popularity,
            auxiliary_negatives: AuxiliaryNegatives::Popularity,
            negatives_per_event: 1,
            batch_size: 512,
            targets_per_history: 0,
            bucket_batches: 8,
            test_batch_size: 1024,
            shuffle: 1 << 16,
            on_error: OnError::Fail,
        }
    }
}

impl DataOptions {
    /// The names of the embedding tables, and of their vocabularies, in order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let pooled = self.pooled.iter().filter(|name| !self.behaviours.contains(name));
        self.behaviours.iter().chain(pooled).chain(&self.sparse).map(String::as_str)
    }

    /// Whether a column's cells list values.
    fn is_pooled(&self, name: &str) -> bool {
        self.pooled.iter().any(|pooled| pooled == name)
    }

    /// The features of a model for data with these vocabularies.
    ///
    /// Each feature has a table of its own, in the order of the options; the candidate shares the behaviours'
    /// tables.
    ///
    /// # Panics
    /// If a vocabulary of [`tables`](Self::tables) is not there.
    pub fn features(&self, vocabularies: &Vocabularies) -> Features {
        let schema = self.schema();
        let layout = Layout::from_schema(&schema, Path::new("options")).expect("a sequence of behaviours");
        layout.features(&schema, vocabularies)
    }

    /// What a log's items and users are by the options: events consist of what candidates do.
    pub(crate) fn schema(&self) -> Schema {
        let rule = VocabularySpec::MinCount(self.min_count);
        let column = |name: &str| {
            let kind = if self.is_pooled(name) { ColumnKind::Sequence } else { ColumnKind::Sparse };
            let column = Column { vocabulary: Some(rule.clone()), ..Column::new(kind) };
            (name.to_owned(), column)
        };
        let pooled = self.pooled.iter().filter(|name| !self.behaviours.contains(name));
        let max_history = self.max_history;
        Schema {
            candidate: self.behaviours.iter().chain(pooled).cloned().collect(),
            width: self.embedding_width,
            columns: self.tables().map(column).collect(),
            behaviours: vec![Behaviours { max_history, ..Behaviours::new(self.behaviours.clone()) }],
            ..Schema::default()
        }
    }

    /// The options that fit a log: by default an event has the item's `category`, which not all items have,
    /// or several of it; and what is said of it.
    pub fn fitting(mut self, log: &Log) -> (Self, Option<String>) {
        if self.behaviours != DataOptions::default().behaviours {
            return (self, None);
        }
        if let Some(column) = log.column("category") {
            let lists = log.is_list(column) && !self.is_pooled("category");
            let told = "items have any number of `category`: an event's are pooled (`data.pooled`)";
            if lists {
                self.pooled.push("category".into());
            }
            return (self, lists.then(|| told.into()));
        }
        self.behaviours = vec!["item".into()];
        let told =
            "items have no `category`: an event is its item alone (`data.behaviours` has other columns)";
        (self, Some(told.into()))
    }

    /// How a folder is read.
    pub fn reading(&self) -> ReadOptions {
        ReadOptions::default().with_ties(self.ties).with_seed(self.split_seed)
    }

    /// Checks what can be checked without a log.
    ///
    /// # Errors
    /// The first impossible option.
    pub fn validate(&self) -> Result<(), DataError> {
        if self.behaviours.is_empty() {
            return Err(DataError::option(
                "behaviours",
                "an empty list",
                "at least one feature, such as `item`",
            ));
        }
        for (option, names) in [("behaviours", &self.behaviours), ("pooled", &self.pooled)] {
            if let Some(name) = repeated(names) {
                return Err(DataError::option(option, format!("`{name}` twice"), "each feature once"));
            }
        }
        if let Some(name) = self.sparse.iter().find(|&n| self.tables().filter(|other| other == n).count() > 1)
        {
            let expected = format!("[], as `{name}` is a column of the items as well");
            return Err(DataError::option("sparse", format!("`{name}`"), expected));
        }
        if let Some(first) = self.behaviours.first().filter(|first| self.is_pooled(first)) {
            let expected =
                "a feature of one value first, such as `item`, before those that are `pooled`, too";
            return Err(DataError::option("behaviours", format!("`{first}` first"), expected));
        }
        if !self.sparse.is_empty() && self.sparse != ["user"] {
            return Err(DataError::option("sparse", format!("{:?}", self.sparse), "[] or [\"user\"]"));
        }
        for (range, option, n) in [
            (ranges::EMBEDDING_WIDTH, "embedding_width", self.embedding_width),
            (ranges::FIRST_TARGET, "first_target", self.first_target),
            (ranges::MAX_HISTORY, "max_history", self.max_history),
            (ranges::BATCH_SIZE, "batch_size", self.batch_size),
            (ranges::BATCH_SIZE, "test_batch_size", self.test_batch_size),
        ] {
            if !range.contains(n as u64) {
                return Err(DataError::option(option, n.to_string(), range.to_string()));
            }
        }
        if !self.repeats.is_causal() {
            let expected =
                "`first`, `merge-consecutive` or `keep`: which is a user's last tells what comes later";
            return Err(DataError::option("repeats", format!("`{}`", self.repeats.name()), expected));
        }
        if !ranges::VALID_FRACTION.contains(self.valid_fraction) {
            let (found, expected) = (self.valid_fraction.to_string(), ranges::VALID_FRACTION.to_string());
            return Err(DataError::option("valid_fraction", found, expected));
        }
        Ok(())
    }
}

fn repeated(names: &[String]) -> Option<&String> {
    names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)).map(|(_, n)| n)
}
