//! Run-time choice of vector instructions, and vector mathematics.

mod level;
pub mod math;

pub use level::{Avx2, Avx512, Kernel, Level, Portable, Simd, dispatch, dispatch_at};
