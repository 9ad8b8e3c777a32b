//! What is scored.

use crate::Jagged;

/// Candidates as ids; the lists are by feature, as in [`Targets`](crate::Targets).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// Behaviour features: `ids[feature][candidate]`.
    pub ids: Vec<Vec<u32>>,
    /// Lists of ids that are not behaviours: `pooled[feature]`, one list a candidate.
    pub pooled: Vec<Jagged>,
}

/// What is known beside the behaviours, as [`Targets`](crate::Targets) has it.
#[derive(Clone, Debug, Default, PartialEq)]
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
}
