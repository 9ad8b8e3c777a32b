//! How good a model is on slices of the targets: by user group, category, hour, price, length of history.
//!
//! [`Evaluation::by`](crate::evaluation::Evaluation::by) makes them.

mod by;
mod column;
mod values;

use dien_data::{Dataset, TargetNames};
use dien_model::Batch;
use dien_model::metrics::{Metrics, auc_interval, effective_rows, logloss_interval, rate_interval};
use serde::Serialize;

pub use by::SliceBy;

use self::column::Column;
use self::values::{Group, Values};
use crate::error::Result;

/// Values of a column that have slices of their own, where nothing else is said.
const MOST: usize = 20;

/// The slices by one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Slices {
    /// By what.
    pub by: String,
    /// Values, those of most rows first; or ranges, as they ascend.
    pub slices: Vec<Slice>,
    /// What has no slice of its own, as there are so many values.
    pub other: Option<Other>,
}

/// The rows of some value, and how good their scores are. Intervals are of 95 %, as of other rows that might
/// have been drawn, each by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Slice {
    /// The value or the range; `None` where the value is missing, or of behaviours unknown to the model.
    pub value: Option<String>,
    /// How many rows.
    pub rows: usize,
    /// How many of them are clicks.
    pub clicks: usize,
    /// The mean label, by the weights if there are some.
    pub base_rate: f64,
    /// [`rate_interval`]'s; `None` where all weights are 0.
    pub base_rate_interval: Option<(f64, f64)>,
    /// Area under the ROC curve; `None` unless both labels occur.
    pub auc: Option<f64>,
    /// [`auc_interval`]'s.
    pub auc_interval: Option<(f64, f64)>,
    /// Mean binary cross-entropy, by the weights if there are some.
    pub logloss: f64,
    /// [`logloss_interval`]'s; `None` where all weights are 0.
    pub logloss_interval: Option<(f64, f64)>,
}

/// All values but the most frequent ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Other {
    /// How many.
    pub values: usize,
    /// Their rows together.
    #[serde(flatten)]
    pub slice: Slice,
}

impl Slice {
    /// Of rows; `weights` are empty where all weigh alike.
    ///
    /// # Panics
    /// If the lists differ in length.
    pub fn new(value: Option<String>, logits: &[f32], labels: &[f32], weights: &[f32]) -> Self {
        let groups = vec![0; logits.len()];
        let metrics = match weights {
            [] => Metrics::new(logits, labels, &groups),
            weights => Metrics::weighted(logits, labels, &groups, weights),
        };
        // As how many rows those of a label count.
        let count = |clicks: bool| {
            let of = labels.iter().enumerate().filter(|(_, label)| (**label > 0.5) == clicks);
            effective_rows(of.map(|(row, _)| weights.get(row).copied().unwrap_or(1.0)))
        };
        let (clicks, others) = (count(true), count(false));
        let all = effective_rows((0..labels.len()).map(|row| weights.get(row).copied().unwrap_or(1.0)));
        let rows = |count: f64| count.round() as usize;
        Slice {
            value,
            rows: metrics.samples,
            clicks: metrics.clicks,
            base_rate: metrics.base_rate,
            base_rate_interval: rate_interval(metrics.base_rate, all),
            auc: metrics.auc,
            auc_interval: metrics.auc.and_then(|auc| auc_interval(auc, rows(clicks), rows(others))),
            logloss: metrics.logloss,
            logloss_interval: logloss_interval(logits, labels, weights),
        }
    }
}

/// What takes targets apart.
#[derive(Debug)]
pub(crate) struct Slicer<'a> {
    columns: Vec<(SliceBy, Column<'a>, Values)>,
    /// The columns of the files that are read.
    keep: Vec<String>,
    most: usize,
    scores: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

impl<'a> Slicer<'a> {
    pub fn new(data: &'a Dataset, columns: Vec<SliceBy>) -> Result<Self> {
        let (mut keep, mut found) = (vec![], vec![]);
        for by in columns {
            let (column, cut) = Column::find(data, &by, &mut keep)?;
            found.push((by, column, Values::new(cut)));
        }
        Ok(Slicer { columns: found, keep, most: MOST, scores: vec![], labels: vec![], weights: vec![] })
    }

    pub fn most(self, most: usize) -> Self {
        Slicer { most: most.max(1), ..self }
    }

    /// The columns whose cells are read, in that order.
    pub fn keep(&self) -> &[String] {
        &self.keep
    }

    pub fn add(&mut self, batch: &Batch, names: &[TargetNames], logits: &[f32]) -> Result<()> {
        for (by, column, values) in &mut self.columns {
            column.add(by, values, batch, names)?;
        }
        self.scores.extend(logits);
        self.labels.extend(&batch.targets.label);
        self.weights.extend(&batch.targets.weight);
        Ok(())
    }

    pub fn finish(self) -> Vec<Slices> {
        let Slicer { columns, most, scores, labels, weights, .. } = self;
        let slice = |value: Option<String>, rows: &[u32]| {
            let pick = |of: &[f32]| rows.iter().map(|&row| of[row as usize]).collect::<Vec<_>>();
            let weights = if weights.is_empty() { vec![] } else { pick(&weights) };
            Slice::new(value, &pick(&scores), &pick(&labels), &weights)
        };
        let slices = |(by, _, values): (SliceBy, Column<'_>, Values)| {
            let most = if matches!(values, Values::Numbers { .. }) { usize::MAX } else { most };
            let mut groups = values.groups();
            let rest = groups.split_off(most.min(groups.len()));
            let rows: Vec<u32> = rest.iter().flat_map(|group| &group.rows).copied().collect();
            Slices {
                by: by.to_string(),
                slices: groups.into_iter().map(|Group { value, rows }| slice(value, &rows)).collect(),
                other: (!rest.is_empty()).then(|| Other { values: rest.len(), slice: slice(None, &rows) }),
            }
        };
        columns.into_iter().map(slices).collect()
    }
}
