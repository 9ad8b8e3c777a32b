//! What runs in the vector units: SIMD levels, register-tiled matrix products, elementwise maths, parallel
//! loops.
//!
//! Nothing here knows of a tape, a sequence or a model. Kernels are plain generic code that is compiled once
//! for each [`simd::Level`] and chosen when the program runs; work is cut where the data says, so that no bit
//! depends on the number of threads.

mod buffers;
mod concrete;
pub mod elementwise;
pub mod gemm;
pub mod inline;
pub mod line;
pub mod map;
mod number;
pub mod par;
pub mod peak;
mod real;
pub mod reduce;
pub mod simd;
pub mod sums;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use buffers::{Buffers, Scratch};
pub use number::Number;
pub use real::Real;

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
