//! A batch: histories, and targets that look back on them.

/// Histories and the targets to be scored against them.
///
/// What depends on a history alone is computed once, however many targets look back on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The behaviour sequences.
    pub histories: Histories,
    /// The samples: each names a history, how much of it counts, and a candidate.
    pub targets: Targets,
    /// What the targets look back on in each extra sequence, in the order of
    /// [`Features::extra_sequences`](crate::Features::extra_sequences).
    pub extra_sequences: Vec<Behaviours>,
}

/// Histories of one sequence of behaviours, and each target's window on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviours {
    /// The behaviour sequences.
    pub histories: Histories,
    /// By target, which history.
    pub history: Vec<u32>,
    /// By target, the first event; see [`Targets::start`].
    pub start: Vec<u32>,
    /// By target, one past the last event; see [`Targets::end`].
    pub end: Vec<u32>,
}

/// One sequence of behaviours of a batch, be it the first or an extra one.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    /// The behaviour sequences.
    pub histories: &'a Histories,
    /// By target, which history.
    pub history: &'a [u32],
    /// By target, the first event.
    pub start: &'a [u32],
    /// By target, one past the last event.
    pub end: &'a [u32],
}

/// Jagged behaviour sequences, oldest event first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histories {
    /// History `i` has the events `offsets[i]..offsets[i + 1]`; starts with 0. One more entry than histories.
    pub offsets: Vec<u32>,
    /// Ids by behaviour feature, then by event: `ids[feature][event]`.
    pub ids: Vec<Vec<u32>>,
    /// Sampled negatives for the auxiliary loss, `negatives[feature][event * negatives_per_event + j]`: what
    /// did *not* happen at that event. Those of a history's first event are not used. May be empty if there
    /// are none.
    pub negatives: Vec<Vec<u32>>,
    /// How many negatives each event has.
    pub negatives_per_event: usize,
}

/// Samples: one entry per target in each list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    /// Which history.
    pub history: Vec<u32>,
    /// The first event of the history, counted from its own start, that attention, evolution and pooling
    /// read.
    pub start: Vec<u32>,
    /// One past the last event that the target sees; `start == end` is an empty history.
    pub end: Vec<u32>,
    /// The candidate's ids by behaviour feature: `candidate[feature][target]`.
    pub candidate: Vec<Vec<u32>>,
    /// Profile and context ids: `sparse[feature][target]`.
    pub sparse: Vec<Vec<u32>>,
    /// Lists of ids that are not behaviours: `multi_hot[feature]`.
    pub multi_hot: Vec<Jagged>,
    /// Numbers: `dense[feature][target]`.
    pub dense: Vec<Vec<f32>>,
    /// 1 for a click, 0 for none.
    pub label: Vec<f32>,
    /// How much a target counts in the loss, which is Σ w l / Σ w; empty if all count alike.
    pub weight: Vec<f32>,
    /// The user, for metrics by user (GAUC); not seen by the model.
    pub group_id: Vec<u32>,
}

/// Lists of ids of any length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jagged {
    /// List `i` is `ids[offsets[i]..offsets[i + 1]]`; starts with 0. One more entry than lists.
    pub offsets: Vec<u32>,
    /// All lists, one after the other.
    pub ids: Vec<u32>,
}

impl Histories {
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

impl Targets {
    /// How many targets.
    pub fn len(&self) -> usize {
        self.history.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.history.is_empty()
    }
}

impl Batch {
    /// Every sequence of behaviours, the first one first.
    pub fn sequences(&self) -> impl Iterator<Item = Sequence<'_>> {
        let t = &self.targets;
        let first =
            Sequence { histories: &self.histories, history: &t.history, start: &t.start, end: &t.end };
        std::iter::once(first).chain(self.extra_sequences.iter().map(|b| Sequence {
            histories: &b.histories,
            history: &b.history,
            start: &b.start,
            end: &b.end,
        }))
    }
}
