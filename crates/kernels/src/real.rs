//! What the crates above compute with.

use crate::Number;
use crate::elementwise::Elementwise;
use crate::gemm::Products;

/// A [`Number`] with all that this crate computes: `f32` to run and, with the feature `f64`, `f64` to check.
#[diagnostic::on_unimplemented(
    note = "numbers are `f32`, and `f64` with the feature `f64` of `dien-tensor` or `dien-kernels`"
)]
pub trait Real: Number + Elementwise<Self> + Products<Self> {}

impl Real for f32 {}
crate::with_f64! {
    impl Real for f64 {}
}
