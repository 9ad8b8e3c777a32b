//! AUC by how much history there is.

use dien_model::metrics::{auc, auc_interval};
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
    /// The AUC's interval of 95 %: see [`auc_interval`].
    pub fn interval(&self) -> Option<(f64, f64)> {
        auc_interval(self.auc?, self.clicks, self.targets - self.clicks)
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
    fn few_targets_have_a_wide_interval() {
        let bucket = Bucket { from: 1, to: None, targets: 8, clicks: 4, auc: Some(1.0) };
        let (low, high) = bucket.interval().unwrap();
        assert!(low < 0.8 && high == 1.0, "{low} {high}");
        assert_eq!(Bucket { auc: None, ..bucket }.interval(), None);
    }
}
