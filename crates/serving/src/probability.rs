//! From a logit to a probability.

/// σ(logit) in double precision, so that a probability close to 1 keeps its distance from it.
pub fn probability(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}
