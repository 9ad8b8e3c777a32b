//! What tests share, behind the feature `testing`: comparisons that a NaN never passes, and a level for a
//! part of a test.

use std::fmt::{self, Display};

use crate::Number;

pub use crate::simd::at_level;

/// How far a number may be from the one expected.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tolerance {
    /// By this much; what an `f64` converts into.
    Absolute(f64),
    /// By this share of the number expected, each by itself.
    Relative(f64),
    /// By this share of the largest that is expected: sums, whose errors grow with their terms.
    OfLargest(f64),
    /// By this share of the largest that is expected, or of a scale of its own if that is more: sums of terms
    /// that cancel.
    OfScale(f64, f64),
}

impl From<f64> for Tolerance {
    fn from(error: f64) -> Self {
        Tolerance::Absolute(error)
    }
}

impl Tolerance {
    /// The error that each number may have.
    fn allowed<E: Number>(self, expected: &[E]) -> impl Fn(f64) -> f64 {
        let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.f64().abs()));
        let (all, share) = match self {
            Tolerance::Absolute(error) => (error, 0.0),
            Tolerance::Relative(share) => (0.0, share),
            Tolerance::OfLargest(share) => (share * largest, 0.0),
            Tolerance::OfScale(share, least) => (share * largest.max(least), 0.0),
        };
        move |expected| if share == 0.0 { all } else { share * expected.abs() }
    }
}

/// Numbers that are not those expected.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// There are more, or fewer.
    Count {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// What is expected is no finite number itself, so that nothing can be compared with it.
    Expectation {
        /// Which of them.
        index: usize,
        /// The number.
        value: f64,
    },
    /// One is too far off, or NaN.
    Number {
        /// The first of them.
        index: usize,
        /// The number.
        found: f64,
        /// What it should be.
        expected: f64,
        /// How far it may be off.
        allowed: f64,
    },
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Difference::Count { found, expected } => write!(f, "{found} numbers, expected {expected}"),
            Difference::Expectation { index, value } => {
                write!(f, "expects {value} at {index}, which nothing can be compared with")
            }
            Difference::Number { index, found, expected, allowed } => {
                let error = (found - expected).abs();
                write!(
                    f,
                    "{found} at {index}, expected {expected}: off by {error:.1e}, allowed {allowed:.1e}"
                )
            }
        }
    }
}

impl std::error::Error for Difference {}

/// Whether `found` is what is `expected`: as many numbers, each no further off than the tolerance says. A NaN
/// on either side is a difference, and so is an infinity that is expected.
///
/// # Errors
/// The first difference.
pub fn close<F: Number, E: Number>(
    found: &[F],
    expected: &[E],
    tolerance: impl Into<Tolerance>,
) -> Result<(), Difference> {
    if found.len() != expected.len() {
        return Err(Difference::Count { found: found.len(), expected: expected.len() });
    }
    if let Some(index) = expected.iter().position(|x| !x.f64().is_finite()) {
        return Err(Difference::Expectation { index, value: expected[index].f64() });
    }
    let allowed = tolerance.into().allowed(expected);
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (found, expected) = (found.f64(), expected.f64());
        let allowed = allowed(expected);
        // The other way round it would be false of a NaN.
        let is_close = (found - expected).abs() <= allowed;
        if !is_close {
            return Err(Difference::Number { index, found, expected, allowed });
        }
    }
    Ok(())
}

/// [`close`], for a test.
///
/// ```
/// use dien_kernels::testing::{Tolerance, assert_close};
///
/// let sum = [0.1f32 + 0.2, 3e8];
/// assert_close(&sum, &[0.3, 3e8], Tolerance::Relative(1e-7), "sums");
/// ```
///
/// # Panics
/// Unless the numbers are close; with `what` they are.
#[track_caller]
pub fn assert_close<F: Number, E: Number>(
    found: &[F],
    expected: &[E],
    tolerance: impl Into<Tolerance>,
    what: impl Display,
) {
    if let Err(difference) = close(found, expected, tolerance) {
        panic!("{what}: {difference}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to say the same tolerance for numbers of which the largest is 1.
    const WAYS: [Tolerance; 4] = [
        Tolerance::Absolute(0.25),
        Tolerance::Relative(0.25),
        Tolerance::OfLargest(0.25),
        Tolerance::OfScale(0.25, 0.5),
    ];

    #[test]
    fn what_is_within_the_tolerance_is_close_and_nothing_else_is() {
        for tolerance in WAYS {
            assert_eq!(close(&[1.0f32, -0.75, 1.25], &[1.0f64, -1.0, 1.0], tolerance), Ok(()));
            let too_far = close(&[1.0f32, -0.5], &[1.0f64, -1.0], tolerance);
            let expected = Difference::Number { index: 1, found: -0.5, expected: -1.0, allowed: 0.25 };
            assert_eq!(too_far, Err(expected), "{tolerance:?}");
        }
    }

    #[test]
    fn each_tolerance_has_its_scale() {
        let far = |tolerance: Tolerance| close(&[8.0, 0.5], &[8.0, 0.25], tolerance).is_err();
        assert!(!far(0.25.into()) && far(0.24.into()));
        assert!(!far(Tolerance::Relative(1.0)) && far(Tolerance::Relative(0.9)));
        assert!(!far(Tolerance::OfLargest(0.04)) && far(Tolerance::OfLargest(0.03)));
        assert!(!far(Tolerance::OfScale(0.004, 80.0)) && far(Tolerance::OfScale(0.003, 80.0)));
        assert!(!far(Tolerance::OfScale(0.04, 1.0)) && far(Tolerance::OfScale(0.03, 1.0)));
    }

    #[test]
    fn a_nan_or_an_infinity_is_close_to_nothing() {
        let nan = f64::NAN;
        for tolerance in WAYS.into_iter().chain([nan.into(), Tolerance::Relative(1.0)]) {
            for bad in [nan, f64::INFINITY, f64::NEG_INFINITY] {
                assert!(close(&[0.0, bad], &[0.0, 1.0], tolerance).is_err(), "{bad} for 1, {tolerance:?}");
                assert!(close(&[bad, 1.0], &[bad, 1.0], tolerance).is_err(), "{bad} for {bad}");
                assert!(close(&[0.0], &[bad], tolerance).is_err(), "0 for {bad}");
            }
        }
        assert!(close(&[1.0], &[1.0], nan).is_err(), "a tolerance that is none");
    }

    #[test]
    fn lists_of_other_lengths_differ() {
        let count = Difference::Count { found: 1, expected: 2 };
        assert_eq!(close(&[1.0], &[1.0, 2.0], f64::INFINITY), Err(count));
        assert!(close::<f32, f64>(&[], &[1.0], 1.0).is_err() && close(&[1.0f32], &[0.0; 0], 1.0).is_err());
        assert_eq!(close::<f32, f64>(&[], &[], 0.0), Ok(()));
    }

    #[test]
    #[should_panic = "a sum: NaN at 1, expected 2: off by NaN, allowed 1.0e-3"]
    fn the_message_says_what_where_and_how_far() {
        assert_close(&[1.0, f64::NAN], &[1.0f32, 2.0], 1e-3, "a sum");
    }
}
