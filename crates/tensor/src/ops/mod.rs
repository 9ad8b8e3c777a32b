//! The ops: forward, saved state, backward and tests of each in one file.

mod linear;

pub use linear::linear;
