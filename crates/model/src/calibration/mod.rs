//! From a model's logits to those of probabilities that are right on average.
//!
//! A map that is fitted on held-out rows, and the correction for negatives that were left out of a log. Both
//! take logits to logits and keep their order, so that AUC and GAUC stay what they are, but where isotonic
//! regression makes neighbours equal.

mod isotonic;
mod platt;

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a calibration is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CalibrationMethod {
    /// Logits are probabilities' as they are.
    #[default]
    None,
    /// σ(a x + b): Platt 1999, *Probabilistic outputs for support vector machines*.
    Platt,
    /// A curve that only ascends: Zadrozny and Elkan 2002, by pooling adjacent violators.
    Isotonic,
}

/// From a logit to that of a calibrated probability.
///
/// ```
/// use dien_model::{Calibration, CalibrationMethod};
///
/// let logits = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// let labels = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0];
/// let fitted = Calibration::fit(CalibrationMethod::Platt, &logits, &labels, &[]).unwrap();
/// assert!(fitted.apply(3.0) < 3.0); // the model was too sure
/// // One in ten negatives was kept: odds are a tenth of what the log says.
/// let corrected = fitted.clone().with_negative_sampling_rate(0.1);
/// assert!((corrected.apply(0.0) - (fitted.apply(0.0) - 10.0_f32.ln())).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calibration {
    /// What was fitted; none if nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<CalibrationMap>,
    /// w, the share of the negatives that the log kept, above 0 and at most 1: odds are multiplied by it, so
    /// p becomes p / (p + (1 − p) / w) (He et al. 2014, *Practical lessons from predicting clicks on ads*).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub negative_sampling_rate: f64,
}

/// A fitted map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum CalibrationMap {
    /// scale · x + shift is the logit.
    #[allow(missing_docs, reason = "above")]
    Platt { scale: f64, shift: f64 },
    /// Probabilities at ascending logits; between two of them on a line, outside those at the ends.
    #[allow(missing_docs, reason = "above")]
    Isotonic { logits: Vec<f64>, probabilities: Vec<f64> },
}

fn one() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_one(x: &f64) -> bool {
    *x == 1.0
}

impl Default for Calibration {
    fn default() -> Self {
        Calibration { map: None, negative_sampling_rate: 1.0 }
    }
}

impl Calibration {
    /// Fits held-out rows: their logits, labels from 0 to 1, and weights, none for all alike. `None` unless
    /// rows of both labels (above and not above ½) have a weight above 0, if Platt's scale would turn the
    /// order of scores round, or if there is no method.
    ///
    /// # Panics
    /// If the lists differ in length.
    pub fn fit(method: CalibrationMethod, logits: &[f32], labels: &[f32], weights: &[f32]) -> Option<Self> {
        assert_eq!(logits.len(), labels.len(), "calibration: one label a logit");
        assert!(weights.is_empty() || weights.len() == logits.len(), "calibration: one weight a logit");
        let rows = logits.iter().zip(labels).enumerate().map(|(i, (&logit, &label))| Row {
            logit: logit.into(),
            label: label.into(),
            weight: weights.get(i).copied().unwrap_or(1.0).into(),
        });
        let rows: Vec<Row> = rows.filter(|row| row.weight > 0.0).collect();
        if rows.iter().all(|row| row.label > 0.5) || rows.iter().all(|row| row.label <= 0.5) {
            return None;
        }
        let map = match method {
            CalibrationMethod::None => return None,
            CalibrationMethod::Platt => platt::fit(&rows)?,
            CalibrationMethod::Isotonic => isotonic::fit(rows),
        };
        Some(Calibration { map: Some(map), ..Calibration::default() })
    }

    /// The same with a [`negative_sampling_rate`](Self::negative_sampling_rate).
    #[must_use]
    pub fn with_negative_sampling_rate(self, rate: f64) -> Self {
        Calibration { negative_sampling_rate: rate, ..self }
    }

    /// Whether logits stay what they are.
    pub fn is_identity(&self) -> bool {
        *self == Calibration::default()
    }

    /// The logit of the calibrated probability.
    pub fn apply(&self, logit: f32) -> f32 {
        if self.is_identity() {
            return logit;
        }
        let x = f64::from(logit);
        let mapped = match &self.map {
            None => x,
            Some(CalibrationMap::Platt { scale, shift }) => scale * x + shift,
            Some(CalibrationMap::Isotonic { logits, probabilities }) => {
                let p = isotonic::at(logits, probabilities, x);
                (p / (1.0 - p)).ln()
            }
        };
        (mapped + self.negative_sampling_rate.ln()) as f32
    }

    /// That every number is possible.
    ///
    /// # Errors
    /// What was found, and what was expected.
    pub fn validate(&self) -> Result<(), (String, &'static str)> {
        let rate = self.negative_sampling_rate;
        if !(rate > 0.0 && rate <= 1.0) {
            return Err((format!("`negative_sampling_rate`: {rate}"), "a number above 0, at most 1"));
        }
        match &self.map {
            None => Ok(()),
            Some(CalibrationMap::Platt { scale, shift }) => match scale.is_finite() && shift.is_finite() {
                true => Ok(()),
                false => Err((format!("`platt`: {scale}, {shift}"), "finite numbers")),
            },
            Some(CalibrationMap::Isotonic { logits, probabilities }) => {
                let ascend = logits.windows(2).all(|pair| pair[0] < pair[1])
                    && probabilities.windows(2).all(|pair| pair[0] <= pair[1])
                    && logits.iter().all(|x| x.is_finite())
                    && probabilities.iter().all(|&p| p > 0.0 && p < 1.0);
                let fit = !logits.is_empty() && logits.len() == probabilities.len();
                match ascend && fit {
                    true => Ok(()),
                    false => {
                        let found = format!(
                            "`isotonic`: {} logits and {} probabilities, or some in disorder",
                            logits.len(),
                            probabilities.len()
                        );
                        Err((found, "as many, at least one, both ascending, the latter between 0 and 1"))
                    }
                }
            }
        }
    }
}

/// In a few words, for people.
impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.map {
            None => write!(f, "none")?,
            Some(CalibrationMap::Platt { scale, shift }) => write!(f, "Platt, {scale:.4} x {shift:+.4}")?,
            Some(CalibrationMap::Isotonic { logits, .. }) => {
                write!(f, "isotonic, {} points", logits.len())?;
            }
        }
        match self.negative_sampling_rate {
            1.0 => Ok(()),
            rate => write!(f, "; negatives sampled at {rate}"),
        }
    }
}

/// A held-out row.
#[derive(Clone, Copy, Debug)]
struct Row {
    logit: f64,
    label: f64,
    weight: f64,
}
