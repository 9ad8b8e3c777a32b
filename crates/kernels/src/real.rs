//! What the crates above compute with.

use crate::Number;
use crate::elementwise::Elementwise;
use crate::gemm::Products;

/// A [`Number`] with all that this crate computes: `f32` to run, `f64` to check.
pub trait Real: Number + Elementwise<Self> + Products<Self> {}

impl Real for f32 {}
impl Real for f64 {}
