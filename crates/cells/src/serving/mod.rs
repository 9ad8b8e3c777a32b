//! Forward kernels for serving: one history, computed once, against many candidates. No tape.
//!
//! Two layouts meet here. A history's own sequence runs with the *hidden units* in the lanes of the vector
//! units, one step after the other ([`Cell::steps`]). Candidates stand side by side in lanes,
//! `[features, LANES]`, and what all of them share — an event's input gates, its half of the attention —
//! enters as a broadcast ([`Cell::lanes`]); the attention of one candidate has the events in lanes
//! ([`ActivationUnit::scores`]).
//!
//! Every sum runs over its inputs in order, with the same fused operations in each layout, at each width, for
//! any company in the other lanes: a candidate's bits depend on nothing but the candidate and the history.

mod activation;
mod attention;
mod candidates;
mod cell;
mod dense;
mod products;
mod run;
mod sequence;
mod tile;
mod units;

/// The kernels' entries that are compiled here; see [`crate::Real`].
pub(crate) mod kernels {
    pub use super::attention::{AttentionKernels, UnitKernel};
    pub use super::dense::DenseKernels;
    pub use super::run::CellKernels;
    pub use super::tile::TilesKernel;
}

pub use attention::{ActivationUnit, dots, sigmoid, softmax};
pub use cell::{Cell, padded};
pub use dense::{Dice, add_columns, add_product, fill, multiply_rows, prelu};
/// Where scratch is to begin, so that no vector lies across two lines of the cache.
pub use dien_kernels::line::{LINE, before_line};
pub use tile::Tiles;

/// Lanes in use, rounded up to what the kernels compute.
pub fn width(lanes: usize) -> usize {
    lanes.next_multiple_of(8)
}

/// W `[outputs, inputs]` as `[inputs, stride]`, zero past the outputs.
fn columns<T: dien_tensor::Real>(weight: &[T], inputs: usize, stride: usize) -> Vec<T> {
    let mut columns = vec![T::zero(); inputs * stride];
    for (o, row) in weight.chunks_exact(inputs.max(1)).enumerate() {
        for (i, &w) in row.iter().enumerate() {
            columns[i * stride + o] = w;
        }
    }
    columns
}
