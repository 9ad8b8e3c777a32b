//! How far AUCs vary with who happens to be in the test: a paired bootstrap over test users.
//!
//! A replicate draws the test users with replacement, the same for every variant; drawing users and not
//! targets keeps the targets of a user together.

use std::borrow::Cow;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::Scores;

/// Replicates.
const REPLICATES: usize = 1000;

/// The AUCs of many variants under the same draws of users.
pub(super) struct Bootstrap {
    /// How many are drawn from.
    pub users: usize,
    /// `[variant][seed]`, of the users as they are.
    pub auc: Vec<Vec<f64>>,
    /// `[replicate][variant]`, the mean over the seeds.
    drawn: Vec<Vec<f64>>,
}

impl Bootstrap {
    /// Of variants' scores, `[variant][seed]`, of the [same targets](same_targets); none without any.
    pub fn new(variants: &[Vec<&Scores>]) -> Option<Self> {
        let first = units(variants.iter().flatten().next()?);
        let mut users = first.into_owned();
        users.sort_unstable();
        users.dedup();
        let ranked = |s: &&Scores| {
            let place = |user: &u32| users.binary_search(user).expect("one of the users");
            Ranked::new(s, &units(s).iter().map(place).collect::<Vec<_>>())
        };
        let ranked: Vec<Vec<Ranked>> =
            variants.iter().map(|seeds| seeds.iter().map(ranked).collect()).collect();
        let of_seeds = |weights: &[f64]| -> Vec<Vec<f64>> {
            ranked.iter().map(|seeds| seeds.iter().map(|r| r.auc(weights)).collect()).collect()
        };
        let replicate = |i: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(i as u64);
            let mut weights = vec![0.0; users.len()];
            (0..users.len()).for_each(|_| weights[rng.random_range(0..users.len())] += 1.0);
            of_seeds(&weights).iter().map(|seeds| mean(seeds)).collect()
        };
        let auc = of_seeds(&vec![1.0; users.len()]);
        let drawn = (0..REPLICATES).into_par_iter().map(replicate).collect();
        Some(Bootstrap { users: users.len(), auc, drawn })
    }

    /// The variance, over draws of users, of variant `a`'s mean AUC less variant `b`'s.
    pub fn variance(&self, a: usize, b: usize) -> f64 {
        let differences: Vec<f64> = self.drawn.iter().map(|auc| auc[a] - auc[b]).collect();
        variance(&differences)
    }
}

/// Whether both have the same targets, in whatever order within a user's.
pub(super) fn same_targets(a: &Scores, b: &Scores) -> bool {
    let sorted = |s: &Scores| {
        let mut targets: Vec<(u32, u8)> = units(s).iter().copied().zip(s.labels.iter().copied()).collect();
        targets.sort_unstable();
        targets
    };
    (&a.users, &a.labels) == (&b.users, &b.labels) || sorted(a) == sorted(b)
}

/// What is drawn: users, or the targets themselves where the log does not tell users apart.
fn units(scores: &Scores) -> Cow<'_, [u32]> {
    match scores.users.first() {
        Some(first) if scores.users.iter().all(|user| user == first) => {
            (0..scores.users.len() as u32).collect()
        }
        _ => Cow::Borrowed(&scores.users),
    }
}

/// The mean.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample's variance; of two values at least.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
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
    fn the_variance_is_that_of_fresh_users() {
        // Many tests of 300 users each, and the bootstrap of one of them.
        let pair = |i: u64| [scores(300, 0.2, 2 * i), scores(300, 0.3, 2 * i + 1)];
        let difference = |[a, b]: &[Scores; 2]| {
            let bootstrap = Bootstrap::new(&[vec![a], vec![b]]).unwrap();
            bootstrap.auc[0][0] - bootstrap.auc[1][0]
        };
        let fresh: Vec<f64> = (0..100).map(|i| difference(&pair(i))).collect();
        let [a, b] = pair(500);
        let found = Bootstrap::new(&[vec![&a], vec![&b]]).unwrap().variance(0, 1);
        let ratio = found / variance(&fresh);
        assert!((0.6..1.6).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_order_of_a_users_targets_does_not_matter() {
        let a = scores(30, 0.3, 1);
        let mut b = a.clone();
        b.logits.reverse();
        b.labels.reverse();
        b.users.reverse();
        assert!(same_targets(&a, &b));
        let bootstrap = Bootstrap::new(&[vec![&a], vec![&b]]).unwrap();
        assert_eq!((bootstrap.users, bootstrap.variance(0, 1)), (30, 0.0));
        b.labels.swap(0, 2);
        assert!(same_targets(&a, &b), "both are negatives");
        b.labels.swap(0, 1);
        b.users[0] = 1;
        assert!(!same_targets(&a, &b));
    }

    #[test]
    fn targets_are_drawn_where_users_are_not_known() {
        let mut one = scores(50, 0.3, 1);
        one.users.fill(4);
        assert_eq!(Bootstrap::new(&[vec![&one]]).unwrap().users, 100);
    }
}
