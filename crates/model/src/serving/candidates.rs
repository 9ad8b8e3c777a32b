//! What is scored.

use serde::{Deserialize, Serialize};

use super::ServingError;
use crate::validate::{check_ids, check_len, check_multi_hot};
use crate::{Features, Jagged};

/// Candidates as ids; the lists are by feature, as in [`Targets`](crate::Targets).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// Behaviour features: `ids[feature][candidate]`.
    pub ids: Vec<Vec<u32>>,
    /// Lists of ids that are not behaviours: `multi_hot[feature]`, one list a candidate.
    pub multi_hot: Vec<Jagged>,
}

/// What is known beside the behaviours, as [`Targets`](crate::Targets) has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Ids by sparse feature; [`OOV`](crate::OOV) for what is not known.
    pub sparse: Vec<u32>,
    /// Numbers by dense feature.
    pub dense: Vec<f32>,
}

impl Candidates {
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
        check_ids("candidate", features, &features.behaviours, self.ids.iter().map(Vec::as_slice), n)?;
        Ok(check_multi_hot(features, &self.multi_hot, n)?)
    }
}

impl Profile {
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
