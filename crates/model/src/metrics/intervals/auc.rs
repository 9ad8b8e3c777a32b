//! How sure an AUC is.

use super::Z;

/// Halvings: to the last bit.
const HALVINGS: usize = 60;

/// The interval of 95 % around an area under the curve of so many clicks and others: the areas θ from which
/// it is no further than 1.96 of θ's own standard errors, by the variance of Hanley and McNeil as Newcombe
/// has it (2006, *Confidence intervals for an effect size measure based on the Mann–Whitney statistic*,
/// method 5):
///
/// θ (1 − θ) (1 + N (1 − θ) / (2 − θ) + N θ / (1 + θ)) / (m n), N = (m + n) / 2 − 1.
///
/// It lies within 0 and 1, and has a width where the area is 0 or 1. Rows count as if each was drawn by
/// itself; those of a few users tell less. `None` unless there are both.
///
/// ```
/// use dien_model::metrics::auc_interval;
///
/// let (low, high) = auc_interval(1.0, 4, 4).unwrap();
/// assert!((0.5..0.8).contains(&low) && high == 1.0); // eight rows prove little
/// ```
pub fn auc_interval(auc: f64, clicks: usize, others: usize) -> Option<(f64, f64)> {
    if clicks == 0 || others == 0 {
        return None;
    }
    let (m, n) = (clicks as f64, others as f64);
    let within = |theta: f64| (theta - auc) * (theta - auc) <= Z * Z * variance(theta, m, n);
    // The outermost area within, between the area itself and an end.
    let bound = |end: f64| {
        if within(end) {
            return end;
        }
        let (mut inner, mut outer) = (auc, end);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (inner + outer);
            *(if within(middle) { &mut inner } else { &mut outer }) = middle;
        }
        inner
    };
    Some((bound(0.0), bound(1.0)))
}

fn variance(theta: f64, m: f64, n: f64) -> f64 {
    let more = (m + n) / 2.0 - 1.0;
    let spread = 1.0 + more * (1.0 - theta) / (2.0 - theta) + more * theta / (1.0 + theta);
    theta * (1.0 - theta) * spread / (m * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::auc;

    #[test]
    fn the_bounds_solve_the_equation() {
        for (area, m, n) in [(0.893, 51, 58), (0.5, 10, 1000), (0.02, 3, 7), (0.999, 400, 20)] {
            let (low, high) = auc_interval(area, m, n).unwrap();
            assert!(0.0 < low && low < area && area < high && high < 1.0, "{low} {high}");
            for theta in [low, high] {
                let distance = (theta - area).abs() / variance(theta, m as f64, n as f64).sqrt();
                assert!((distance - Z).abs() < 1e-6, "{theta}: {distance}");
            }
        }
        let (low, high) = auc_interval(1.0, 30, 30).unwrap();
        assert!((0.8..0.97).contains(&low) && high == 1.0, "{low} {high}");
        let (none, few) = auc_interval(0.0, 30, 30).unwrap();
        assert!(none == 0.0 && (few - (1.0 - low)).abs() < 1e-12, "{none} {few}");
        assert_eq!((auc_interval(0.7, 0, 5), auc_interval(0.7, 5, 0)), (None, None));
    }

    /// Of draws whose area is known, some 95 % of the intervals hold it.
    #[test]
    fn most_intervals_hold_the_area() {
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        // A click is the greater of k draws from [0, 1), another row one: the area is k / (k + 1).
        for (k, m, n) in [(1, 20, 40), (4, 15, 15), (19, 10, 60)] {
            let area = f64::from(k) / f64::from(k + 1);
            let mut held = 0;
            for _ in 0..1000 {
                let clicks = (0..m).map(|_| (0..k).map(|_| uniform()).fold(0.0, f64::max) as f32);
                let mut scores: Vec<f32> = clicks.collect();
                scores.extend((0..n).map(|_| uniform() as f32));
                let labels: Vec<f32> = (0..m + n).map(|i| f32::from(u8::from(i < m))).collect();
                let found = auc(&scores, &labels).unwrap();
                let (low, high) = auc_interval(found, m, n).unwrap();
                held += usize::from((low..=high).contains(&area));
            }
            assert!((910..=995).contains(&held), "{held} of 1000 hold {area}");
        }
    }
}
