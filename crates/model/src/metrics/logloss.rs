//! Log loss.

/// Mean binary cross-entropy from logits, in nats; 0 for no samples.
///
/// The mean of ln(1 + eˣ) − x y over the logits x and the labels y, in 64 bits.
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// // A logit of 0 is a probability of ½, whatever the label.
/// let loss = dien_model::metrics::logloss(&[0.0, 0.0], &[1.0, 0.0]);
/// assert!((loss - 2f64.ln()).abs() < 1e-15);
/// ```
pub fn logloss(logits: &[f32], labels: &[f32]) -> f64 {
    assert_eq!(logits.len(), labels.len(), "logloss: one label a logit");
    logits.iter().zip(labels).map(|(&x, &y)| of_row(x, y)).sum::<f64>() / logits.len().max(1) as f64
}

/// [`logloss`] of rows with weights, Σ w loss / Σ w; 0 where all weights are.
///
/// # Panics
/// If the lists differ in length.
pub fn logloss_weighted(logits: &[f32], labels: &[f32], weights: &[f32]) -> f64 {
    assert_eq!(logits.len(), labels.len(), "logloss: one label a logit");
    assert_eq!(logits.len(), weights.len(), "logloss: one weight a logit");
    let (mut sum, mut all) = (0.0, 0.0);
    for ((&x, &y), &w) in logits.iter().zip(labels).zip(weights).filter(|(_, w)| **w != 0.0) {
        sum += f64::from(w) * of_row(x, y);
        all += f64::from(w);
    }
    if all == 0.0 { 0.0 } else { sum / all }
}

/// What a row loses, ln(1 + eˣ) − x y.
pub(super) fn of_row(logit: f32, label: f32) -> f64 {
    let (x, y) = (f64::from(logit), f64::from(label));
    x.max(0.0) - x * y + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logloss_is_stable() {
        assert!((logloss(&[0.0, 0.0], &[1.0, 0.0]) - 2f64.ln()).abs() < 1e-15);
        assert_eq!(logloss(&[1000.0, -1000.0], &[1.0, 0.0]), 0.0);
        assert_eq!(logloss(&[1000.0], &[0.0]), 1000.0);
    }

    #[test]
    fn weights_weigh() {
        let (logits, labels) = ([0.5, -2.0, 1.0], [1.0, 0.0, 0.0]);
        let expected = (3.0 * of_row(0.5, 1.0) + of_row(1.0, 0.0)) / 4.0;
        let found = logloss_weighted(&logits, &labels, &[3.0, 0.0, 1.0]);
        assert!((found - expected).abs() < 1e-15, "{found} instead of {expected}");
        assert_eq!(logloss_weighted(&logits, &labels, &[0.0; 3]), 0.0);
    }
}
