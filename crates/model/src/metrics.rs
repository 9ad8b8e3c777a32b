//! AUC, GAUC and log loss, exactly.

use std::collections::BTreeMap;

/// How good a list of scores is.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Metrics {
    /// Area under the ROC curve; `None` unless both labels occur.
    pub auc: Option<f64>,
    /// AUC by user, weighted by the user's samples; `None` unless a user has both labels.
    pub gauc: Option<f64>,
    /// Mean binary cross-entropy.
    pub logloss: f64,
    /// The number of scores.
    pub samples: usize,
}

impl Metrics {
    /// The metrics of logits with labels (1 is a click) and groups (users).
    ///
    /// # Panics
    /// If the lists differ in length.
    pub fn new(logits: &[f32], labels: &[f32], groups: &[u32]) -> Metrics {
        Metrics {
            auc: auc(logits, labels),
            gauc: gauc(logits, labels, groups),
            logloss: logloss(logits, labels),
            samples: logits.len(),
        }
    }
}

/// P(score of a click > score of a non-click) + ½ P(equal), over all pairs; `None` unless both labels occur.
///
/// A label above ½ is a click. The area under the ROC curve, by the rank sum of Mann and Whitney.
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// let (scores, labels) = ([0.9, 0.4, 0.4, 0.1], [1.0, 1.0, 0.0, 0.0]);
/// // Of four pairs of a click and a non-click, three are in order, and one is a tie.
/// assert_eq!(dien_model::metrics::auc(&scores, &labels), Some(3.5 / 4.0));
/// ```
pub fn auc(scores: &[f32], labels: &[f32]) -> Option<f64> {
    assert_eq!(scores.len(), labels.len(), "auc: one label a score");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Twice the rank sum of the clicks: halves from ties stay whole numbers.
    let (mut clicks, mut rank_sum, mut i) = (0u128, 0u128, 0);
    while i < order.len() {
        let tied = order[i..].iter().take_while(|&&o| scores[o] == scores[order[i]]).count().max(1);
        let here = order[i..i + tied].iter().filter(|&&o| labels[o] > 0.5).count() as u128;
        clicks += here;
        rank_sum += here * (2 * i + tied + 1) as u128;
        i += tied;
    }
    let others = scores.len() as u128 - clicks;
    if clicks == 0 || others == 0 {
        return None;
    }
    Some((rank_sum - clicks * (clicks + 1)) as f64 / (2 * clicks * others) as f64)
}

/// Σ nᵤ AUCᵤ / Σ nᵤ over the groups with both labels; `None` if there is none.
///
/// nᵤ is the number of a group's scores. The user-weighted AUC of the Deep Interest Network
/// (arXiv:1706.06978).
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// let (scores, labels) = ([2.0, 1.0, 2.0, 1.0, 3.0], [1.0, 0.0, 0.0, 1.0, 1.0]);
/// let users = [7, 7, 8, 8, 9];
/// // 1 for user 7 and 0 for user 8, two scores each; user 9 has no non-click.
/// assert_eq!(dien_model::metrics::gauc(&scores, &labels, &users), Some(0.5));
/// ```
pub fn gauc(scores: &[f32], labels: &[f32], groups: &[u32]) -> Option<f64> {
    assert_eq!(scores.len(), labels.len(), "gauc: one label a score");
    assert_eq!(scores.len(), groups.len(), "gauc: one group a score");
    let mut by_group: BTreeMap<u32, (Vec<f32>, Vec<f32>)> = BTreeMap::new();
    for ((&s, &l), &g) in scores.iter().zip(labels).zip(groups) {
        let (scores, labels) = by_group.entry(g).or_default();
        scores.push(s);
        labels.push(l);
    }
    let (mut sum, mut weight) = (0.0, 0.0);
    for (scores, labels) in by_group.values() {
        if let Some(auc) = auc(scores, labels) {
            sum += auc * scores.len() as f64;
            weight += scores.len() as f64;
        }
    }
    (weight > 0.0).then(|| sum / weight)
}

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
    let loss = |(&x, &y): (&f32, &f32)| {
        let (x, y) = (f64::from(x), f64::from(y));
        x.max(0.0) - x * y + (-x.abs()).exp().ln_1p()
    };
    logits.iter().zip(labels).map(loss).sum::<f64>() / logits.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair, one by one.
    fn auc_by_pairs(scores: &[f32], labels: &[f32]) -> f64 {
        let (mut wins, mut pairs) = (0.0, 0.0);
        for i in 0..scores.len() {
            for j in 0..scores.len() {
                if labels[i] > labels[j] {
                    pairs += 1.0;
                    wins += if scores[i] > scores[j] {
                        1.0
                    } else if scores[i] == scores[j] {
                        0.5
                    } else {
                        0.0
                    };
                }
            }
        }
        wins / pairs
    }

    #[test]
    fn auc_counts_pairs_and_halves_ties() {
        let scores: Vec<f32> = (0..97).map(|i| ((i * 37) % 23) as f32).collect();
        let labels: Vec<f32> = (0..97).map(|i| ((i * 11) % 3 == 0) as u8 as f32).collect();
        assert_eq!(auc(&scores, &labels), Some(auc_by_pairs(&scores, &labels)));
        assert_eq!(auc(&[-0.0, 0.0], &[1.0, 0.0]), Some(0.5));
        assert_eq!((auc(&[1.0, 2.0], &[1.0, 1.0]), auc(&[], &[])), (None, None));
    }

    #[test]
    fn gauc_weighs_users_with_both_labels() {
        let scores = [1.0, 2.0, 5.0, 1.0, 2.0, 3.0, 4.0];
        let labels = [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0];
        let groups = [1, 1, 2, 3, 3, 3, 3];
        // User 1: 1 over 2 samples; user 2: no negative; user 3: (0 + 0 + 1 + 1) / 4 over 4 samples.
        assert_eq!(gauc(&scores, &labels, &groups), Some((2.0 + 4.0 * 0.5) / 6.0));
        assert_eq!(gauc(&[1.0], &[1.0], &[0]), None);
    }

    #[test]
    #[should_panic = "gauc: one label a score"]
    fn gauc_wants_a_label_for_each_score() {
        gauc(&[1.0, 2.0], &[1.0], &[0, 0]);
    }

    #[test]
    fn logloss_is_stable() {
        assert!((logloss(&[0.0, 0.0], &[1.0, 0.0]) - 2f64.ln()).abs() < 1e-15);
        assert_eq!(logloss(&[1000.0, -1000.0], &[1.0, 0.0]), 0.0);
        assert_eq!(logloss(&[1000.0], &[0.0]), 1000.0);
    }
}
