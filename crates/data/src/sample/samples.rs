//! Encoded histories, and targets that look back on them: what batches are made of, wherever they came from.

use dien_model::Jagged;

use crate::sample::options::{DataOptions, TargetKind};
use crate::sample::sampler::Sampler;

/// Histories, and what their items are.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub options: DataOptions,
    pub columns: Columns,
    pub sampler: Sampler,
    pub histories: Histories,
    pub context: Context,
    /// The extra sequences of behaviours.
    pub extra_sequences: Vec<ExtraSequence>,
}

/// Ids by feature, then by item or user, so that no batch looks up a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub behaviours: Vec<Vec<u32>>,
    /// Which of those are places of lists, and the lists, each once.
    pub bags: Vec<(usize, Jagged)>,
    pub multi_hot: Vec<Jagged>,
    pub sparse: Vec<Vec<u32>>,
    /// Items of one class look the same to the model: they agree in every behaviour feature.
    pub class: Vec<u32>,
}

/// An extra sequence of behaviours: whole histories, of which every target sees one.
#[derive(Clone, Debug)]
pub(crate) struct ExtraSequence {
    pub histories: Histories,
    pub sampler: Sampler,
    /// By target, its history.
    pub history: Vec<u32>,
}

/// Items by user, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Histories {
    events: Vec<u32>,
    offsets: Vec<usize>,
}

/// What a target has beside its candidate.
#[derive(Clone, Debug)]
pub(crate) enum Context {
    /// Its user, whose features are in the columns.
    User,
    /// Features of its own.
    Target(Rows),
}

/// What a log calls its users and items.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub users: Vec<String>,
    pub items: Vec<String>,
}

/// Features by target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub sparse: Vec<Vec<u32>>,
    pub multi_hot: Vec<Jagged>,
    pub dense: Vec<Vec<f32>>,
    /// How much a target counts in the loss; empty if all count alike.
    pub weight: Vec<f32>,
    /// For metrics by group.
    pub group_id: Vec<u32>,
}

/// A candidate at a place in a user's history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// How many of the user's events are before it.
    pub end: u32,
    pub item: u32,
    pub label: f32,
}

/// The targets of some users.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub users: Vec<u32>,
    /// Those of `users[i]` are `targets[offsets[i]..offsets[i + 1]]`, by ascending `end`.
    pub offsets: Vec<usize>,
    pub targets: Vec<Target>,
}

impl Rows {
    /// The rows in another order.
    pub fn in_order(&self, order: &[u32]) -> Self {
        Rows {
            sparse: self.sparse.iter().map(|ids| pick(ids, order)).collect(),
            multi_hot: self.multi_hot.iter().map(|lists| pick_lists(lists, order)).collect(),
            dense: self.dense.iter().map(|numbers| pick(numbers, order)).collect(),
            weight: if self.weight.is_empty() { vec![] } else { pick(&self.weight, order) },
            group_id: pick(&self.group_id, order),
        }
    }
}

/// The entries at some places.
pub(crate) fn pick<T: Copy>(column: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|&place| column[place as usize]).collect()
}

/// The lists at some places.
pub(crate) fn pick_lists(lists: &Jagged, places: &[u32]) -> Jagged {
    let mut picked = Jagged { offsets: Vec::with_capacity(places.len() + 1), ids: vec![] };
    picked.offsets.push(0);
    for &place in places {
        let bounds = lists.offsets[place as usize] as usize..lists.offsets[place as usize + 1] as usize;
        picked.ids.extend_from_slice(&lists.ids[bounds]);
        picked.offsets.push(picked.ids.len() as u32);
    }
    picked
}

impl Samples {
    /// Whether every training target is a positive, whose negative is drawn.
    pub fn draws_targets(&self) -> bool {
        self.options.targets != TargetKind::Real
    }
}

impl Default for Histories {
    fn default() -> Self {
        Histories { events: vec![], offsets: vec![0] }
    }
}

impl Histories {
    /// Adds a user.
    pub fn push(&mut self, events: impl IntoIterator<Item = u32>) {
        self.events.extend(events);
        self.offsets.push(self.events.len());
    }

    /// One user's events.
    pub fn get(&self, user: u32) -> &[u32] {
        &self.events[self.offsets[user as usize]..self.offsets[user as usize + 1]]
    }

    /// How many users.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The events of all users.
    pub fn events(&self) -> &[u32] {
        &self.events
    }
}

impl Default for Part {
    fn default() -> Self {
        Part { users: vec![], offsets: vec![0], targets: vec![] }
    }
}
