//! Run-time choice of vector instructions, and vector mathematics.

pub(crate) mod axpy;
mod level;
pub mod math;
mod prefetch;
pub(crate) mod transpose;

// `Avx2` and `Avx512` stay inside: only `dispatch`, which knows what the machine has, can run a kernel with them.
pub use axpy::{axpy, splat};
pub use level::{Kernel, Level, Portable, Simd, dispatch, dispatch_at};
pub use prefetch::prefetch;
pub use transpose::transpose;
