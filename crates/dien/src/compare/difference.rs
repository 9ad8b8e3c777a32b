//! Whether one variant's AUC is another's but for noise.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::bootstrap::{Bootstrap, mean, variance};

/// One variant's mean AUC less another's.
///
/// Two things vary: who happens to be in the test, and the training. The variance of the first is that of the
/// difference over draws of the test users (a paired bootstrap), that of the second s²/n of each variant's n
/// seeds. Their sum is measured by Student's t, with Welch and Satterthwaite's degrees of freedom: with few
/// seeds s² itself is hardly known, and t says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The difference.
    pub mean: f64,
    /// The least value that the difference may have, with 95 % confidence; none where a variant has one seed,
    /// as nobody knows then how far training varies.
    pub low: Option<f64>,
    /// The greatest.
    pub high: Option<f64>,
    /// Two-sided: how likely a difference at least so far from 0 is, if there is none.
    pub p: Option<f64>,
}

impl Difference {
    /// Variant `a` less variant `b`.
    pub(super) fn from_bootstrap(bootstrap: &Bootstrap, a: usize, b: usize) -> Self {
        Difference::new([&bootstrap.auc[a], &bootstrap.auc[b]], bootstrap.variance(a, b), bootstrap.users)
    }

    /// From both variants' AUCs by seed, and the variance of their means' difference over draws of so many
    /// users.
    fn new(auc: [&[f64]; 2], of_users: f64, users: usize) -> Self {
        let difference = mean(auc[0]) - mean(auc[1]);
        let none = Difference { mean: difference, low: None, high: None, p: None };
        if auc.iter().any(|seeds| seeds.len() < 2) || users < 2 {
            return none;
        }
        let seeds = auc.map(|seeds| (variance(seeds) / seeds.len() as f64, (seeds.len() - 1) as f64));
        let parts = [seeds[0], seeds[1], (of_users, (users - 1) as f64)];
        let sum: f64 = parts.iter().map(|(variance, _)| variance).sum();
        if sum <= 0.0 {
            // Nothing varies: the very same scores, say.
            let p = if difference == 0.0 { 1.0 } else { 0.0 };
            return Difference { low: Some(difference), high: Some(difference), p: Some(p), ..none };
        }
        let freedom =
            sum * sum / parts.iter().map(|(variance, free)| variance * variance / free).sum::<f64>();
        let Ok(t) = StudentsT::new(0.0, 1.0, freedom) else { return none };
        let half = t.inverse_cdf(0.975) * sum.sqrt();
        Difference {
            mean: difference,
            low: Some(difference - half),
            high: Some(difference + half),
            p: Some(2.0 * t.sf((difference / sum.sqrt()).abs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    use super::*;

    #[test]
    fn without_a_difference_few_are_found() {
        // Seeds vary by 0.004, and users, the same for both, by 0.003 or not at all.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for users in [0.0, 0.003] {
            for n in [2, 3, 5] {
                let mut normal = |sd: f64| Normal::new(0.0, sd).unwrap().sample(&mut rng);
                let mut found = [0, 0];
                for _ in 0..4000 {
                    let shift = normal(users);
                    let a: Vec<f64> = (0..n).map(|_| 0.8 + shift + normal(0.004)).collect();
                    let b: Vec<f64> = (0..n).map(|_| 0.8 + normal(0.004)).collect();
                    let p = Difference::new([&a, &b], users * users, 2000).p.unwrap();
                    found[0] += usize::from(p < 0.05);
                    found[1] += usize::from(p < 0.01);
                }
                let share = found.map(|n| n as f64 / 4000.0);
                // With two seeds the tail is a little thin: Satterthwaite only approximates.
                assert!(share[0] < 0.066 && share[1] < 0.025, "{n} seeds, users {users}: {share:?}");
                assert!(share[0] > 0.01, "{n} seeds, users {users}: {share:?}");
            }
        }
    }

    #[test]
    fn known_values() {
        // As scipy.stats.ttest_ind(equal_var=False) has it: t = -3, 8 degrees of freedom.
        let [a, b] = [[1.0, 2.0, 3.0, 4.0, 5.0], [4.0, 5.0, 6.0, 7.0, 8.0]];
        let d = Difference::new([&a, &b], 0.0, 100);
        assert!((d.mean + 3.0).abs() < 1e-12 && (d.p.unwrap() - 0.0171).abs() < 1e-4, "{d:?}");
        assert!((d.low.unwrap() + 5.306).abs() < 1e-3 && (d.high.unwrap() + 0.694).abs() < 1e-3, "{d:?}");
    }

    #[test]
    fn one_seed_tells_no_noise() {
        let d = Difference::new([&[0.8], &[0.7, 0.71]], 1e-6, 2000);
        assert!((d.mean - 0.095).abs() < 1e-12);
        assert_eq!((d.low, d.high, d.p), (None, None, None));
        let same = Difference::new([&[0.8, 0.8], &[0.8, 0.8]], 0.0, 2000);
        assert_eq!((same.mean, same.p), (0.0, Some(1.0)));
    }
}
