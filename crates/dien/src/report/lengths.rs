//! AUC by how much history there is.

use dien_model::metrics::auc;
use serde::Serialize;

/// The longest history of each bucket; one more has all that are longer.
const ENDS: [u32; 7] = [0, 2, 5, 10, 20, 50, 100];

/// Targets that look back on so many events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bucket {
    /// The fewest events.
    pub from: u32,
    /// The most; `None` for no end.
    pub to: Option<u32>,
    /// How many targets there are.
    pub targets: usize,
    /// Their clicks.
    pub clicks: usize,
    /// Their AUC; `None` unless both labels occur.
    pub auc: Option<f64>,
}

/// The buckets that have a target.
pub(super) fn by_history(scores: &[f32], labels: &[f32], lengths: &[u32]) -> Vec<Bucket> {
    let ends = ENDS.map(Some).into_iter().chain([None]);
    let mut from = 0;
    let mut buckets = vec![];
    for to in ends {
        let within = |n: u32| n >= from && to.is_none_or(|to| n <= to);
        let pairs = scores.iter().zip(labels).zip(lengths).filter(|&(_, &n)| within(n));
        let (scores, labels): (Vec<f32>, Vec<f32>) = pairs.map(|((&s, &l), _)| (s, l)).unzip();
        if !scores.is_empty() {
            let clicks = labels.iter().filter(|&&l| l > 0.5).count();
            buckets.push(Bucket { from, to, targets: scores.len(), clicks, auc: auc(&scores, &labels) });
        }
        from = to.map_or(from, |to| to + 1);
    }
    buckets
}

impl Bucket {
    /// The AUC's interval of 95 %, by the standard error of Hanley and McNeil (1982), within 0 and 1.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let auc = self.auc?;
        let (m, n) = (self.clicks as f64, (self.targets - self.clicks) as f64);
        let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
        let square = auc * auc;
        let variance = (auc * (1.0 - auc) + (m - 1.0) * (q1 - square) + (n - 1.0) * (q2 - square)) / (m * n);
        let half = 1.96 * variance.max(0.0).sqrt();
        Some(((auc - half).max(0.0), (auc + half).min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_its_bucket() {
        let lengths = [0, 1, 2, 2, 3, 100, 101, 4000];
        let scores = [0.1, 0.2, 0.3, 0.1, 0.4, 0.5, 0.9, 0.8];
        let labels = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let buckets = by_history(&scores, &labels, &lengths);
        let seen: Vec<_> = buckets.iter().map(|b| (b.from, b.to, b.targets, b.clicks, b.auc)).collect();
        assert_eq!(
            seen,
            [
                (0, Some(0), 1, 1, None),
                (1, Some(2), 3, 1, Some(1.0)),
                (3, Some(5), 1, 0, None),
                (51, Some(100), 1, 1, None),
                (101, None, 2, 1, Some(0.0)),
            ]
        );
    }

    #[test]
    fn intervals_are_hanleys_and_mcneils() {
        let bucket = Bucket { from: 1, to: None, targets: 109, clicks: 51, auc: Some(0.893) };
        // Of the size of their example, 51 abnormal and 58 normal images: by hand, Q1 = 0.80668, Q2 =
        // 0.84252, and the variance is (0.09555 + 50 · 0.00923 + 57 · 0.04508) / (51 · 58).
        let (low, high) = bucket.interval().unwrap();
        assert!(((high - low) / (2.0 * 1.96) - 0.03251).abs() < 1e-5, "{low} {high}");
        assert_eq!(Bucket { auc: None, ..bucket }.interval(), None);
        assert_eq!(Bucket { auc: Some(1.0), ..bucket }.interval(), Some((1.0, 1.0)));
    }
}
