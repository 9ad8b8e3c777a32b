//! Whether probabilities are what they say: predicted beside observed.

use serde::Serialize;

/// How many bins of equal width there are.
const BINS: usize = 10;

/// Predicted probabilities beside the shares of clicks that came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Calibration {
    /// Ten bins of equal width, from 0 to 1.
    pub bins: Vec<Bin>,
    /// The mean predicted probability, and the share of clicks, of all targets.
    pub predicted: f64,
    /// See `predicted`.
    pub observed: f64,
    /// |predicted − observed| of the bins, weighted by their targets: the expected calibration error.
    pub error: f64,
}

/// Targets whose predicted probability lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bin {
    /// The range's lower end, which belongs to it.
    pub from: f64,
    /// Its upper end, which belongs to the next.
    pub to: f64,
    /// How many targets there are.
    pub targets: usize,
    /// Their mean predicted probability; `None` without any.
    pub predicted: Option<f64>,
    /// The share of clicks among them.
    pub observed: Option<f64>,
}

impl Calibration {
    /// Bins probabilities with their labels (1 is a click).
    ///
    /// # Panics
    /// If the lists differ in length.
    pub(crate) fn new(probabilities: &[f64], labels: &[f32]) -> Self {
        assert_eq!(probabilities.len(), labels.len(), "calibration: one label a probability");
        let mut sums = [(0usize, 0.0, 0.0); BINS];
        for (&p, &label) in probabilities.iter().zip(labels) {
            // The last bin has its upper end, too.
            let (n, predicted, clicks) = &mut sums[((p * BINS as f64) as usize).min(BINS - 1)];
            (*n, *predicted, *clicks) = (*n + 1, *predicted + p, *clicks + f64::from(label));
        }
        let bin = |(i, &(targets, predicted, clicks)): (usize, &(usize, f64, f64))| Bin {
            from: i as f64 / BINS as f64,
            to: (i + 1) as f64 / BINS as f64,
            targets,
            predicted: (targets > 0).then(|| predicted / targets as f64),
            observed: (targets > 0).then(|| clicks / targets as f64),
        };
        let all = probabilities.len().max(1) as f64;
        Calibration {
            bins: sums.iter().enumerate().map(bin).collect(),
            predicted: sums.iter().map(|(_, p, _)| p).sum::<f64>() / all,
            observed: sums.iter().map(|(_, _, c)| c).sum::<f64>() / all,
            error: sums.iter().map(|(_, p, c)| (p - c).abs()).sum::<f64>() / all,
        }
    }
}

impl Bin {
    /// Wilson's interval of 95 % for the share of clicks.
    pub fn interval(&self) -> Option<(f64, f64)> {
        const Z: f64 = 1.96;
        let (n, share) = (self.targets as f64, self.observed?);
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        Some((((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probability_has_its_bin() {
        let p = [0.0, 0.05, 0.1, 0.15, 0.95, 1.0];
        let calibration = Calibration::new(&p, &[0.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
        let counts: Vec<usize> = calibration.bins.iter().map(|b| b.targets).collect();
        assert_eq!(counts, [2, 2, 0, 0, 0, 0, 0, 0, 0, 2]);
        let (first, third) = (&calibration.bins[0], &calibration.bins[2]);
        assert_eq!((first.predicted, first.observed), (Some(0.025), Some(0.5)));
        assert_eq!((third.predicted, third.observed, third.interval()), (None, None, None));
        // (|0.05 − 1| + |0.25 − 0| + |1.95 − 2|) / 6
        assert!((calibration.error - 1.25 / 6.0).abs() < 1e-12, "{calibration:?}");
        assert!((calibration.predicted - 2.25 / 6.0).abs() < 1e-12 && calibration.observed == 0.5);
        assert_eq!(Calibration::new(&[], &[]).error, 0.0);
    }

    #[test]
    fn intervals_narrow_with_targets() {
        let bin = |targets| Bin { from: 0.0, to: 0.1, targets, predicted: Some(0.05), observed: Some(0.5) };
        let (low, high) = bin(100).interval().unwrap();
        // Wilson for 50 of 100: 0.4038 … 0.5962.
        assert!((low - 0.4038).abs() < 1e-4 && (high - 0.5962).abs() < 1e-4, "{low} {high}");
        let (few, _) = bin(4).interval().unwrap();
        assert!(few < low && few > 0.0);
    }
}
