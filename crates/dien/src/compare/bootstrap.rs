//! Whether one variant's AUC is another's but for noise: a paired bootstrap over test users and seeds.
//!
//! A replicate draws the test users with replacement, the same for every variant, and each variant's seeds with replacement; what counts is
//! the difference of the mean AUCs. Drawing users and not targets keeps the targets of a user together, and drawing seeds
//! counts what training itself varies by.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;

use super::Scores;

/// Replicates.
const REPLICATES: usize = 1000;

/// One variant's mean AUC less another's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The difference.
    pub mean: f64,
    /// The middle 95 % of the replicates.
    pub low: f64,
    /// See [`low`](Self::low).
    pub high: f64,
    /// Two-sided: how likely a difference at least so far from 0 is, if there is none.
    pub p: f64,
}

/// The AUCs of many variants under the same draws of users.
pub(super) struct Bootstrap {
    /// `[variant][seed]`, of the users as they are.
    auc: Vec<Vec<f64>>,
    /// `[replicate][variant][seed]`
    drawn: Vec<Vec<Vec<f64>>>,
}

impl Bootstrap {
    /// Of variants' scores, `[variant][seed]`; none unless all are of the same targets.
    pub fn new(variants: &[Vec<&Scores>]) -> Option<Self> {
        let first = *variants.iter().flatten().next()?;
        let same = |s: &&Scores| s.labels == first.labels && s.users == first.users;
        if !variants.iter().flatten().all(same) {
            return None;
        }
        let mut users = first.users.clone();
        users.sort_unstable();
        users.dedup();
        let place = |user: &u32| users.binary_search(user).expect("one of the users");
        let of: Vec<usize> = first.users.iter().map(place).collect();
        let ranked: Vec<Vec<Ranked>> =
            variants.iter().map(|seeds| seeds.iter().map(|s| Ranked::new(s, &of)).collect()).collect();
        let all = |weights: &[f64]| -> Vec<Vec<f64>> {
            ranked.iter().map(|seeds| seeds.iter().map(|r| r.auc(weights)).collect()).collect()
        };
        let replicate = |i: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(i as u64);
            let mut weights = vec![0.0; users.len()];
            (0..users.len()).for_each(|_| weights[rng.random_range(0..users.len())] += 1.0);
            all(&weights)
        };
        let auc = all(&vec![1.0; users.len()]);
        let drawn = (0..REPLICATES).into_par_iter().map(replicate).collect();
        Some(Bootstrap { auc, drawn })
    }

    /// Variant `a` less variant `b`.
    pub fn difference(&self, a: usize, b: usize) -> Difference {
        let mean = |seeds: &[f64]| seeds.iter().sum::<f64>() / seeds.len() as f64;
        let mut rng = ChaCha8Rng::seed_from_u64((a * 1000 + b) as u64);
        let mut draw = |seeds: &[f64]| {
            let sum: f64 = (0..seeds.len()).map(|_| seeds[rng.random_range(0..seeds.len())]).sum();
            sum / seeds.len() as f64
        };
        let mut found: Vec<f64> = self.drawn.iter().map(|auc| draw(&auc[a]) - draw(&auc[b])).collect();
        found.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| found[((found.len() - 1) as f64 * share).round() as usize];
        let below = found.iter().filter(|d| **d <= 0.0).count();
        let above = found.iter().filter(|d| **d >= 0.0).count();
        let p = 2.0 * (below.min(above) + 1) as f64 / (found.len() + 1) as f64;
        Difference {
            mean: mean(&self.auc[a]) - mean(&self.auc[b]),
            low: at(0.025),
            high: at(0.975),
            p: p.min(1.0),
        }
    }
}

/// Targets by ascending score.
struct Ranked {
    /// User, label, and whether the score is that of the target before.
    targets: Vec<(usize, bool, bool)>,
}

impl Ranked {
    fn new(scores: &Scores, user: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..user.len()).collect();
        order.sort_by(|&a, &b| scores.logits[a].total_cmp(&scores.logits[b]));
        let tied = |i: usize| i > 0 && scores.logits[order[i]] == scores.logits[order[i - 1]];
        let target = |(i, &at): (usize, &usize)| (user[at], scores.labels[at] == 1, tied(i));
        Ranked { targets: order.iter().enumerate().map(target).collect() }
    }

    /// The AUC where each user counts so often.
    fn auc(&self, weights: &[f64]) -> f64 {
        let (mut below, mut won, mut positives) = (0.0, 0.0, 0.0);
        let (mut tied_negatives, mut tied_positives) = (0.0, 0.0);
        for &(user, label, tied) in &self.targets {
            if !tied {
                won += tied_positives * (below + 0.5 * tied_negatives);
                below += tied_negatives;
                (tied_negatives, tied_positives) = (0.0, 0.0);
            }
            if label {
                tied_positives += weights[user];
                positives += weights[user];
            } else {
                tied_negatives += weights[user];
            }
        }
        won += tied_positives * (below + 0.5 * tied_negatives);
        below += tied_negatives;
        if positives * below > 0.0 { won / (positives * below) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dien_model::metrics::auc;

    /// Two targets a user, the first clicked, with a signal of this strength.
    fn scores(users: u32, strength: f32, seed: u64) -> Scores {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut scores = Scores::default();
        for user in 0..users {
            for label in [1, 0] {
                scores.logits.push(rng.random_range(-1.0..1.0_f32) + strength * f32::from(label));
                scores.labels.push(label);
                scores.users.push(user * 7);
            }
        }
        scores
    }

    #[test]
    fn the_weighted_auc_is_that_of_repeated_targets() {
        let mut s = scores(40, 0.3, 1);
        s.logits.iter_mut().for_each(|x| *x = (*x * 5.0).round());
        let of: Vec<usize> = s.users.iter().map(|&u| (u / 7) as usize).collect();
        let weights: Vec<f64> = (0..40).map(|u| f64::from(u % 4)).collect();
        let repeated = || (0..80).flat_map(|i| std::iter::repeat_n(i, weights[of[i]] as usize));
        let logits: Vec<f32> = repeated().map(|i| s.logits[i]).collect();
        let labels: Vec<f32> = repeated().map(|i| f32::from(s.labels[i])).collect();
        let found = Ranked::new(&s, &of).auc(&weights);
        assert!((found - auc(&logits, &labels).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn a_difference_is_told_from_noise() {
        let of = |strength: f32, first: u64| [0, 1, 2].map(|i| scores(1500, strength, first + i));
        let (weak, same, strong) = (of(0.2, 1), of(0.2, 11), of(0.4, 21));
        let refs = |s: &'static [Scores; 3]| s.iter().collect::<Vec<_>>();
        let [weak, same, strong] = [weak, same, strong].map(|s| refs(Box::leak(Box::new(s))));
        let bootstrap = Bootstrap::new(&[weak.clone(), same, strong]).unwrap();
        let (alike, apart) = (bootstrap.difference(1, 0), bootstrap.difference(2, 0));
        assert!(alike.p > 0.05 && alike.low < 0.0 && alike.high > 0.0, "{alike:?}");
        assert!(
            apart.p < 0.01 && apart.low > 0.0 && apart.low < apart.mean && apart.mean < apart.high,
            "{apart:?}"
        );
        let other: &'static Scores = Box::leak(Box::new(scores(9, 0.0, 1)));
        assert!(Bootstrap::new(&[weak, vec![other]]).is_none(), "other targets");
    }
}
