//! Which targets there are, in which part, and which negatives they meet.

pub(crate) mod draw;
pub(crate) mod options;
pub(crate) mod sampler;
pub(crate) mod samples;
pub(crate) mod split;
pub(crate) mod targets;
