//! What is scored.

use serde::{Deserialize, Serialize};

use super::ServingError;
use crate::validate::{check_bags, check_event_ids, check_ids, check_len, check_multi_hot};
use crate::{Features, Jagged, OOV};

/// Candidates as ids; the lists are by feature, as in [`Targets`](crate::Targets).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Candidates {
    /// Behaviour features: `ids[feature][candidate]`; of a [bag](crate::EmbeddingFeature::is_bag) the places
    /// of lists among the bags.
    pub ids: Vec<Vec<u32>>,
    /// Lists of ids that are not behaviours: `multi_hot[feature]`, one list a candidate.
    pub multi_hot: Vec<Jagged>,
    /// By bag, in the order of the behaviour features.
    pub bags: Vec<Jagged>,
}

/// What is known beside the behaviours, as [`Targets`](crate::Targets) has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// Ids by sparse feature; [`OOV`] for what is not known.
    pub sparse: Vec<u32>,
    /// Numbers by dense feature.
    pub dense: Vec<f32>,
}

impl Candidates {
    /// Candidates of these `ids[feature][candidate]`.
    pub fn new(ids: Vec<Vec<u32>>) -> Self {
        Candidates { ids, ..Candidates::default() }
    }

    /// The same with lists of ids that are not behaviours, `multi_hot[feature]`.
    #[must_use]
    pub fn with_multi_hot(self, multi_hot: Vec<Jagged>) -> Self {
        Candidates { multi_hot, ..self }
    }

    /// The same with the lists of the bags among the behaviour features.
    #[must_use]
    pub fn with_bags(self, bags: Vec<Jagged>) -> Self {
        Candidates { bags, ..self }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ids.first().map_or(0, Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That they are candidates of a model with these features.
    pub(super) fn check(&self, features: &Features) -> Result<(), ServingError> {
        let n = self.len();
        check_bags(features, &self.bags)?;
        check_event_ids("candidate", features, &self.bags, self.ids.iter().map(Vec::as_slice), n)?;
        Ok(check_multi_hot(features, &self.multi_hot, n)?)
    }
}

impl Profile {
    /// Ids by sparse feature, and numbers by dense feature.
    pub fn new(sparse: Vec<u32>, dense: Vec<f32>) -> Self {
        Profile { sparse, dense }
    }

    /// Nothing is known: ids out of vocabulary, and zeros.
    pub fn unknown(features: &Features) -> Self {
        Profile { sparse: vec![OOV; features.sparse.len()], dense: vec![0.0; features.dense.len()] }
    }

    /// That it is one of a model with these features.
    pub(super) fn check(&self, features: &Features) -> Result<(), ServingError> {
        check_ids("profile", features, &features.sparse, self.sparse.chunks(1), 1)?;
        check_len("profile's dense features", features.dense.len(), self.dense.len())?;
        let mut numbers = features.dense.iter().zip(&self.dense);
        match numbers.find(|(_, x)| !x.is_finite()) {
            Some((name, &value)) => Err(ServingError::Number { what: format!("profile `{name}`"), value }),
            None => Ok(()),
        }
    }
}
