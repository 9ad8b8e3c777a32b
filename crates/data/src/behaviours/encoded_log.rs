//! A log of behaviours, encoded and split.

use std::collections::HashMap;

use dien_model::Features;
use dien_serving::encoding::{ItemTable, Vocabularies};

use crate::batch::indexed::{Draws, IndexedBatches};
use crate::behaviours::log::Log;
use crate::encode::log::LogTables;
use crate::error::DataError;
use crate::impressions::PredictionBatch;
use crate::row_counts::RowCounts;
use crate::sample::options::{DataOptions, TargetKind};
use crate::sample::sampler::Sampler;
use crate::sample::samples::{Context, Names, Part, Samples, pick_lists};
use crate::sample::split::Split;
use crate::sample::targets::Parts;

/// A behaviour log as ids, with its vocabularies, its split and its samplers. Immutable, and shared freely by
/// threads.
#[derive(Clone, Debug)]
pub struct EncodedLog {
    samples: Samples,
    parts: Parts,
    names: Names,
    vocabularies: Vocabularies,
    features: Features,
    rows: RowCounts,
}

impl EncodedLog {
    /// Encodes a log with vocabularies of its own, from its non-test users.
    ///
    /// # Errors
    /// An impossible option, or one that asks for what the log lacks; a validation or test user without a
    /// negative; no training target; training behaviours that all look alike, so that no negative can be
    /// drawn.
    pub fn new(log: Log, options: &DataOptions) -> Result<Self, DataError> {
        options.validate()?;
        let vocabularies = log.vocabularies(options)?;
        Self::with_vocabularies(log, vocabularies, options)?.trainable()
    }

    fn trainable(self) -> Result<Self, DataError> {
        if self.parts.train.targets.is_empty() {
            let found = "no training target among its users";
            let expected = "training users with enough behaviours (see `first_target`)";
            return Err(DataError::log("log", found, expected));
        }
        Ok(self)
    }

