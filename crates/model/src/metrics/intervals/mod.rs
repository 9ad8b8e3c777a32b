//! How sure a metric is.

mod auc;
mod logloss;
mod rate;

pub use auc::auc_interval;
pub use logloss::logloss_interval;
pub use rate::rate_interval;

/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// As how many rows of one weight rows with weights count, (Σ w)² / Σ w² (Kish, 1965): as many as there are
/// where all weigh alike, fewer where few weigh most; 0 where all weights are.
///
/// ```
/// use dien_model::metrics::effective_rows;
///
/// assert_eq!(effective_rows([2.0, 2.0, 2.0, 0.0]), 3.0);
/// ```
pub fn effective_rows(weights: impl IntoIterator<Item = f32>) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for weight in weights.into_iter().map(f64::from) {
        sum += weight;
        squares += weight * weight;
    }
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}
