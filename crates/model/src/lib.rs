//! The Deep Interest Evolution Network and its parts.

mod batch;
mod features;

pub use batch::{Batch, BatchError, Histories, Jagged, Targets};
pub use features::{Features, Lookup, OOV, Table};
