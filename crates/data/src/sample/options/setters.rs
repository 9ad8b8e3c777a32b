//! Options of the data, one at a time.

use dien_serving::encoding::Repeats;

use super::{AuxiliaryNegatives, DataOptions, TargetKind, TargetNegatives};
use crate::behaviours::ties::Ties;
use crate::setters::setters;
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
}

setters! {
    DataOptions {
        with_embedding_width: embedding_width = usize,
        with_min_count: min_count = usize,
        with_targets: targets = TargetKind,
        with_first_target: first_target = usize,
        with_max_history: max_history = usize,
        with_repeats: repeats = Repeats,
        with_valid_fraction: valid_fraction = f64,
        with_split_seed: split_seed = u64,
        with_ties: ties = Ties,
        with_target_negatives: target_negatives = TargetNegatives,
        with_auxiliary_negatives: auxiliary_negatives = AuxiliaryNegatives,
        with_negatives_per_event: negatives_per_event = usize,
        with_batch_size: batch_size = usize,
        with_targets_per_history: targets_per_history = usize,
        with_bucket_batches: bucket_batches = usize,
        with_test_batch_size: test_batch_size = usize,
        with_shuffle: shuffle = usize,
        with_on_error: on_error = OnError,
    }
}
