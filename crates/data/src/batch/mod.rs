//! Which targets meet in which batch, and the batches, made ahead by other threads.

mod bags;
pub(crate) mod indexed;
pub(crate) mod plan;
pub(crate) mod prefetch;
