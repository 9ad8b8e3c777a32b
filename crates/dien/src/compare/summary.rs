//! What outcomes come to.

use serde::Serialize;

use super::bootstrap::{Bootstrap, mean, same_targets, variance};
use super::{Comparison, Difference, Outcome, Scores};

/// A mean over seeds, and their standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MeanStd {
    /// The mean.
    pub mean: f64,
    /// The sample's standard deviation; none for a single seed.
    pub sd: Option<f64>,
}

/// A variant over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The variant.
    pub variant: String,
    /// The seeds that are finished.
    pub seeds: Vec<u32>,
    /// Test AUC.
    pub auc: MeanStd,
    /// Test GAUC; none where no user has both labels.
    pub gauc: Option<MeanStd>,
    /// Test log loss.
    pub logloss: MeanStd,
    /// Validation AUC.
    pub validation: Option<MeanStd>,
    /// Less the reference's AUC; none for the reference itself, without it, or where the targets are not the
    /// same.
    pub difference: Option<Difference>,
    /// Whether its targets are not the reference's.
    pub other_targets: bool,
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
#[non_exhaustive]
pub struct Summary {
    /// The set's name.
    pub set: String,
    /// The variant that the others are tested against.
    pub reference: String,
    /// Test targets, and those clicked.
    pub targets: [usize; 2],
    /// A row a variant of which a run is finished.
    pub rows: Vec<Row>,
    /// Runs that are not finished.
    pub missing: usize,
}

impl MeanStd {
    fn new(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        let sd = (values.len() > 1).then(|| variance(&values).sqrt());
        (!values.is_empty()).then(|| MeanStd { mean: mean(&values), sd })
    }
}

impl Summary {
    pub(super) fn new(comparison: &Comparison, outcomes: &[Outcome]) -> Self {
        let of = |name: &str| outcomes.iter().filter(|o| o.variant == name).collect::<Vec<_>>();
        let variants: Vec<(&str, Vec<&Outcome>)> = comparison
            .variants
            .iter()
            .map(|v| (v.name.as_str(), of(&v.name)))
            .filter(|(_, seeds)| !seeds.is_empty())
            .collect();
        let reference = variants.iter().position(|(name, _)| *name == comparison.reference);
        let same = |seeds: &[&Outcome]| {
            reference.is_none_or(|r| {
                let of = &variants[r].1[0].scores;
                seeds.iter().all(|o| same_targets(&o.scores, of))
            })
        };
        // Those that can be told apart, the reference among them.
        let tested: Vec<usize> = (0..variants.len()).filter(|&i| same(&variants[i].1)).collect();
        let scores: Vec<Vec<&Scores>> =
            tested.iter().map(|&i| variants[i].1.iter().map(|o| &o.scores).collect()).collect();
        let bootstrap = reference.and_then(|r| Some((r, Bootstrap::new(&scores)?)));
        let rows = variants.iter().enumerate().map(|(i, (name, seeds))| {
            let place = |i: usize| tested.iter().position(|&t| t == i);
            let difference = bootstrap.as_ref().filter(|(r, _)| *r != i).and_then(|(r, bootstrap)| {
                Some(Difference::from_bootstrap(bootstrap, place(i)?, place(*r)?))
            });
            Row::new(name, seeds, difference, place(i).is_none())
        });
        let first = outcomes.first().map(|o| &o.scores.labels[..]).unwrap_or_default();
        Summary {
            set: comparison.name.clone(),
            reference: comparison.reference.clone(),
            targets: [first.len(), first.iter().filter(|&&y| y == 1).count()],
            rows: rows.collect(),
            missing: comparison.variants.len() * comparison.seeds.len() - outcomes.len(),
        }
    }

    /// The best mean AUC, if there is a row.
    pub(super) fn best(&self) -> Option<f64> {
        let means = self.rows.iter().map(|row| row.auc.mean);
        means.inspect(|auc| assert!(auc.is_finite(), "{}: an AUC of {auc}", self.set)).reduce(f64::max)
    }

    /// The summary as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("plain fields")
    }
}

impl Row {
    fn new(variant: &str, seeds: &[&Outcome], difference: Option<Difference>, other_targets: bool) -> Self {
        let spread = |of: &dyn Fn(&Outcome) -> Option<f64>| MeanStd::new(seeds.iter().filter_map(|o| of(o)));
        let mean =
            |of: &dyn Fn(&Outcome) -> f64| seeds.iter().map(|o| of(o)).sum::<f64>() / seeds.len() as f64;
        Row {
            variant: variant.into(),
            seeds: seeds.iter().map(|o| o.seed).collect(),
            // Runs whose test has no AUC are not trained, and none such is read.
            auc: spread(&|o| Some(o.test.auc.expect("an AUC"))).expect("a seed"),
            gauc: spread(&|o| o.test.gauc),
            logloss: spread(&|o| Some(o.test.logloss)).expect("a seed"),
            validation: spread(&|o| o.validation?.auc),
            difference,
            other_targets,
            parameters: seeds[0].parameters,
            samples_per_second: mean(&|o| o.samples_per_second),
            seconds: mean(&|o| o.seconds),
            epochs: mean(&|o| o.epochs as f64),
        }
    }
}
