//! Platt's scaling: logistic regression on one number.

use super::{CalibrationMap, Row};

/// Newton's steps: a convex function of two numbers needs a few.
const STEPS: usize = 100;

/// Minimises the cross-entropy of σ(scale · x + shift) by Newton's method with a line search (Lin, Lin and
/// Weng 2007), with labels drawn in by Platt's prior, so that rows which a threshold parts have a finite
/// answer: 1 becomes (N₊ + 1) / (N₊ + 2), and 0 becomes 1 / (N₋ + 2). `None` if the scale is not above 0: the
/// rows are in no order, or the wrong one.
pub(super) fn fit(rows: &[Row]) -> Option<CalibrationMap> {
    let [positives, negatives] = [true, false].map(|click| {
        let of = rows.iter().filter(|row| (row.label > 0.5) == click);
        of.map(|row| row.weight).sum::<f64>()
    });
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |row: &Row| low + (high - low) * row.label;
    let loss = |[scale, shift]: [f64; 2]| -> f64 {
        let of = |row: &Row| {
            let z = scale * row.logit + shift;
            // ln(1 + e^z) − t z, without overflow.
            row.weight * (z.max(0.0) + (-z.abs()).exp().ln_1p() - target(row) * z)
        };
        rows.iter().map(of).sum()
    };
    let mut at = [0.0, ((positives + 1.0) / (negatives + 1.0)).ln()];
    let mut value = loss(at);
    for _ in 0..STEPS {
        // A little on the diagonal, for rows that all have one logit.
        let (mut gradient, mut hessian) = ([0.0; 2], [1e-12, 0.0, 1e-12]);
        for row in rows {
            let p = 1.0 / (1.0 + (-(at[0] * row.logit + at[1])).exp());
            let (first, second) = (row.weight * (p - target(row)), row.weight * p * (1.0 - p));
            gradient = [gradient[0] + first * row.logit, gradient[1] + first];
            hessian[0] += second * row.logit * row.logit;
            hessian[1] += second * row.logit;
            hessian[2] += second;
        }
        let [a, b, c] = hessian;
        let det = a * c - b * b;
        let step = [(c * gradient[0] - b * gradient[1]) / det, (a * gradient[1] - b * gradient[0]) / det];
        let descent = gradient[0] * step[0] + gradient[1] * step[1];
        if !(descent.is_finite() && descent > 1e-14 * (1.0 + value.abs())) {
            break;
        }
        let mut by = 1.0;
        while by > 1e-10 {
            let next = [at[0] - by * step[0], at[1] - by * step[1]];
            let lower = loss(next);
            if lower < value - 1e-4 * by * descent {
                (at, value) = (next, lower);
                break;
            }
            by /= 2.0;
        }
        if by <= 1e-10 {
            break;
        }
    }
    (at[0] > 0.0).then_some(CalibrationMap::Platt { scale: at[0], shift: at[1] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[(f64, f64, f64)]) -> Vec<Row> {
        of.iter().map(|&(logit, label, weight)| Row { logit, label, weight }).collect()
    }

    fn fitted(rows: &[Row]) -> (f64, f64) {
        match fit(rows) {
            Some(CalibrationMap::Platt { scale, shift }) => (scale, shift),
            _ => unreachable!("Platt's"),
        }
    }

    #[test]
    fn the_answer_is_scikit_learns() {
        // sklearn.calibration._SigmoidCalibration 1.9.1: (scale, shift) = (−a_, −b_).
        let of = [
            (-2.5, 0.0, 1.0),
            (-1.0, 0.0, 1.0),
            (-0.5, 1.0, 1.0),
            (0.25, 0.0, 1.0),
            (1.0, 1.0, 1.0),
            (1.5, 0.0, 1.0),
            (2.0, 1.0, 1.0),
            (4.0, 1.0, 1.0),
        ];
        let (scale, shift) = fitted(&rows(&of));
        assert!((scale - 0.445_155).abs() < 1e-5 && (shift + 0.258_409).abs() < 1e-5, "{scale} {shift}");
        let weighted: Vec<_> = (1..).zip(of).map(|(i, (x, y, _))| (x, y, f64::from(i))).collect();
        let (scale, shift) = fitted(&rows(&weighted));
        assert!((scale - 0.694_562).abs() < 1e-5 && (shift + 0.342_884).abs() < 1e-5, "{scale} {shift}");
        // A row of weight 3 is three rows.
        let thrice: Vec<_> = of.into_iter().flat_map(|row| [row; 3]).collect();
        let heavy: Vec<_> = of.into_iter().map(|(x, y, _)| (x, y, 3.0)).collect();
        let ((a, b), (c, d)) = (fitted(&rows(&thrice)), fitted(&rows(&heavy)));
        assert!((a - c).abs() < 1e-9 && (b - d).abs() < 1e-9, "{a} {b}, {c} {d}");
    }

    #[test]
    fn rows_that_a_threshold_parts_have_an_answer_and_those_in_disorder_none() {
        let parted = fitted(&rows(&[(-1.0, 0.0, 1.0), (1.0, 1.0, 1.0), (2.0, 1.0, 1.0)]));
        assert!(parted.0 > 0.0 && parted.0.is_finite() && parted.1.is_finite(), "{parted:?}");
        let wrong = rows(&[(-1.0, 1.0, 1.0), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0)]);
        assert_eq!(fit(&wrong), None);
    }
}
