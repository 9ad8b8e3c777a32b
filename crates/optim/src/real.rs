//! The number types of the optimisers.

use crate::adagrad::AdagradOps;
use crate::adam::AdamOps;

/// A number type that this crate's optimisers are compiled for: `f32` to run and, with the feature `f64` of
/// [`dien_tensor`], `f64` to check.
///
/// Generic code over it calls what stands compiled in this crate, whatever the caller's profile, and does not
/// compile the steps again.
#[diagnostic::on_unimplemented(
    note = "numbers are `f32`, and `f64` with the feature `f64` of `dien-tensor` or `dien-kernels`"
)]
pub trait Real: dien_tensor::Real + AdagradOps<Self> + AdamOps<Self> {}

impl Real for f32 {}
dien_kernels::with_f64! {
    impl Real for f64 {}
}
