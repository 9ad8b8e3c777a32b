//! Options of the data, one at a time.

use super::{AuxiliaryNegatives, DataOptions, TargetKind, TargetNegatives};
use crate::behaviours::ties::Ties;
use crate::skipped::OnError;

impl DataOptions {
    /// The same with another [`behaviours`](Self#structfield.behaviours).
    #[must_use]
    pub fn with_behaviours(self, behaviours: impl IntoIterator<Item = impl Into<String>>) -> Self {
        DataOptions { behaviours: behaviours.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same with another [`pooled`](Self#structfield.pooled).
    #[must_use]
    pub fn with_pooled(self, pooled: impl IntoIterator<Item = impl Into<String>>) -> Self {
        DataOptions { pooled: pooled.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same with another [`sparse`](Self#structfield.sparse).
    #[must_use]
    pub fn with_sparse(self, sparse: impl IntoIterator<Item = impl Into<String>>) -> Self {
        DataOptions { sparse: sparse.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same with another [`embedding_width`](Self#structfield.embedding_width).
    #[must_use]
    pub fn with_embedding_width(self, embedding_width: usize) -> Self {
        DataOptions { embedding_width, ..self }
    }

    /// The same with another [`min_count`](Self#structfield.min_count).
    #[must_use]
    pub fn with_min_count(self, min_count: usize) -> Self {
        DataOptions { min_count, ..self }
    }

    /// The same with another [`targets`](Self#structfield.targets).
    #[must_use]
    pub fn with_targets(self, targets: TargetKind) -> Self {
        DataOptions { targets, ..self }
    }

    /// The same with another [`first_target`](Self#structfield.first_target).
    #[must_use]
    pub fn with_first_target(self, first_target: usize) -> Self {
        DataOptions { first_target, ..self }
    }

    /// The same with another [`max_history`](Self#structfield.max_history).
    #[must_use]
    pub fn with_max_history(self, max_history: usize) -> Self {
        DataOptions { max_history, ..self }
    }

    /// The same with another [`valid_fraction`](Self#structfield.valid_fraction).
    #[must_use]
    pub fn with_valid_fraction(self, valid_fraction: f64) -> Self {
        DataOptions { valid_fraction, ..self }
    }

    /// The same with another [`split_seed`](Self#structfield.split_seed).
    #[must_use]
    pub fn with_split_seed(self, split_seed: u64) -> Self {
        DataOptions { split_seed, ..self }
    }

    /// The same with another order of [`ties`](Self#structfield.ties).
    #[must_use]
    pub fn with_ties(self, ties: Ties) -> Self {
        DataOptions { ties, ..self }
    }

    /// The same with another [`target_negatives`](Self#structfield.target_negatives).
    #[must_use]
    pub fn with_target_negatives(self, target_negatives: TargetNegatives) -> Self {
        DataOptions { target_negatives, ..self }
    }

    /// The same with another [`auxiliary_negatives`](Self#structfield.auxiliary_negatives).
    #[must_use]
    pub fn with_auxiliary_negatives(self, auxiliary_negatives: AuxiliaryNegatives) -> Self {
        DataOptions { auxiliary_negatives, ..self }
    }

    /// The same with another [`negatives_per_event`](Self#structfield.negatives_per_event).
    #[must_use]
    pub fn with_negatives_per_event(self, negatives_per_event: usize) -> Self {
        DataOptions { negatives_per_event, ..self }
    }

    /// The same with another [`batch_size`](Self#structfield.batch_size).
    #[must_use]
    pub fn with_batch_size(self, batch_size: usize) -> Self {
        DataOptions { batch_size, ..self }
    }

    /// The same with another [`targets_per_history`](Self#structfield.targets_per_history).
    #[must_use]
    pub fn with_targets_per_history(self, targets_per_history: usize) -> Self {
        DataOptions { targets_per_history, ..self }
    }

    /// The same with another [`bucket_batches`](Self#structfield.bucket_batches).
    #[must_use]
    pub fn with_bucket_batches(self, bucket_batches: usize) -> Self {
        DataOptions { bucket_batches, ..self }
    }

    /// The same with another [`test_batch_size`](Self#structfield.test_batch_size).
    #[must_use]
    pub fn with_test_batch_size(self, test_batch_size: usize) -> Self {
        DataOptions { test_batch_size, ..self }
    }

    /// The same with another [`shuffle`](Self#structfield.shuffle).
    #[must_use]
    pub fn with_shuffle(self, shuffle: usize) -> Self {
        DataOptions { shuffle, ..self }
    }

    /// The same with another [`on_error`](Self#structfield.on_error).
    #[must_use]
    pub fn with_on_error(self, on_error: OnError) -> Self {
        DataOptions { on_error, ..self }
    }
}
