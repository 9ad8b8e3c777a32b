//! Signs of mistakes in a log, from statistics of its values; what rows and files are is not known here.

pub(crate) mod leaks;
pub(crate) mod padding;
pub(crate) mod repeats;
pub(crate) mod times;

/// Rows from which on a share says something.
pub(crate) const MANY: u64 = 100;
