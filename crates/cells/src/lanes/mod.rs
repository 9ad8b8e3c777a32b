//! Ops over tensors in lanes: `[blocks, features, LANES]` for events, `[chunks, features, LANES]` for
//! sequences.
//!
//! See [`Packed`] for what a block is and which lanes count.

mod attention;
pub mod auxiliary;
mod broadcast;
mod convert;
mod embed;
mod kernel;
mod linear;
mod listed;
mod norm;
mod reduce;
mod select;
mod softmax;
mod windows;

pub use attention::{UnitWeights, activation_unit, dot_attention};
pub use broadcast::mul_broadcast;
pub use convert::{events_to_lanes, lanes_to_sequences, padded_to_lanes, sequences_to_lanes};
pub use embed::{EventIds, embed};
pub use linear::{Activation, linear};
pub use norm::AttentionNorm;
pub use reduce::sum_features;
pub use select::select_events;
pub use softmax::softmax;
pub use windows::{Windows, gather, pool, weighted_pool};

pub(crate) use kernel::{lane_sum, transpose_weight};

/// The ops' entries that are compiled here; see [`crate::Real`].
pub(crate) mod ops {
    pub use super::attention::{DotOp, UnitOp};
    pub use super::auxiliary::AuxiliaryOps;
    pub use super::convert::ConvertOps;
    pub use super::embed::EmbedKernels;
    pub use super::linear::LinearOp;
    pub use super::windows::{GatherOp, PoolOp, WeightedPoolOp};
}

use dien_tensor::{Real, Var};

use crate::{LANES, Packed};

/// The features of an event tensor.
///
/// # Panics
/// If the tensor is not `[blocks, features, LANES]` over `packed`.
#[track_caller]
pub(crate) fn event_features<T: Real>(op: &str, x: Var<'_, T>, packed: &Packed) -> usize {
    features(op, x, packed.blocks(), "blocks")
}

/// The features of a sequence tensor.
///
/// # Panics
/// If the tensor is not `[chunks, features, LANES]` over `packed`.
#[track_caller]
pub(crate) fn sequence_features<T: Real>(op: &str, x: Var<'_, T>, packed: &Packed) -> usize {
    features(op, x, packed.chunks(), "chunks")
}

#[track_caller]
fn features<T: Real>(op: &str, x: Var<'_, T>, expected: usize, what: &str) -> usize {
    match *x.shape() {
        [n, features, LANES] if n == expected => features,
        _ => panic!("{op}: expected [{expected} {what}, features, {LANES}], found {:?}", x.shape()),
    }
}
