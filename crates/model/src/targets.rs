//! What is scored, and what it looks back on.

use crate::Jagged;

/// Samples: one entry per target in each list.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Targets {
    /// Which history.
    pub history: Vec<u32>,
    /// The first event of the history, counted from its own start, that attention, evolution and pooling
    /// read.
    pub start: Vec<u32>,
    /// One past the last event that the target sees; `start == end` is an empty history.
    pub end: Vec<u32>,
    /// The candidate's ids by behaviour feature: `candidate[feature][target]`. Those of a
    /// [bag](crate::EmbeddingFeature::is_bag) are places among the batch's [`bags`](crate::Batch::bags).
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

impl Targets {
    /// Targets that see the events `start..end` of a history each, and have a `candidate[feature]`. Nothing
    /// else is known of them; they have the label 0, and are all of one group.
    pub fn new(history: Vec<u32>, start: Vec<u32>, end: Vec<u32>, candidate: Vec<Vec<u32>>) -> Self {
        let n = history.len();
        let (label, group_id) = (vec![0.0; n], vec![0; n]);
        Targets { history, start, end, candidate, label, group_id, ..Targets::default() }
    }

    /// The same with ids of profile and context, `sparse[feature][target]`.
    #[must_use]
    pub fn with_sparse(self, sparse: Vec<Vec<u32>>) -> Self {
        Targets { sparse, ..self }
    }

    /// The same with lists of ids that are not behaviours, `multi_hot[feature]`.
    #[must_use]
    pub fn with_multi_hot(self, multi_hot: Vec<Jagged>) -> Self {
        Targets { multi_hot, ..self }
    }

    /// The same with numbers, `dense[feature][target]`.
    #[must_use]
    pub fn with_dense(self, dense: Vec<Vec<f32>>) -> Self {
        Targets { dense, ..self }
    }

    /// The same with labels: 1 for a click, 0 for none.
    #[must_use]
    pub fn with_label(self, label: Vec<f32>) -> Self {
        Targets { label, ..self }
    }

    /// The same with weights in the loss.
    #[must_use]
    pub fn with_weight(self, weight: Vec<f32>) -> Self {
        Targets { weight, ..self }
    }

    /// The same with users, for metrics by user.
    #[must_use]
    pub fn with_group_id(self, group_id: Vec<u32>) -> Self {
        Targets { group_id, ..self }
    }

    /// How many targets.
    pub fn len(&self) -> usize {
        self.history.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.history.is_empty()
    }
}
