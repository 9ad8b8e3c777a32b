//! From a number as it stands in a log to what a model reads.

use serde::{Deserialize, Serialize};

/// What is done to a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transform {
    /// (x − mean) / standard deviation, both over the training rows.
    Standardise,
    /// ln(1 + x), for x ≥ 0.
    Log1p,
    /// The number of these bounds, which ascend, that are at most x: an id, which is embedded.
    Buckets(Vec<f64>),
}

/// Mean and standard deviation of a column over the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Standardizer {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; 1 where all numbers are alike.
    pub deviation: f64,
}

/// A dense column, as a trained model needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

#[cfg(test)]
mod tests {
    use super::*;

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
