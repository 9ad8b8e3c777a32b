//! The area under the ROC curve, over all rows and by group.

use std::collections::BTreeMap;

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

/// [`auc`] of rows with weights: a pair counts as the product of its rows' weights. `None` unless both labels
/// have a weight above 0.
///
/// As `roc_auc_score` of scikit-learn with `sample_weight`.
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// let (scores, labels) = ([0.9, 0.4, 0.1], [1.0, 0.0, 1.0]);
/// // The click that stands above the non-click weighs 3, the other 1.
/// assert_eq!(dien_model::metrics::auc_weighted(&scores, &labels, &[3.0, 1.0, 1.0]), Some(0.75));
/// ```
pub fn auc_weighted(scores: &[f32], labels: &[f32], weights: &[f32]) -> Option<f64> {
    assert_eq!(scores.len(), labels.len(), "auc: one label a score");
    assert_eq!(scores.len(), weights.len(), "auc: one weight a score");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Weights of the clicks, of the others, and of the pairs that are in order.
    let (mut clicks, mut others, mut pairs) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let sum = |click: bool| -> f64 {
            let rows = tied.iter().filter(|&&o| (labels[o] > 0.5) == click);
            rows.map(|&o| f64::from(weights[o])).sum()
        };
        let (here, beside) = (sum(true), sum(false));
        pairs += here * (others + 0.5 * beside);
        clicks += here;
        others += beside;
    }
    (clicks > 0.0 && others > 0.0).then(|| pairs / (clicks * others))
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
    mean_over_groups(groups, |rows| {
        let [scores, labels] = [scores, labels].map(|list| of_rows(list, rows));
        Some((auc(&scores, &labels)?, rows.len() as f64))
    })
}

/// [`gauc`] of rows with weights: each group's AUC is [weighted](auc_weighted), and counts as the sum of its
/// rows' weights.
///
/// # Panics
/// If the lists differ in length.
pub fn gauc_weighted(scores: &[f32], labels: &[f32], groups: &[u32], weights: &[f32]) -> Option<f64> {
    assert_eq!(scores.len(), labels.len(), "gauc: one label a score");
    assert_eq!(scores.len(), groups.len(), "gauc: one group a score");
    assert_eq!(scores.len(), weights.len(), "gauc: one weight a score");
    mean_over_groups(groups, |rows| {
        let [scores, labels, weights] = [scores, labels, weights].map(|list| of_rows(list, rows));
        let weight = weights.iter().map(|&w| f64::from(w)).sum();
        Some((auc_weighted(&scores, &labels, &weights)?, weight))
    })
}

fn of_rows(list: &[f32], rows: &[usize]) -> Vec<f32> {
    rows.iter().map(|&row| list[row]).collect()
}

/// The mean of what `of` finds in a group's rows, by the weight that it gives; `None` where it finds nothing.
fn mean_over_groups(groups: &[u32], of: impl Fn(&[usize]) -> Option<(f64, f64)>) -> Option<f64> {
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate() {
        by_group.entry(group).or_default().push(row);
    }
    let (mut sum, mut all) = (0.0, 0.0);
    for (value, weight) in by_group.values().filter_map(|rows| of(rows)) {
        sum += value * weight;
        all += weight;
    }
    (all > 0.0).then(|| sum / all)
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

    /// Every row as often as it weighs.
    fn repeated(list: &[f32], weights: &[f32]) -> Vec<f32> {
        list.iter().zip(weights).flat_map(|(&x, &w)| std::iter::repeat_n(x, w as usize)).collect()
    }

    #[test]
    fn a_row_counts_as_often_as_it_weighs() {
        let scores: Vec<f32> = (0..97).map(|i| ((i * 37) % 23) as f32).collect();
        let labels: Vec<f32> = (0..97).map(|i| ((i * 11) % 3 == 0) as u8 as f32).collect();
        let weights: Vec<f32> = (0..97).map(|i| ((i * 7) % 4) as f32).collect();
        let groups: Vec<u32> = (0..97).map(|i| (i * 5) % 7).collect();
        let [s, l] = [&scores, &labels].map(|list| repeated(list, &weights));
        let g: Vec<f32> = groups.iter().map(|&g| g as f32).collect();
        let g: Vec<u32> = repeated(&g, &weights).into_iter().map(|g| g as u32).collect();
        let close = |found: Option<f64>, expected: Option<f64>| {
            let (found, expected) = (found.unwrap(), expected.unwrap());
            assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
        };
        close(auc_weighted(&scores, &labels, &weights), auc(&s, &l));
        close(gauc_weighted(&scores, &labels, &groups, &weights), gauc(&s, &l, &g));
        let ones = vec![1.0; 97];
        close(auc_weighted(&scores, &labels, &ones), auc(&scores, &labels));
        close(gauc_weighted(&scores, &labels, &groups, &ones), gauc(&scores, &labels, &groups));
    }

    #[test]
    fn rows_of_weight_0_are_none() {
        assert_eq!(auc_weighted(&[1.0, 2.0, 3.0], &[0.0, 1.0, 0.0], &[1.0, 1.0, 0.0]), Some(1.0));
        assert_eq!(auc_weighted(&[1.0, 2.0], &[0.0, 1.0], &[0.0, 1.0]), None);
        assert_eq!(gauc_weighted(&[1.0, 2.0], &[0.0, 1.0], &[1, 1], &[1.0, 0.0]), None);
    }
}
