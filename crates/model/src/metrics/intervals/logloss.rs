//! How sure a log loss is.

use super::{Z, effective_rows};
use crate::metrics::logloss::of_row;

/// The interval of 95 % around a log loss, that of other rows which might have been drawn; `weights` are
/// empty where all rows weigh alike.
///
/// The losses' mean has a standard error that vanishes where all rows have one loss: one row, or no click
/// among rows of one score. As Agresti and Coull (1998, *Approximate is better than "exact" for interval
/// estimation of binomial proportions*) do it for a rate, z² / 2 clicks and as many others are added, each
/// with the scores of all rows. Of n rows of [loss](super::super::logloss()) l, which were a as clicks and b
/// as others:
///
/// L̃ = (n ⟨l⟩ + z²/2 ⟨a⟩ + z²/2 ⟨b⟩) / (n + z²), s̃² = (n ⟨l²⟩ + z²/2 ⟨a²⟩ + z²/2 ⟨b²⟩) / (n + z²) − L̃²,
///
/// and the interval is L̃ ± z s̃ / √(n + z²), widened to hold ⟨l⟩ and cut at 0. Where all scores are p it is
/// Agresti's and Coull's of the clicks' rate, through ln p and ln (1 − p). Its width is 0 only where every
/// score is ½, and so every loss ln 2 whatever happens. n is the number of rows, with weights
/// [that as which they count](effective_rows). Rows count as if each was drawn by itself; those of a few
/// users tell less. `None` of no rows.
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// use dien_model::metrics::logloss_interval;
///
/// // One row that was not clicked, of a probability of 0.27: it proves next to nothing.
/// let (low, high) = logloss_interval(&[-1.0], &[0.0], &[]).unwrap();
/// assert!(low < 0.32 && high > 1.0);
/// ```
pub fn logloss_interval(logits: &[f32], labels: &[f32], weights: &[f32]) -> Option<(f64, f64)> {
    assert_eq!(logits.len(), labels.len(), "logloss_interval: one label a logit");
    assert!(weights.is_empty() || weights.len() == logits.len(), "logloss_interval: one weight a logit");
    let weight = |row: usize| weights.get(row).copied().unwrap_or(1.0);
    let rows = effective_rows((0..logits.len()).map(weight));
    if rows == 0.0 {
        return None;
    }
    let all: f64 = (0..logits.len()).map(|row| f64::from(weight(row))).sum();
    // Means of what was lost, and of what were lost by a click and by none; of their squares, too.
    let (mut means, mut squares) = ([0.0; 3], [0.0; 3]);
    for (row, (&x, &y)) in logits.iter().zip(labels).enumerate().filter(|(row, _)| weight(*row) != 0.0) {
        let share = f64::from(weight(row)) / all;
        for (place, label) in [y, 1.0, 0.0].into_iter().enumerate() {
            let loss = of_row(x, label);
            means[place] += share * loss;
            squares[place] += share * loss * loss;
        }
    }
    let (more, count) = (Z * Z / 2.0, rows + Z * Z);
    let with = |of: [f64; 3]| (rows * of[0] + more * of[1] + more * of[2]) / count;
    let middle = with(means);
    let half = Z * ((with(squares) - middle * middle).max(0.0) / count).sqrt();
    Some(((middle - half).max(0.0).min(means[0]), (middle + half).max(means[0])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{logloss, logloss_weighted};

    /// Of rows of one score it is the interval of a rate, written as losses.
    #[test]
    fn of_one_score_it_is_agrestis_and_coulls() {
        for (clicks, rows, x) in [(0, 1, -2.0_f32), (3, 10, 0.7), (50, 50, 1.5)] {
            let labels: Vec<f32> = (0..rows).map(|i| f32::from(u8::from(i < clicks))).collect();
            let (low, high) = logloss_interval(&vec![x; rows], &labels, &[]).unwrap();
            let n = rows as f64 + Z * Z;
            let p = (clicks as f64 + Z * Z / 2.0) / n;
            let half = Z * (p * (1.0 - p) / n).sqrt();
            let (click, other) = (of_row(x, 1.0), of_row(x, 0.0));
            let mut expected = [p - half, p + half].map(|rate| other + rate * (click - other));
            expected.sort_by(f64::total_cmp);
            let found = logloss(&vec![x; rows], &labels);
            assert!((low - expected[0].max(0.0).min(found)).abs() < 1e-9, "{low} {expected:?}");
            assert!((high - expected[1].max(found)).abs() < 1e-9, "{high} {expected:?}");
            assert!(low < high && low <= found && found <= high);
        }
    }

    #[test]
    fn rows_of_one_weight_count_as_without_and_of_none_there_is_nothing() {
        let (logits, labels) = ([0.3, -2.0, 1.0, 4.0], [1.0, 0.0, 0.0, 1.0]);
        let of_three = logloss_interval(&logits[..3], &labels[..3], &[]).unwrap();
        let weighted = logloss_interval(&logits, &labels, &[2.0, 2.0, 2.0, 0.0]).unwrap();
        assert!((of_three.0 - weighted.0).abs() < 1e-12 && (of_three.1 - weighted.1).abs() < 1e-12);
        // Where few rows weigh most, they tell as few do.
        let width = |weights: &[f32]| {
            let (low, high) = logloss_interval(&[1.0; 4], &labels, weights).unwrap();
            let found = logloss_weighted(&[1.0; 4], &labels, weights);
            assert!(low <= found && found <= high, "{low} {found} {high}");
            high - low
        };
        assert!(width(&[1.0, 1e-3, 1e-3, 1e-3]) > 1.2 * width(&[1.0; 4]));
        assert_eq!(logloss_interval(&[], &[], &[]), None);
        assert_eq!(logloss_interval(&logits, &labels, &[0.0; 4]), None);
        let half = logloss_interval(&[0.0; 3], &labels[..3], &[]).unwrap();
        assert!((half.0 - 2f64.ln()).abs() < 1e-12 && (half.1 - 2f64.ln()).abs() < 1e-12);
    }

    /// Of draws whose log loss is known, some 95 % of the intervals hold it, of few rows as of many, whether
    /// the scores are right or not.
    #[test]
    fn most_intervals_hold_the_loss() {
        let mut state = 11_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for (rows, rate, lean) in [(6, 0.3, 0.0), (20, 0.1, 0.0), (60, 0.05, 1.0), (200, 0.4, -0.5)] {
            let logit = |u: f64| ((rate / (1.0_f64 - rate)).ln() + 2.0 * (u - 0.5)) as f32;
            let click = |x: f32| 1.0 / (1.0 + (-(f64::from(x) + lean)).exp());
            let of = |x: f32| click(x) * of_row(x, 1.0) + (1.0 - click(x)) * of_row(x, 0.0);
            let truth = (0..1000).map(|i| of(logit((f64::from(i) + 0.5) / 1000.0))).sum::<f64>() / 1000.0;
            let mut held = 0;
            for _ in 0..1000 {
                let logits: Vec<f32> = (0..rows).map(|_| logit(uniform())).collect();
                let labels: Vec<f32> =
                    logits.iter().map(|&x| f32::from(u8::from(uniform() < click(x)))).collect();
                let (low, high) = logloss_interval(&logits, &labels, &[]).unwrap();
                held += usize::from((low..=high).contains(&truth));
            }
            assert!((915..=995).contains(&held), "{held} of 1000 hold {truth}, {rows} rows");
        }
    }
}
