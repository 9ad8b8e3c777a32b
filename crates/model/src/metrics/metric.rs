//! Which figure is looked at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Metrics;

/// A figure of [`Metrics`], by its name: `auc`, `gauc`, `logloss`, or with how many candidates at the top are
/// looked at, `hr@10`, `ndcg@10`, `recall@10`, `mrr@10`.
///
/// ```
/// use dien_model::metrics::Metric;
/// let metric: Metric = "ndcg@10".parse()?;
/// assert_eq!((metric.k(), metric.to_string()), (Some(10), "ndcg@10".into()));
/// assert!(metric.is_better(0.4, 0.3) && !Metric::LogLoss.is_better(0.4, 0.3));
/// # Ok::<(), dien_model::metrics::UnknownMetric>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Metric {
    /// [`Metrics::auc`].
    #[default]
    Auc,
    /// [`Metrics::gauc`].
    Gauc,
    /// [`Metrics::logloss`].
    LogLoss,
    /// [`Ranking::hit_rate`](super::Ranking::hit_rate) among the first so many.
    HitRate(usize),
    /// [`Ranking::ndcg`](super::Ranking::ndcg).
    Ndcg(usize),
    /// [`Ranking::recall`](super::Ranking::recall).
    Recall(usize),
    /// [`Ranking::mrr`](super::Ranking::mrr).
    Mrr(usize),
}

impl Metric {
    /// What names are possible, for people.
    pub const EXPECTED: &str =
        "auc, gauc, logloss, or hr@K, ndcg@K, recall@K or mrr@K with a K of at least 1";

    /// How many candidates at the top it looks at, if it does.
    pub fn k(self) -> Option<usize> {
        match self {
            Metric::Auc | Metric::Gauc | Metric::LogLoss => None,
            Metric::HitRate(k) | Metric::Ndcg(k) | Metric::Recall(k) | Metric::Mrr(k) => Some(k),
        }
    }

    /// Its value; `None` where it is not defined (one label alone), or where [`Metrics::ranking`] is of
    /// another k or missing.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        let ranking = metrics.ranking.filter(|ranking| Some(ranking.k) == self.k());
        match self {
            Metric::Auc => metrics.auc,
            Metric::Gauc => metrics.gauc,
            Metric::LogLoss => (metrics.samples > 0).then_some(metrics.logloss),
            Metric::HitRate(_) => ranking.map(|r| r.hit_rate),
            Metric::Ndcg(_) => ranking.map(|r| r.ndcg),
            Metric::Recall(_) => ranking.map(|r| r.recall),
            Metric::Mrr(_) => ranking.map(|r| r.mrr),
        }
    }

    /// Whether a value is better than another: a lower log loss, a higher value of all others.
    pub fn is_better(self, value: f64, than: f64) -> bool {
        if self == Metric::LogLoss { value < than } else { value > than }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Auc => f.write_str("auc"),
            Metric::Gauc => f.write_str("gauc"),
            Metric::LogLoss => f.write_str("logloss"),
            Metric::HitRate(k) => write!(f, "hr@{k}"),
            Metric::Ndcg(k) => write!(f, "ndcg@{k}"),
            Metric::Recall(k) => write!(f, "recall@{k}"),
            Metric::Mrr(k) => write!(f, "mrr@{k}"),
        }
    }
}

/// A name that is no metric's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found `{0}`; expected {expected}", expected = Metric::EXPECTED)]
pub struct UnknownMetric(String);

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, UnknownMetric> {
        let unknown = || UnknownMetric(name.into());
        let Some((figure, k)) = name.split_once('@') else {
            return match name {
                "auc" => Ok(Metric::Auc),
                "gauc" => Ok(Metric::Gauc),
                "logloss" => Ok(Metric::LogLoss),
                _ => Err(unknown()),
            };
        };
        // `+5` and `05` are numbers, too, but another name.
        let k = k.parse().ok().filter(|&n: &usize| n > 0 && n.to_string() == k).ok_or_else(unknown)?;
        match figure {
            "hr" => Ok(Metric::HitRate(k)),
            "ndcg" => Ok(Metric::Ndcg(k)),
            "recall" => Ok(Metric::Recall(k)),
            "mrr" => Ok(Metric::Mrr(k)),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;

    fn try_from(name: String) -> Result<Self, UnknownMetric> {
        name.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> String {
        metric.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Ranking;

    #[test]
    fn names_lead_there_and_back() {
        for name in ["auc", "gauc", "logloss", "hr@1", "ndcg@10", "recall@20", "mrr@5"] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
        for name in ["", "AUC", "ndcg", "ndcg@", "ndcg@0", "ndcg@+5", "ndcg@05", "ndcg@-1", "auc@10", "f1@10"]
        {
            assert_eq!(name.parse::<Metric>(), Err(UnknownMetric(name.into())));
        }
    }

    #[test]
    fn a_figure_of_another_k_is_none() {
        let (scores, labels) = ([3.0, 2.0, 1.0], [0.0, 1.0, 0.0]);
        let metrics = Metrics::new(&scores, &labels, &[1; 3]);
        assert_eq!(Metric::Ndcg(2).of(&metrics), None);
        let metrics = metrics.with_ranking(Ranking::new(&scores, &labels, &[1; 3], 2));
        assert_eq!((Metric::Mrr(2).of(&metrics), Metric::Mrr(1).of(&metrics)), (Some(0.5), None));
        assert_eq!(Metric::LogLoss.of(&Metrics::new(&[], &[], &[])), None);
    }
}
