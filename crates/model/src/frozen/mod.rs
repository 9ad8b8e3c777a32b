//! Parts of a trained model in the form in which they serve: no tape, weights packed once, work split where
//! the candidate enters.
//!
//! Each is made by `freeze` of the [part](crate::parts) whose parameters it takes; names and order of
//! parameters are known there alone. [`Serving`](crate::serving::Serving) runs them.

mod attention;
mod head;
mod interest;
mod matrix;

pub use attention::{FrozenAttention, FrozenUnit};
pub use head::FrozenHead;
pub(crate) use head::{FrozenActivation, FrozenLayer, Norm};
pub use interest::FrozenInterest;
pub(crate) use matrix::transpose;

use dien_tensor::ParamId;

use crate::config::PoolingKind;

/// A model whose work is split between a user and the candidates, as [`Model::freeze`](crate::Model::freeze)
/// gives it.
#[derive(Debug)]
pub struct FrozenModel {
    /// The embedding tables, in the order of the features' tables; their numbers stay in the parameters.
    pub(crate) tables: Vec<ParamId>,
    pub(crate) pooling: PoolingKind,
    /// By sequence of behaviours; none where the model has no interest network.
    pub(crate) interests: Vec<FrozenInterest>,
    pub(crate) head: FrozenHead,
}

impl FrozenModel {
    /// A head over pooled histories and, by sequence of behaviours, an interest each, or none at all.
    /// `tables` hold the tables of the features, in their order.
    pub fn new(
        tables: &[ParamId],
        pooling: PoolingKind,
        interests: Vec<FrozenInterest>,
        head: FrozenHead,
    ) -> Self {
        FrozenModel { tables: tables.to_vec(), pooling, interests, head }
    }

    /// The units of an interest; 0 without one.
    pub(crate) fn hidden(&self) -> usize {
        self.interests.first().map_or(0, |interest| interest.hidden)
    }
}
