//! What the tests that span dien's crates share.

pub mod golden;
pub mod model;
pub mod project;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