    /// Encodes a log for a model to be trained further on: the ids that it knows stay what they are, and new
    /// ones come after them.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn continuing(
        log: Log,
        vocabularies: &Vocabularies,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        options.validate()?;
        let own = LogTables::new(&log, options, Some(vocabularies))?.vocabularies()?;
        let all = vocabularies.extended(&own);
        Self::with_vocabularies(log, all, options)?.trainable()
    }

    /// Encodes a log with the vocabularies of a model, to score it on other behaviours.
    ///
    /// # Errors
    /// As [`new`](Self::new), but a log without training targets will do; a vocabulary that the options ask
    /// for is not there.
    pub fn with_vocabularies(
        log: Log,
        vocabularies: Vocabularies,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        options.validate()?;
        distinct_items(&log, &vocabularies)?;
        let columns = LogTables::new(&log, options, Some(&vocabularies))?.columns(&vocabularies)?;
        let split = Split::of_users(&log, options);
        let (histories, parts) = Parts::new(&log, &split, options)?;
        let training = (0..).zip(log.users()).filter(|(_, user)| !user.test);
        let occurrences = training.flat_map(|(index, _)| histories.get(index)).copied().collect();
        let sampler = Sampler::new(&log, occurrences, &columns.class, options.target_negatives)?;
        if !parts.train.targets.is_empty() && !sampler.is_enough() && draws(options) {
            let expected = "at least two that the features tell apart, or no positive has a negative";
            return Err(DataError::log("training behaviours", "one kind of item", expected));
        }
        let mut rows = RowCounts::default();
        log.users().iter().for_each(|user| rows.add(split.part_of(user), user.events.len() as u64));
        let features = options.features(&vocabularies);
        let (users, items) = log.into_ids();
        let samples = Samples {
            options: options.clone(),
            columns,
            sampler,
            histories,
            context: Context::User,
            extra_sequences: vec![],
        };
        Ok(EncodedLog { samples, parts, names: Names { users, items }, vocabularies, features, rows })
    }

    /// The features of a model for this data. Its batches pass [`validate`](dien_model::Batch::validate) with
    /// them.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The options it was made with.
    pub fn options(&self) -> &DataOptions {
        &self.samples.options
    }

    /// The vocabularies, one per embedding table.
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
    }

    /// How many behaviours the users have that train, validate and test; those with too few for a target
    /// train, for the vocabularies know them.
    pub fn rows(&self) -> RowCounts {
        self.rows
    }

    /// The features of every item, for a model to be served with.
    pub fn item_table(&self) -> ItemTable {
        let names = self.names.items.iter().map(|name| self.vocabularies.canonical("item", name));
        let columns = &self.samples.columns;
        let is_bag = |place: usize| columns.bags.iter().any(|(bag, _)| *bag == place);
        let singles = (0..).zip(&columns.behaviours).filter(|(place, _)| !is_bag(*place));
        let singles = singles.map(|(_, ids)| ids.clone()).collect();
        let bags = columns.bags.iter();
        let bags = bags.map(|(place, lists)| (*place, pick_lists(lists, &columns.behaviours[*place])));
        let table = ItemTable::new(names, singles, columns.multi_hot.clone()).and_then(|t| t.with_bags(bags));
        table.expect("a log has each item once, and a column has a cell an item")
    }

    /// The training batches of an epoch, counted from 0: a shuffle and negatives of its own.
    pub fn epoch(&self, seed: u64, epoch: u64) -> IndexedBatches<'_> {
        self.batches(&self.parts.train, Some(Draws { seed, epoch, part: 0, before: 0 }))
    }

    /// The validation users' batches, by ascending length of history. Empty if none are held out.
    pub fn validation(&self) -> IndexedBatches<'_> {
        self.batches(&self.parts.valid, None)
    }

    /// The test users' batches, by ascending length of history.
    pub fn test(&self) -> IndexedBatches<'_> {
        self.batches(&self.parts.test, None)
    }

    /// Calls `each` with the test users' targets in their order, to be scored, until it gives `false`. Of
    /// each the columns in `keep` come along: `user` and `item`, as the log calls them, and `label`.
    ///
    /// # Errors
    /// There is no such column.
    pub fn prediction_batches(
        &self,
        keep: &[String],
        mut each: impl FnMut(PredictionBatch) -> bool,
    ) -> Result<(), DataError> {
        if let Some(name) = keep.iter().find(|name| !["user", "item", "label"].contains(&name.as_str())) {
            let expected = "`user`, `item` or `label`, which targets of behaviours have";
            return Err(DataError::log("columns to keep", format!("`{name}`"), expected));
        }
        let batches = self.test();
        for index in 0..batches.len() {
            let batch = batches.batch(index);
            let labels: Vec<String> = batch.targets.label.iter().map(f32::to_string).collect();
            let (users, items): (Vec<&str>, Vec<&str>) = batches.ids(index).unzip();
            let column = |name: &String| match name.as_str() {
                "user" => users.clone(),
                "item" => items.clone(),
                _ => labels.iter().map(String::as_str).collect(),
            };
            if !each(PredictionBatch::of_targets(batch, keep.iter().map(column).collect())) {
                break;
            }
        }
        Ok(())
    }

    /// The ids of the users that train, validate and test: those with a target.
    pub fn training_users(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids(&self.parts.train)
    }

    /// See [`training_users`](Self::training_users).
    pub fn validation_users(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids(&self.parts.valid)
    }

    /// See [`training_users`](Self::training_users).
    pub fn test_users(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids(&self.parts.test)
    }

    fn batches<'a>(&'a self, part: &'a Part, draws: Option<Draws>) -> IndexedBatches<'a> {
        IndexedBatches::new(&self.samples, part, draws, Some(&self.names))
    }

    fn ids<'a>(&'a self, part: &'a Part) -> impl ExactSizeIterator<Item = &'a str> {
        part.users.iter().map(|&u| self.names.users[u as usize].as_str())
    }
}

/// That no two items have one name, however it is written.
fn distinct_items(log: &Log, vocabularies: &Vocabularies) -> Result<(), DataError> {
    let mut names = HashMap::with_capacity(log.items().len());
    for item in log.items() {
        if let Some(other) = names.insert(vocabularies.canonical("item", &item.id), &item.id) {
            let expected = format!("an item of its own: `{other}` is the same number");
            return Err(DataError::log("items", format!("`{}`", item.id), expected));
        }
    }
    Ok(())
}

fn draws(options: &DataOptions) -> bool {
    options.targets != TargetKind::Real || options.negatives_per_event > 0
}
