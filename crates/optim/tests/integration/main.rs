//! The crate from outside, in one program: linking one for each file would take longer than the tests.

mod adagrad;
mod common;
mod dense_exact;
mod extremes;
mod flush;
mod levels;
mod plain;
mod repeat;
