//! How sure a metric is.

mod auc;

pub use auc::auc_interval;

/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.959_963_984_540_054;
