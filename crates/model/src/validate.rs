//! Whether a batch is one that a model can read.

use crate::features::{EmbeddingFeature, Features};
use crate::{Batch, Jagged, Sequence};

/// What is wrong with a batch.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A list has the wrong number of entries.
    #[error("{what}: expected {expected} entries, found {found}")]
    Length {
        /// Which list.
        what: String,
        /// How many entries it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// An id is not in its vocabulary.
    #[error("{what}: id {id} at position {position} is beyond the table `{table}` of {rows} rows")]
    Id {
        /// Which list.
        what: String,
        /// Where in the list.
        position: usize,
        /// The id.
        id: u32,
        /// The table's name.
        table: String,
        /// How many rows the table has.
        rows: usize,
    },
    /// A bag is not among the batch's.
    #[error("{what}: bag {bag} at position {position}, of {bags} bags, counted from 0")]
    Bag {
        /// Which list.
        what: String,
        /// Where in the list.
        position: usize,
        /// The bag.
        bag: u32,
        /// How many there are.
        bags: usize,
    },
    /// A number is NaN or infinite.
    #[error("dense feature `{name}`: {value} at target {target}; expected a finite number")]
    NotFinite {
        /// The feature.
        name: String,
        /// Which target.
        target: usize,
        /// What was found.
        value: f32,
    },
    /// A label is not within 0 and 1.
    #[error("label: {value} at target {target}; expected 0 or 1, or a number between")]
    Label {
        /// Which target.
        target: usize,
        /// What was found.
        value: f32,
    },
    /// A weight is negative, NaN or infinite.
    #[error("weight: {value} at target {target}; expected a finite number of at least 0")]
    Weight {
        /// Which target.
        target: usize,
        /// What was found.
        value: f32,
    },
    /// Offsets do not start at 0 or go down.
    #[error("{what}: offsets must start at 0 and not decrease; entry {position} is {value}")]
    Offsets {
        /// Which list.
        what: String,
        /// Which entry.
        position: usize,
        /// What was found.
        value: u32,
    },
    /// A target looks at events that its history does not have.
    #[error("target {target}: events {start}..{end} of {sequence} {history}, which has {events}")]
    Window {
        /// Of which sequence of behaviours.
        sequence: String,
        /// Which target.
        target: usize,
        /// Its history.
        history: u32,
        /// Its first event.
        start: u32,
        /// One past its last event.
        end: u32,
        /// How many events the history has; 0 if there is no such history.
        events: u32,
    },
}

impl Batch {
    /// Checks every length, id, window and number, so that the model need not.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self, features: &Features) -> Result<(), BatchError> {
        let t = &self.targets;
        let n = t.len();
        check_len("extra sequences", features.extra_sequences.len(), self.extra_sequences.len())?;
        check_bags(features, &self.bags)?;
        let names = std::iter::once("").chain(features.extra_sequences.iter().map(String::as_str));
        for (name, sequence) in names.zip(self.sequences()) {
            sequence.validate(name, features, &self.bags, n)?;
        }
        if let Some(target) = t.label.iter().position(|y| !(0.0..=1.0).contains(y)) {
            return Err(BatchError::Label { target, value: t.label[target] });
        }
        check_len("label", n, t.label.len())?;
        check_len("group_id", n, t.group_id.len())?;
        if !t.weight.is_empty() {
            check_len("weight", n, t.weight.len())?;
        }
        if let Some(target) = t.weight.iter().position(|&w| !(w >= 0.0 && w.is_finite())) {
            return Err(BatchError::Weight { target, value: t.weight[target] });
        }
        check_event_ids("candidate", features, &self.bags, t.candidate.iter().map(Vec::as_slice), n)?;
        check_ids("sparse", features, &features.sparse, t.sparse.iter().map(Vec::as_slice), n)?;
        check_multi_hot(features, &t.multi_hot, n)?;
        check_len("dense features", features.dense.len(), t.dense.len())?;
        for (name, column) in features.dense.iter().zip(&t.dense) {
            check_len(name, n, column.len())?;
            if let Some(target) = column.iter().position(|x| !x.is_finite()) {
                return Err(BatchError::NotFinite { name: name.clone(), target, value: column[target] });
            }
        }
        Ok(())
    }
}

