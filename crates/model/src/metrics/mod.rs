//! AUC, GAUC, log loss, and how good the order of a group's candidates is; exactly, over all rows.
//!
//! A *group* is what belongs together when candidates are ranked: a user, a session, a request. A label above
//! ½ is a click.

mod auc;
mod intervals;
mod logloss;
mod metric;
mod ranking;

pub use auc::{auc, auc_weighted, gauc, gauc_weighted};
pub use intervals::{auc_interval, effective_rows, logloss_interval, rate_interval};
pub use logloss::{logloss, logloss_weighted};
pub use metric::{Metric, UnknownMetric};
pub use ranking::Ranking;

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
    /// How many of them are clicks.
    #[serde(default)]
    pub clicks: usize,
    /// The mean label, by the weights if there are some; 0 for no samples.
    #[serde(default)]
    pub base_rate: f64,
    /// Whether rows had weights, which AUC, GAUC and log loss then weigh them by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weighted: bool,
    /// The order of each group's first candidates, where it was asked for and a group has a click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
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
            clicks: clicks(labels),
            base_rate: mean(labels, std::iter::repeat(&1.0)),
            weighted: false,
            ranking: None,
        }
    }

    /// The metrics of rows with weights, each at least 0; a row of weight 2 counts as two of it would.
    ///
    /// # Panics
    /// If the lists differ in length.
    pub fn weighted(logits: &[f32], labels: &[f32], groups: &[u32], weights: &[f32]) -> Metrics {
        Metrics {
            auc: auc_weighted(logits, labels, weights),
            gauc: gauc_weighted(logits, labels, groups, weights),
            logloss: logloss_weighted(logits, labels, weights),
            samples: logits.len(),
            clicks: clicks(labels),
            base_rate: mean(labels, weights),
            weighted: true,
            ranking: None,
        }
    }

    /// The same with the order of each group's first candidates.
    #[must_use]
    pub fn with_ranking(self, ranking: impl Into<Option<Ranking>>) -> Metrics {
        Metrics { ranking: ranking.into(), ..self }
    }

    /// The log loss of the base rate alone: what scores have to be below that are to be probabilities.
    pub fn base_logloss(&self) -> f64 {
        let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        part(self.base_rate) + part(1.0 - self.base_rate)
    }

    /// About the standard error of the AUC, as of other rows that might have been drawn (Hanley and McNeil,
    /// 1982), as if all rows had one weight; `None` without an AUC.
    ///
    /// ```
    /// # use dien_model::metrics::Metrics;
    /// let scores: Vec<f32> = (0..200).map(|i| (i * 37 % 200) as f32).collect();
    /// let labels: Vec<f32> = (0..200).map(|i| (i % 2) as f32).collect();
    /// let error = Metrics::new(&scores, &labels, &[0; 200]).auc_error().unwrap();
    /// assert!((0.03..0.05).contains(&error)); // 200 rows tell little
    /// ```
    pub fn auc_error(&self) -> Option<f64> {
        let auc = self.auc?;
        let (clicks, others) = (self.clicks as f64, (self.samples - self.clicks.min(self.samples)) as f64);
        if clicks == 0.0 || others == 0.0 {
            return None;
        }
        let (above, below) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
        let spread = (clicks - 1.0) * (above - auc * auc) + (others - 1.0) * (below - auc * auc);
        Some(((auc * (1.0 - auc) + spread) / (clicks * others)).max(0.0).sqrt())
    }
}

fn clicks(labels: &[f32]) -> usize {
    labels.iter().filter(|&&label| label > 0.5).count()
}

fn mean<'a>(labels: &[f32], weights: impl IntoIterator<Item = &'a f32>) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for (&label, &weight) in labels.iter().zip(weights) {
        sum += f64::from(label) * f64::from(weight);
        all += f64::from(weight);
    }
    if all > 0.0 { sum / all } else { 0.0 }
}
