//! How sure a rate of clicks is.

use super::Z;

/// Wilson's interval of 95 % around a rate among so many rows (1927): within 0 and 1, and with a width where
/// the rate is 0 or 1. `None` of no rows.
///
/// ```
/// use dien_model::metrics::rate_interval;
///
/// let (low, high) = rate_interval(0.0, 10.0).unwrap();
/// assert!(low == 0.0 && (0.27..0.28).contains(&high)); // none of ten
/// ```
pub fn rate_interval(rate: f64, rows: f64) -> Option<(f64, f64)> {
    if rows.is_nan() || rows <= 0.0 {
        return None;
    }
    let (more, all) = (Z * Z / rows, 1.0 + Z * Z / rows);
    let half = (more * rate * (1.0 - rate) + more * more / 4.0).max(0.0).sqrt();
    let middle = rate + more / 2.0;
    Some((((middle - half) / all).max(0.0), ((middle + half) / all).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_score_test() {
        for (rate, rows) in [(0.2, 10.0), (0.5, 7.5), (0.003, 4000.0)] {
            let (low, high) = rate_interval(rate, rows).unwrap();
            for bound in [low, high] {
                let distance = (bound - rate).abs() / (bound * (1.0 - bound) / rows).sqrt();
                assert!((distance - Z).abs() < 1e-9, "{bound}: {distance}");
            }
        }
        let (low, high) = rate_interval(1.0, 1.0).unwrap();
        assert!((0.2..0.21).contains(&low) && high == 1.0, "{low}");
        assert_eq!((rate_interval(0.0, 0.0), rate_interval(0.0, f64::NAN)), (None, None));
    }
}
