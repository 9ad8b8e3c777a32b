//! The number types of the optimisers.

use crate::adagrad::AdagradOps;
use crate::adam::AdamOps;

/// A number type that this crate's optimisers are compiled for: `f32` to run, `f64` to check.
///
/// Generic code over it calls what stands compiled in this crate, whatever the caller's profile, and does not
/// compile the steps again.
pub trait Real: dien_tensor::Real + AdagradOps<Self> + AdamOps<Self> {}

impl Real for f32 {}
impl Real for f64 {}
