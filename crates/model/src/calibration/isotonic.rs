//! Isotonic regression: the ascending curve that is closest.

use super::{CalibrationMap, Row};

/// Pools adjacent violators (Ayer et al. 1955): the least squares among all curves that ascend. Rows of one
/// logit are one; of a level stretch its two ends are kept, as scikit-learn does. Probabilities keep half a
/// row's distance from 0 and 1, so that their logits are finite.
pub(super) fn fit(mut rows: Vec<Row>) -> CalibrationMap {
    rows.sort_by(|a, b| a.logit.total_cmp(&b.logit));
    let edge = 0.5 / (rows.iter().map(|row| row.weight).sum::<f64>() + 1.0);
    /// A level stretch: its weight, the sum of its labels, its two ends.
    struct Level {
        weight: f64,
        sum: f64,
        ends: [f64; 2],
    }
    let mut levels: Vec<Level> = vec![];
    for same in rows.chunk_by(|a, b| a.logit == b.logit) {
        let weight = same.iter().map(|row| row.weight).sum();
        let sum = same.iter().map(|row| row.weight * row.label).sum();
        levels.push(Level { weight, sum, ends: [same[0].logit; 2] });
        while let [.., before, last] = &levels[..]
            && before.sum / before.weight >= last.sum / last.weight
        {
            let (last, before) = (levels.pop().expect("two"), levels.pop().expect("two"));
            levels.push(Level {
                weight: before.weight + last.weight,
                sum: before.sum + last.sum,
                ends: [before.ends[0], last.ends[1]],
            });
        }
    }
    let (mut logits, mut probabilities) = (vec![], vec![]);
    for Level { weight, sum, ends } in levels {
        let p = (sum / weight).clamp(edge, 1.0 - edge);
        logits.push(ends[0]);
        probabilities.push(p);
        if ends[1] > ends[0] {
            logits.push(ends[1]);
            probabilities.push(p);
        }
    }
    CalibrationMap::Isotonic { logits, probabilities }
}

/// The curve at a logit.
pub(super) fn at(logits: &[f64], probabilities: &[f64], x: f64) -> f64 {
    let above = logits.partition_point(|&logit| logit <= x);
    match (above.checked_sub(1), logits.get(above)) {
        (None, _) => probabilities[0],
        (Some(below), None) => probabilities[below],
        (Some(below), Some(&next)) => {
            let part = (x - logits[below]) / (next - logits[below]);
            probabilities[below] + part * (probabilities[above] - probabilities[below])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(of: &[(f64, f64, f64)]) -> (Vec<f64>, Vec<f64>) {
        match fit(of.iter().map(|&(logit, label, weight)| Row { logit, label, weight }).collect()) {
            CalibrationMap::Isotonic { logits, probabilities } => (logits, probabilities),
            CalibrationMap::Platt { .. } => unreachable!("isotonic"),
        }
    }

    #[test]
    fn neighbours_in_disorder_are_pooled() {
        let (x, p) = fitted(&[
            (-1.0, 0.0, 1.0),
            (0.0, 1.0, 1.0),
            (1.0, 0.0, 1.0),
            (2.0, 0.0, 2.0),
            (3.0, 1.0, 1.0),
            (3.0, 0.0, 1.0),
            (4.0, 1.0, 1.0),
        ]);
        // 1, 0, 0 with weights 1, 1, 2 are ¼; the two rows at 3 are ½.
        assert_eq!(x, [-1.0, 0.0, 2.0, 3.0, 4.0]);
        let edge = 0.5 / 9.0;
        assert_eq!(p, [edge, 0.25, 0.25, 0.5, 1.0 - edge]);
        for (logit, expected) in [(-9.0, edge), (1.3, 0.25), (2.5, 0.375), (3.0, 0.5), (9.0, 1.0 - edge)] {
            assert!((at(&x, &p, logit) - expected).abs() < 1e-12, "{logit}");
        }
    }

    #[test]
    fn the_curve_is_scikit_learns() {
        // sklearn.isotonic.IsotonicRegression 1.9.1, fitted on the same rows, where it is neither 0 nor 1.
        let rows: Vec<_> = (0..62_u32)
            .map(|i| {
                let x = f64::from(7 * i % 31) / 10.0 - 1.5;
                let y = f64::from(u8::from(i * i % 11 + 3 < 7 * i % 31 / 2));
                (x, y, f64::from(1 + i % 3))
            })
            .collect();
        let (x, p) = fitted(&rows);
        for (at_logit, expected) in [
            (-0.15, 0.428_571_428_571_428_55),
            (0.07, 0.583_333_333_333_333_4),
            (0.33, 0.612_903_225_806_451_6),
            (0.55, 0.612_903_225_806_451_6),
            (0.9, 0.612_903_225_806_451_6),
        ] {
            assert!((at(&x, &p, at_logit) - expected).abs() < 1e-9, "{at_logit}");
        }
    }
}
