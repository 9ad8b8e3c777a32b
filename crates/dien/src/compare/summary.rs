//! What outcomes come to.

use serde::Serialize;

use super::bootstrap::Bootstrap;
use super::{Comparison, Difference, Outcome, Scores};

/// A mean over seeds, and their standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The sample's standard deviation; 0 for a single seed.
    pub sd: f64,
}

/// A variant over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The variant.
    pub variant: String,
    /// The seeds that are finished.
    pub seeds: Vec<u32>,
    /// Test AUC.
    pub auc: Spread,
    /// Test GAUC; none where no user has both labels.
    pub gauc: Option<Spread>,
    /// Test log loss.
    pub logloss: Spread,
    /// Validation AUC.
    pub validation: Option<Spread>,
    /// Less the reference's AUC; none for the reference itself, or where the targets are not the same.
    pub difference: Option<Difference>,
    /// Numbers that were trained.
    pub parameters: usize,
    /// Training targets per second of one thread.
    pub samples_per_second: f64,
    /// Seconds of training and test, mean.
    pub seconds: f64,
    /// Epochs trained, mean.
    pub epochs: f64,
}

/// A comparison's rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The set's name.
    pub set: String,
    /// The variant that the others are tested against.
    pub reference: Option<String>,
    /// Test targets, and those clicked.
    pub targets: [usize; 2],
    /// A row a variant of which a cell is finished.
    pub rows: Vec<Row>,
    /// Cells that are not finished.
    pub missing: usize,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        (n > 0.0).then(|| Spread { mean, sd: if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 } })
    }
}

impl Summary {
    pub(super) fn of(comparison: &Comparison, outcomes: &[Outcome]) -> Self {
        let of = |name: &str| outcomes.iter().filter(|o| o.variant == name).collect::<Vec<_>>();
        let variants: Vec<(&str, Vec<&Outcome>)> = comparison
            .variants
            .iter()
            .map(|v| (v.name.as_str(), of(&v.name)))
            .filter(|(_, seeds)| !seeds.is_empty())
            .collect();
        let named =
            comparison.reference.as_deref().and_then(|r| variants.iter().position(|(name, _)| *name == r));
        let scores: Vec<Vec<&Scores>> =
            variants.iter().map(|(_, seeds)| seeds.iter().map(|o| &o.scores).collect()).collect();
        let bootstrap = named.and_then(|reference| Some((reference, Bootstrap::new(&scores)?)));
        let rows = variants.iter().enumerate().map(|(i, (name, seeds))| {
            let difference = bootstrap.as_ref().filter(|(r, _)| *r != i).map(|(r, b)| b.difference(i, *r));
            Row::of(name, seeds, difference)
        });
        let first = outcomes.first().map(|o| &o.scores.labels[..]).unwrap_or_default();
        Summary {
            set: comparison.name.clone(),
            reference: named.map(|i| variants[i].0.to_owned()),
            targets: [first.len(), first.iter().filter(|&&y| y == 1).count()],
            rows: rows.collect(),
            missing: comparison.variants.len() * comparison.seeds.len() - outcomes.len(),
        }
    }

    /// The summary as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("plain fields")
    }
}

impl Row {
    fn of(variant: &str, seeds: &[&Outcome], difference: Option<Difference>) -> Self {
        let spread = |of: &dyn Fn(&Outcome) -> Option<f64>| Spread::of(seeds.iter().filter_map(|o| of(o)));
        let mean =
            |of: &dyn Fn(&Outcome) -> f64| seeds.iter().map(|o| of(o)).sum::<f64>() / seeds.len() as f64;
        Row {
            variant: variant.into(),
            seeds: seeds.iter().map(|o| o.seed).collect(),
            auc: spread(&|o| Some(o.test.auc.unwrap_or(f64::NAN))).expect("a seed"),
            gauc: spread(&|o| o.test.gauc),
            logloss: spread(&|o| Some(o.test.logloss)).expect("a seed"),
            validation: spread(&|o| o.validation?.auc),
            difference,
            parameters: seeds[0].parameters,
            samples_per_second: mean(&|o| o.samples_per_second),
            seconds: mean(&|o| o.seconds),
            epochs: mean(&|o| o.epochs as f64),
        }
    }
}
