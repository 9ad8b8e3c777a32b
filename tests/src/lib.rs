//! What the tests that span dien's crates share.

pub mod golden;
pub mod model;
pub mod project;
