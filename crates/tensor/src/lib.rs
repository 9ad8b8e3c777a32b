//! Tape-based reverse-mode autodiff over [`ndarray`], generic over `f32` and `f64`, for models on CPUs.
//!
//! A [`Tape`] records [`ops`] over the parameters of a [`ParamStore`]; [`Tape::backward`] gives their [`Grads`].
//! Ops are parallel inside with `rayon`, and give the same bits at any thread count.

mod arena;
mod backward;
#[cfg(any(test, feature = "testing"))]
pub mod check;
pub mod gemm;
mod grad;
pub mod ops;
mod param;
mod pool;
mod real;
pub mod simd;
mod tape;
mod var;

pub use backward::{Backward, OpGrads};
pub use grad::{Grad, Grads};
pub use param::{ParamId, ParamKind, ParamStore};
pub use pool::{Pool, Scratch};
pub use real::Real;
pub use tape::{Mode, Tape};
pub use var::Var;
