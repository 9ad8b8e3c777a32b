//! Which targets meet in which batch, and the batches, made ahead by other threads.

pub(crate) mod indexed;
pub(crate) mod plan;
pub(crate) mod prefetch;
