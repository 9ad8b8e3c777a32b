//! From a number as it stands in a log to what a model reads.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What is done to a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transform {
    /// (x − mean) / standard deviation, both over the training rows.
    Standardise,
    /// ln(1 + x), for x ≥ 0.
    Log1p,
    /// 1 + the number of these bounds, which ascend, that are at most x: an id, which is embedded.
    Buckets(Vec<f64>),
}

/// Mean and standard deviation of a column over the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Standardizer {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; 1 where all numbers are alike.
    pub deviation: f64,
}

/// A dense column, as a trained model needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DenseEncoder {
    /// The feature's name.
    pub name: String,
    /// What is done to the number.
    #[serde(default)]
    pub transform: Option<Transform>,
    /// For [`Transform::Standardise`]; a file calls it `spread`.
    #[serde(rename = "spread", default)]
    pub standardizer: Option<Standardizer>,
}

impl Standardizer {
    /// A mean and a standard deviation.
    pub fn new(mean: f64, deviation: f64) -> Self {
        Standardizer { mean, deviation }
    }
}

impl DenseEncoder {
    /// Reads the numbers of the feature of this name as they are.
    pub fn new(name: impl Into<String>) -> Self {
        DenseEncoder { name: name.into(), transform: None, standardizer: None }
    }

    /// The same with a transform; [`Transform::Standardise`] needs a [`standardizer`](Self::standardizer).
    #[must_use]
    pub fn with_transform(self, transform: impl Into<Option<Transform>>) -> Self {
        DenseEncoder { transform: transform.into(), ..self }
    }

    /// The same with the mean and standard deviation for [`Transform::Standardise`].
    #[must_use]
    pub fn with_standardizer(self, standardizer: impl Into<Option<Standardizer>>) -> Self {
        DenseEncoder { standardizer: standardizer.into(), ..self }
    }

    /// Checks what whoever made it, or a file, says of it.
    ///
    /// # Errors
    /// [`Error::Encoding`] names the first key that is impossible, as a file calls it.
    pub fn validate(&self) -> Result<()> {
        if let Some(Standardizer { mean, deviation }) = self.standardizer {
            if !mean.is_finite() {
                return Err(Error::encoding("spread.mean", mean.to_string(), "a finite number"));
            }
            if !(deviation > 0.0 && deviation.is_finite()) {
                let expected = "a finite number above 0";
                return Err(Error::encoding("spread.deviation", deviation.to_string(), expected));
            }
        }
        match &self.transform {
            Some(Transform::Standardise) if self.standardizer.is_none() => {
                Err(Error::encoding("spread", "none", "`mean` and `deviation`, for `standardise`"))
            }
            Some(Transform::Buckets(bounds)) if !ascend(bounds) => {
                let expected = "finite bounds, ascending, at least one";
                Err(Error::encoding("transform.buckets", format!("{bounds:?}"), expected))
            }
            _ => Ok(()),
        }
    }

    /// [`validate`](Self::validate) for each of a file's, whose names must differ; the file calls their list
    /// `key`.
    ///
    /// # Errors
    /// The message names the file and the key.
    pub fn validate_all(path: &Path, key: &str, encoders: &[DenseEncoder]) -> Result<()> {
        let mut names = HashSet::new();
        for (i, encoder) in encoders.iter().enumerate() {
            encoder.validate().map_err(|e| e.in_file(path, |place| format!("`{key}[{i}].{place}`")))?;
            if !names.insert(&encoder.name) {
                let found = format!("`{key}[{i}].name`: `{}` again", encoder.name);
                return Err(Error::file(path, found, "each name once"));
            }
        }
        Ok(())
    }

