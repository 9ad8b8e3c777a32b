//! Behaviour sequences, and other lists of ids of any length.

use serde::{Deserialize, Serialize};

/// Jagged behaviour sequences, oldest event first.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Histories {
    /// History `i` has the events `offsets[i]..offsets[i + 1]`; starts with 0. One more entry than histories.
    pub offsets: Vec<u32>,
    /// Ids by behaviour feature, then by event: `ids[feature][event]`. Those of a
    /// [bag](crate::EmbeddingFeature::is_bag) are places among the batch's [`bags`](crate::Batch::bags).
    pub ids: Vec<Vec<u32>>,
    /// Sampled negatives for the auxiliary loss, `negatives[feature][event * negatives_per_event + j]`: what
    /// did *not* happen at that event. Those of a history's first event are not used. May be empty if there
    /// are none.
    pub negatives: Vec<Vec<u32>>,
    /// How many negatives each event has.
    pub negatives_per_event: usize,
}

/// Lists of ids of any length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Jagged {
    /// List `i` is `ids[offsets[i]..offsets[i + 1]]`; starts with 0. One more entry than lists.
    pub offsets: Vec<u32>,
    /// All lists, one after the other.
    pub ids: Vec<u32>,
}

impl Histories {
    /// Histories without negatives: number `i` has the events `offsets[i]..offsets[i + 1]` of `ids[feature]`.
    pub fn new(offsets: Vec<u32>, ids: Vec<Vec<u32>>) -> Self {
        Histories { offsets, ids, ..Histories::default() }
    }

    /// The same with [`negatives`](Self::negatives), so many an event.
    #[must_use]
    pub fn with_negatives(self, negatives: Vec<Vec<u32>>, negatives_per_event: usize) -> Self {
        Histories { negatives, negatives_per_event, ..self }
    }

    /// How many histories.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events all histories have together.
    pub fn events(&self) -> usize {
        self.offsets.last().map_or(0, |&n| n as usize)
    }
}

impl Jagged {
    /// List `i` is `ids[offsets[i]..offsets[i + 1]]`.
    pub fn new(offsets: Vec<u32>, ids: Vec<u32>) -> Self {
        Jagged { offsets, ids }
    }

    /// How many lists.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A list.
    ///
    /// # Panics
    /// If there is none of this number.
    pub fn list(&self, i: usize) -> &[u32] {
        &self.ids[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }

    /// Adds a list to the end, to those of at least the offset 0.
    pub fn push(&mut self, list: impl IntoIterator<Item = u32>) {
        self.ids.extend(list);
        self.offsets.push(self.ids.len() as u32);
    }

    /// So many empty lists.
    pub fn empty(lists: usize) -> Self {
        Jagged { offsets: vec![0; lists + 1], ids: vec![] }
    }
}
