//! The number types of the cells.

use crate::cell::CellOp;
use crate::lanes::ops::{
    AuxiliaryOps, ConvertOps, DotOp, EmbedKernels, GatherOp, LinearOp, PoolOp, UnitOp, WeightedPoolOp,
};
use crate::serving::kernels::{AttentionKernels, CellKernels, DenseKernels, TilesKernel, UnitKernel};

/// What the ops in lanes are compiled for.
pub trait LaneOps:
    dien_tensor::Real
    + AuxiliaryOps<Self>
    + CellOp<Self>
    + DotOp<Self>
    + EmbedKernels<Self>
    + GatherOp<Self>
    + LinearOp<Self>
    + ConvertOps<Self>
    + PoolOp<Self>
    + UnitOp<Self>
    + WeightedPoolOp<Self>
{
}

/// What the kernels of serving are compiled for.
pub trait ServingKernels:
    dien_tensor::Real
    + AttentionKernels<Self>
    + CellKernels<Self>
    + DenseKernels<Self>
    + TilesKernel<Self>
    + UnitKernel<Self>
{
}

/// A number type that this crate's ops are compiled for: `f32` to run and, with the feature `f64` of
/// [`dien_tensor`], `f64` to check.
///
/// Generic code over it, a model's say, calls what stands compiled in this crate and does not compile the
/// kernels again.
#[diagnostic::on_unimplemented(
    note = "numbers are `f32`, and `f64` with the feature `f64` of `dien-tensor` or `dien-kernels`"
)]
pub trait Real: dien_tensor::Real + LaneOps + ServingKernels {}

impl LaneOps for f32 {}
impl ServingKernels for f32 {}
impl Real for f32 {}

dien_kernels::with_f64! {
    impl LaneOps for f64 {}
    impl ServingKernels for f64 {}
    impl Real for f64 {}
}