    /// What a model reads; for [`Transform::Buckets`] it is [`bucket`](Self::bucket).
    ///
    /// # Errors
    /// What was expected.
    pub fn value(&self, x: f64) -> Result<f32, &'static str> {
        let value = match (&self.transform, self.standardizer) {
            (Some(Transform::Log1p), _) if x < 0.0 => return Err("a number of at least 0, for `log1p`"),
            (Some(Transform::Log1p), _) => x.ln_1p(),
            (Some(Transform::Standardise), Some(Standardizer { mean, deviation })) => (x - mean) / deviation,
            _ => x,
        } as f32;
        if value.is_finite() { Ok(value) } else { Err("a finite number, also in `f32`") }
    }

    /// The id of the bucket that a number falls into, if that is what becomes of it.
    pub fn bucket(&self, x: f64) -> Option<u32> {
        let Some(Transform::Buckets(bounds)) = &self.transform else { return None };
        Some(1 + bounds.partition_point(|&bound| bound <= x) as u32)
    }
}

fn ascend(bounds: &[f64]) -> bool {
    !bounds.is_empty() && bounds.iter().all(|b| b.is_finite()) && bounds.windows(2).all(|b| b[0] < b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_impossible_is_named() {
        let message = |text: &str| {
            let encoders: Vec<DenseEncoder> = serde_json::from_str(text).map_err(|e| e.to_string())?;
            DenseEncoder::validate_all(Path::new("here"), "numbers", &encoders).map_err(|e| e.to_string())
        };
        let x = |rest: &str| message(&format!(r#"[{{"name": "x"{rest}}}]"#));
        let good = r#", "transform": "standardise", "spread": {"mean": -1.5, "deviation": 2}"#;
        for rest in ["", good, r#", "transform": {"buckets": [1, 2.5]}, "spread": null"#] {
            assert_eq!(x(rest), Ok(()), "{rest}");
        }
        let refused = |rest: &str, expected: &str| assert_eq!(x(rest), Err(expected.to_owned()));
        refused(
            r#", "transform": "standardise", "spread": {"mean": 0, "deviation": 0}"#,
            "here: `numbers[0].spread.deviation`: 0; expected a finite number above 0",
        );
        refused(
            r#", "transform": "standardise""#,
            "here: `numbers[0].spread`: none; expected `mean` and `deviation`, for `standardise`",
        );
        for bounds in ["[]", "[2.0, 1.0]", "[1.0, 1.0]"] {
            let expected = "; expected finite bounds, ascending, at least one";
            let expected = format!("here: `numbers[0].transform.buckets`: {bounds}{expected}");
            refused(&format!(r#", "transform": {{"buckets": {bounds}}}"#), &expected);
        }
        let twice = message(r#"[{"name": "x"}, {"name": "x"}]"#).unwrap_err();
        assert_eq!(twice, "here: `numbers[1].name`: `x` again; expected each name once");
        for unknown in [r#", "scale": 2"#, r#", "spread": {"mean": 0, "deviation": 1, "scale": 2}"#] {
            assert!(x(unknown).unwrap_err().starts_with("unknown field `scale`"));
        }
        assert!(x(r#", "transform": "scale""#).unwrap_err().starts_with("unknown variant `scale`"));
        for (mean, deviation) in [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (0.0, f64::NAN), (0.0, -1.0)] {
            let encoder = DenseEncoder::new("x").with_standardizer(Standardizer::new(mean, deviation));
            let message = encoder.validate().unwrap_err().to_string();
            assert!(message.contains("expected a finite number"), "{mean}, {deviation}: {message}");
        }
    }

    #[test]
    fn transforms_are_what_they_say() {
        let number = |transform| DenseEncoder {
            name: "x".into(),
            transform,
            standardizer: Some(Standardizer { mean: 2.0, deviation: 4.0 }),
        };
        assert_eq!(number(None).value(3.0), Ok(3.0));
        assert_eq!(number(Some(Transform::Standardise)).value(4.0), Ok(0.5));
        assert_eq!(number(Some(Transform::Log1p)).value(0.0), Ok(0.0));
        assert!(number(Some(Transform::Log1p)).value(-0.5).unwrap_err().contains("at least 0"));
        assert!(number(None).value(1e300).unwrap_err().contains("f32"));
        let buckets = number(Some(Transform::Buckets(vec![1.0, 5.0])));
        assert_eq!([0.9, 1.0, 4.9, 5.0].map(|x| buckets.bucket(x)), [Some(1), Some(2), Some(2), Some(3)]);
        assert_eq!(number(None).bucket(1.0), None);
    }
}
