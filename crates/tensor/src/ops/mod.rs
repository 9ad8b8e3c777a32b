//! The ops: forward, saved state, backward and tests of each in one file.

mod activation;
mod affine;
mod arith;
mod concat;
mod dice;
mod dropout;
mod gather;
mod linear;
mod loss;
mod norm;
mod offsets;
mod outer;
mod points;
mod prelu;
mod reduce;
mod reshape;
mod row_order;
mod segment;
mod segment_pool;
mod slice;
mod statistics;
#[cfg(test)]
mod testing;

pub use activation::{relu, sigmoid, tanh};
pub use affine::{add_scalar, affine, scale};
pub use arith::{add, div, mul, sub};
pub use concat::{concat, concat_rows};
pub use dice::Dice;
pub use dropout::dropout;
pub use gather::{gather, gather_mean};
pub use linear::linear;
pub use loss::{bce_with_logits, l2, l2_rows, weighted_l2_rows};
pub use norm::BatchNorm;
pub use outer::outer_rows;
pub use prelu::prelu;
pub use reduce::{dot_rows, mean, sum, sum_columns};
pub use reshape::reshape;
pub use row_order::RowOrder;
pub use segment::{segment_log_softmax, segment_softmax};
pub use segment_pool::{segment_mean, segment_sum};
pub use slice::{slice_columns, slice_rows};
