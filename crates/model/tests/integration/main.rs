//! The crate from outside, in one program: linking one for each file would take longer than the tests.

mod bad_batches;
mod bags;
mod common;
mod gradients;
mod registry;
mod serving;
mod sharing;
mod sources;
mod states;
mod threads;
mod trace;
