//! A batch: histories, and targets that look back on them.

use crate::{Features, Histories, Jagged, Targets};

/// Histories and the targets to be scored against them.
///
/// What depends on a history alone is computed once, however many targets look back on it.
///
/// ```
/// use dien_model::{Batch, Features, Histories, Targets};
///
/// // Items and categories of two users' events: two of the first, three of the second.
/// let histories = Histories::new(vec![0, 2, 5], vec![vec![7, 2, 3, 9, 2], vec![1, 1, 2, 1, 1]]);
/// // Each is shown item 4 of category 2; the second clicked.
/// let candidate = vec![vec![4, 4], vec![2, 2]];
/// let targets = Targets::new(vec![0, 1], vec![0, 0], vec![2, 3], candidate).with_label(vec![0.0, 1.0]);
/// Batch::new(histories, targets).validate(&Features::item_category(10, 3, 18))?;
/// # Ok::<(), dien_model::BatchError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// The behaviour sequences.
    pub histories: Histories,
    /// The samples: each names a history, how much of it counts, and a candidate.
    pub targets: Targets,
    /// What the targets look back on in each extra sequence, in the order of
    /// [`Features::extra_sequences`](crate::Features::extra_sequences).
    pub extra_sequences: Vec<Behaviours>,
    /// By [bag](crate::EmbeddingFeature::is_bag) among the behaviour features, in their order, the lists of
    /// ids that the batch's events, negatives and candidates have: what they hold of such a feature is a
    /// list's place here. Those with equal lists may share one.
    pub bags: Vec<Jagged>,
}

/// Histories of one sequence of behaviours, and each target's window on them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
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
#[non_exhaustive]
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

impl Batch {
    /// Targets that look back on one sequence of behaviours.
    pub fn new(histories: Histories, targets: Targets) -> Self {
        Batch { histories, targets, extra_sequences: vec![], bags: vec![] }
    }

    /// The same with what the targets look back on in extra sequences, in the order of the features'.
    #[must_use]
    pub fn with_extra_sequences(self, extra_sequences: Vec<Behaviours>) -> Self {
        Batch { extra_sequences, ..self }
    }

    /// The same with the lists of ids of bags, in the order of the features'.
    #[must_use]
    pub fn with_bags(self, bags: Vec<Jagged>) -> Self {
        Batch { bags, ..self }
    }

    /// The ids of a behaviour feature, counted in their order: `ids` themselves, or, of a
    /// [bag](crate::EmbeddingFeature::is_bag), those of the lists that they are places of.
    pub fn feature_ids<'a>(
        &'a self,
        features: &Features,
        feature: usize,
        ids: &'a [u32],
    ) -> impl Iterator<Item = u32> + 'a {
        let of = &features.behaviours;
        let before = of[..feature].iter().filter(|lookup| lookup.is_bag).count();
        let bags = of[feature].is_bag.then(|| &self.bags[before]);
        ids.iter()
            .flat_map(move |id| match bags {
                Some(bags) => bags.list(*id as usize),
                None => std::slice::from_ref(id),
            })
            .copied()
    }

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

impl Behaviours {
    /// By target, the events `start..end` of a history.
    pub fn new(histories: Histories, history: Vec<u32>, start: Vec<u32>, end: Vec<u32>) -> Self {
        Behaviours { histories, history, start, end }
    }
}
