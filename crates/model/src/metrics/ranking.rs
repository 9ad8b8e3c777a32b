//! How good the order of a group's candidates is.

/// The first `k` of each group's candidates, by descending score: means over the groups that have a click.
///
/// Candidates of equal scores count as their random orders would on average, so that the order of the rows
/// tells nothing. Without ties the figures are those of `ranx` and `trec_eval`: `hit_rate` (`success`),
/// `recall`, `ndcg` (`ndcg_cut`) and `mrr` (`recip_rank`, here 0 beyond k).
///
/// The candidates are those that the rows have. Against a few sampled negatives the figures are far higher
/// than against all items, and may order models otherwise (Krichene and Rendle, KDD 2020).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Ranking {
    /// How many candidates at the top are looked at.
    pub k: usize,
    /// HR@k: the share of groups with a click among the first k.
    pub hit_rate: f64,
    /// Recall@k: the share of a group's clicks that are among the first k.
    pub recall: f64,
    /// NDCG@k: Σ 1/log₂(rank + 1) over the clicks among the first k, by what the best order has.
    pub ndcg: f64,
    /// MRR@k: 1 / the first click's rank; 0 where that is beyond k.
    pub mrr: f64,
    /// Groups that have a click.
    pub groups: usize,
    /// Candidates a group, on average over these groups.
    pub candidates: f64,
}

impl Ranking {
    /// Of scores (logits or probabilities) with labels and groups; `None` where no group has a click.
    ///
    /// # Panics
    /// If the lists differ in length, `k` is 0 or a score is NaN.
    ///
    /// ```
    /// use dien_model::metrics::Ranking;
    /// let (scores, labels) = ([3.0, 2.0, 1.0, 5.0, 4.0], [0.0, 1.0, 0.0, 1.0, 0.0]);
    /// let found = Ranking::new(&scores, &labels, &[7, 7, 7, 8, 8], 1).unwrap();
    /// assert_eq!((found.hit_rate, found.groups), (0.5, 2)); // user 8's click is at the top, user 7's second
    /// ```
    pub fn new(scores: &[f32], labels: &[f32], groups: &[u32], k: usize) -> Option<Ranking> {
        assert_eq!(scores.len(), labels.len(), "ranking: one label a score");
        assert_eq!(scores.len(), groups.len(), "ranking: one group a score");
        assert!(k > 0, "ranking: the first 0 candidates");
        assert!(!scores.iter().any(|x| x.is_nan()), "ranking: a score that is no number");
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|&a, &b| groups[a].cmp(&groups[b]).then(scores[b].total_cmp(&scores[a])));
        let mut sum = Ranking::none(k);
        for group in order.chunk_by(|&a, &b| groups[a] == groups[b]) {
            if group.iter().any(|&row| labels[row] > 0.5) {
                sum.add_group(group, scores, labels);
            }
        }
        let n = sum.groups as f64;
        (sum.groups > 0).then(|| Ranking {
            hit_rate: sum.hit_rate / n,
            recall: sum.recall / n,
            ndcg: sum.ndcg / n,
            mrr: sum.mrr / n,
            candidates: sum.candidates / n,
            ..sum
        })
    }

    /// [`new`](Self::new) without the rows whose weight is 0; other weights weigh nothing here.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn of_weighted(
        scores: &[f32],
        labels: &[f32],
        groups: &[u32],
        weights: &[f32],
        k: usize,
    ) -> Option<Ranking> {
        assert_eq!(scores.len(), weights.len(), "ranking: one weight a score");
        let kept: Vec<usize> = (0..weights.len()).filter(|&row| weights[row] > 0.0).collect();
        let of = |list: &[f32]| -> Vec<f32> { kept.iter().map(|&row| list[row]).collect() };
        let groups: Vec<u32> = kept.iter().map(|&row| groups[row]).collect();
        Self::new(&of(scores), &of(labels), &groups, k)
    }

    fn none(k: usize) -> Ranking {
        Ranking { k, hit_rate: 0.0, recall: 0.0, ndcg: 0.0, mrr: 0.0, groups: 0, candidates: 0.0 }
    }

    /// `group` are rows by descending score, one at least with a click.
    fn add_group(&mut self, group: &[usize], scores: &[f32], labels: &[f32]) {
        let clicks_of = |rows: &[usize]| rows.iter().filter(|&&row| labels[row] > 0.5).count();
        let all = clicks_of(group);
        let gain = |rank: usize| 1.0 / ((rank + 2) as f64).log2();
        let (mut before, mut found, mut dcg) = (0, 0.0, 0.0);
        let mut first: Option<Ties> = None;
        for tied in group.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let ties = Ties { before, len: tied.len(), clicks: clicks_of(tied) };
            let (share, inside) = (ties.clicks as f64 / ties.len as f64, ties.inside(self.k));
            found += share * inside as f64;
            dcg += share * (before..before + inside).map(gain).sum::<f64>();
            if ties.clicks > 0 && first.is_none() {
                first = Some(ties);
            }
            before += tied.len();
        }
        let [hit, reciprocal] = first.expect("a click").first_click(self.k);
        self.hit_rate += hit;
        self.mrr += reciprocal;
        self.recall += found / all as f64;
        self.ndcg += dcg / (0..all.min(self.k)).map(gain).sum::<f64>();
        self.groups += 1;
        self.candidates += group.len() as f64;
    }
}

/// Candidates of one score, in any order.
struct Ties {
    /// Candidates of higher scores.
    before: usize,
    len: usize,
    clicks: usize,
}

impl Ties {
    /// How many of them are among the first k.
    fn inside(&self, k: usize) -> usize {
        k.saturating_sub(self.before).min(self.len)
    }

    /// Where none before them is a click: the probability that the first is among the first k, and the mean
    /// of 1 / rank there.
    fn first_click(&self, k: usize) -> [f64; 2] {
        let (mut none_yet, mut hit, mut reciprocal) = (1.0, 0.0, 0.0);
        for place in 0..self.inside(k) {
            let left = (self.len - place) as f64;
            let here = none_yet * self.clicks as f64 / left;
            hit += here;
            reciprocal += here / (self.before + place + 1) as f64;
            none_yet *= (left - self.clicks as f64).max(0.0) / left;
        }
        [hit, reciprocal]
    }
}

#[cfg(test)]
mod tests;