impl Sequence<'_> {
    /// `name` is that of an extra sequence, empty for the first.
    fn validate(
        &self,
        name: &str,
        features: &Features,
        bags: &[Jagged],
        targets: usize,
    ) -> Result<(), BatchError> {
        let of = |what: &str| if name.is_empty() { what.into() } else { format!("{what} of `{name}`") };
        let h = self.histories;
        check_offsets(&of("histories"), &h.offsets)?;
        let ids = h.ids.iter().map(Vec::as_slice);
        check_event_ids(&of("histories"), features, bags, ids, h.events())?;
        if h.negatives_per_event > 0 {
            let count = h.events() * h.negatives_per_event;
            let negatives = h.negatives.iter().map(Vec::as_slice);
            check_event_ids(&of("negatives"), features, bags, negatives, count)?;
        }
        for (what, list) in [("history", self.history), ("start", self.start), ("end", self.end)] {
            check_len(&of(what), targets, list.len())?;
        }
        for target in 0..targets {
            let (history, start, end) = (self.history[target], self.start[target], self.end[target]);
            let bounds = h.offsets.get(history as usize..).and_then(|o| o.get(..2));
            let events = bounds.map_or(0, |o| o[1] - o[0]);
            if bounds.is_none() || start > end || end > events {
                let sequence = of("history");
                return Err(BatchError::Window { sequence, target, history, start, end, events });
            }
        }
        Ok(())
    }
}

pub(crate) fn check_len(what: &str, expected: usize, found: usize) -> Result<(), BatchError> {
    if expected == found { Ok(()) } else { Err(BatchError::Length { what: what.into(), expected, found }) }
}

pub(crate) fn check_offsets(what: &str, offsets: &[u32]) -> Result<(), BatchError> {
    let bad = |position, value| Err(BatchError::Offsets { what: what.into(), position, value });
    match offsets.first() {
        None => return Err(BatchError::Length { what: format!("{what} offsets"), expected: 1, found: 0 }),
        Some(&first) if first != 0 => return bad(0, first),
        Some(_) => {}
    }
    match offsets.windows(2).position(|w| w[1] < w[0]) {
        Some(i) => bad(i + 1, offsets[i + 1]),
        None => Ok(()),
    }
}

/// That there are lists for each bag among the behaviour features, and each of their ids has a row.
pub(crate) fn check_bags(features: &Features, bags: &[Jagged]) -> Result<(), BatchError> {
    check_len("bags", features.bags().count(), bags.len())?;
    for (lookup, bags) in features.bags().zip(bags) {
        check_offsets(&format!("bags `{}`", lookup.name), &bags.offsets)?;
        let count = *bags.offsets.last().expect("checked above") as usize;
        check_ids("bags", features, std::slice::from_ref(lookup), std::iter::once(&bags.ids[..]), count)?;
    }
    Ok(())
}

/// That there are ids by behaviour feature, `count` of each, and each has a row in its table, or is one of
/// the `bags`, which were checked.
pub(crate) fn check_event_ids<'a>(
    what: &str,
    features: &Features,
    bags: &[Jagged],
    ids: impl ExactSizeIterator<Item = &'a [u32]>,
    count: usize,
) -> Result<(), BatchError> {
    check_len(&format!("{what} features"), features.behaviours.len(), ids.len())?;
    let mut bags = bags.iter();
    for (lookup, column) in features.behaviours.iter().zip(ids) {
        if !lookup.is_bag {
            check_ids(what, features, std::slice::from_ref(lookup), std::iter::once(column), count)?;
            continue;
        }
        let (what, bags) = (format!("{what} `{}`", lookup.name), bags.next().map_or(0, Jagged::len));
        check_len(&what, count, column.len())?;
        if let Some(position) = column.iter().position(|&bag| bag as usize >= bags) {
            return Err(BatchError::Bag { what, position, bag: column[position], bags });
        }
    }
    Ok(())
}

/// That there are ids by feature, `count` of each, and each has a row in its table.
pub(crate) fn check_ids<'a>(
    what: &str,
    features: &Features,
    lookups: &[EmbeddingFeature],
    ids: impl ExactSizeIterator<Item = &'a [u32]>,
    count: usize,
) -> Result<(), BatchError> {
    check_len(&format!("{what} features"), lookups.len(), ids.len())?;
    for (lookup, column) in lookups.iter().zip(ids) {
        let what = format!("{what} `{}`", lookup.name);
        check_len(&what, count, column.len())?;
        let table = &features.tables[lookup.table];
        if let Some(position) = column.iter().position(|&id| id as usize >= table.num_embeddings) {
            let (id, table, rows) = (column[position], table.name.clone(), table.num_embeddings);
            return Err(BatchError::Id { what, position, id, table, rows });
        }
    }
    Ok(())
}

/// That there is a list of ids for each of `n` targets, by multi-hot feature.
pub(crate) fn check_multi_hot(features: &Features, multi_hot: &[Jagged], n: usize) -> Result<(), BatchError> {
    check_len("multi-hot features", features.multi_hot.len(), multi_hot.len())?;
    for (lookup, list) in features.multi_hot.iter().zip(multi_hot) {
        let what = format!("multi-hot `{}`", lookup.name);
        check_offsets(&what, &list.offsets)?;
        check_len(&what, n, list.offsets.len() - 1)?;
        let count = *list.offsets.last().expect("checked above") as usize;
        let ids = std::iter::once(&list.ids[..]);
        check_ids("multi-hot", features, std::slice::from_ref(lookup), ids, count)?;
    }
    Ok(())
}
