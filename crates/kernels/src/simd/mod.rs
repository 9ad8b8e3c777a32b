//! Run-time choice of vector instructions, and vector mathematics.

mod axpy;
mod dispatch;
pub(crate) mod exp;
mod level;
pub mod math;
pub(crate) mod plain;
mod prefetch;
mod transpose;

// The other levels' types stay inside: only `dispatch`, which knows what the machine has, can run a kernel
// with them.
pub use axpy::{axpy, splat};
pub use dispatch::{dispatch, dispatch_at};
#[cfg(any(test, feature = "testing"))]
pub use level::at_level;
pub(crate) use level::run_at;
pub use level::{Kernel, Level, Packing, Portable, SequencePacking, Simd, Strips, UnitTiles, Vectors};
pub use prefetch::prefetch;
pub use transpose::transpose;
