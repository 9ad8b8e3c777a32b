//! The number types of the cells.

use crate::cell::CellOp;
use crate::lanes::ops::{
    AuxiliaryOps, ConvertOps, DotOp, EmbedKernels, GatherOp, LinearOp, PoolOp, UnitOp, WeightedPoolOp,
};
use crate::serving::kernels::{AttentionKernels, CellKernels, DenseKernels, TilesKernel, UnitKernel};

/// What the ops in lanes are compiled for.
pub trait LaneOps<T: dien_tensor::Real>:
    AuxiliaryOps<T>
    + CellOp<T>
    + DotOp<T>
    + EmbedKernels<T>
    + GatherOp<T>
    + LinearOp<T>
    + ConvertOps<T>
    + PoolOp<T>
    + UnitOp<T>
    + WeightedPoolOp<T>
{
}

/// What the kernels of serving are compiled for.
pub trait ServingKernels<T: dien_tensor::Real>:
    AttentionKernels<T> + CellKernels<T> + DenseKernels<T> + TilesKernel<T> + UnitKernel<T>
{
}

/// A number type that this crate's ops are compiled for: `f32` to run, `f64` to check.
///
/// Generic code over it, a model's say, calls what stands compiled in this crate and does not compile the
/// kernels again.
pub trait Real: dien_tensor::Real + LaneOps<Self> + ServingKernels<Self> {}

impl LaneOps<f32> for f32 {}
impl LaneOps<f64> for f64 {}
impl ServingKernels<f32> for f32 {}
impl ServingKernels<f64> for f64 {}
impl Real for f32 {}
impl Real for f64 {}
