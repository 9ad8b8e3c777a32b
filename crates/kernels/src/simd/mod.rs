//! Run-time choice of vector instructions, and vector mathematics.

pub(crate) mod axpy;
mod level;
pub mod math;
mod prefetch;
mod traits;
pub(crate) mod transpose;

// The other levels' types stay inside: only `dispatch`, which knows what the machine has, can run a kernel
// with them.
pub use axpy::{axpy, splat};
pub use level::Portable;
pub(crate) use level::run_at;
pub use level::{Kernel, Level, dispatch, dispatch_at};
pub use prefetch::prefetch;
pub use traits::{Packing, Simd, Strips, UnitTiles, Vectors};
pub use transpose::transpose;
