//! The values that a numeric option may have, as data: checks, refusals and lists of options are made of it.
//!
//! ```
//! use dien_tensor::range::{Integers, Numbers};
//!
//! const DROPOUT: Numbers = Numbers::BELOW_ONE;
//! assert!(DROPOUT.contains(0.0) && !DROPOUT.contains(1.0) && !DROPOUT.contains(f64::NAN));
//! assert_eq!(DROPOUT.to_string(), "a number from 0 to below 1");
//! assert_eq!(Integers::at_least(1).to_string(), "an integer of at least 1");
//! ```

use std::fmt;
use std::ops::{Bound, RangeBounds};

/// Integers between bounds, which are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integers {
    /// The least.
    pub least: u64,
    /// The most, of an option of which very large values are likely; of all others it is what their type and
    /// their file can hold.
    pub most: Option<u64>,
}

/// Finite numbers between bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// The lower bound.
    pub low: Bound<f64>,
    /// The upper one.
    pub high: Bound<f64>,
}

impl Integers {
    /// Any that is not negative.
    pub const ANY: Integers = Integers::at_least(0);

    /// Those of at least so much.
    pub const fn at_least(least: u64) -> Self {
        Integers { least, most: None }
    }

    /// Whether it is one of them.
    pub fn contains(self, n: u64) -> bool {
        n >= self.least && self.most.is_none_or(|most| n <= most)
    }

    /// They in words, after what they are called, such as `integers of at least 1`.
    pub fn of(self, noun: &str) -> String {
        match self.most {
            Some(most) => format!("{noun} from {} to {most}", self.least),
            None => format!("{noun} of at least {}", self.least),
        }
    }
}

impl Numbers {
    /// Any finite number.
    pub const FINITE: Numbers = Numbers { low: Bound::Unbounded, high: Bound::Unbounded };

    /// Those above 0.
    pub const POSITIVE: Numbers = Numbers { low: Bound::Excluded(0.0), high: Bound::Unbounded };

    /// A probability: from 0 to 1.
    pub const SHARE: Numbers = Numbers { low: Bound::Included(0.0), high: Bound::Included(1.0) };

    /// A share that is not all.
    pub const BELOW_ONE: Numbers = Numbers { low: Bound::Included(0.0), high: Bound::Excluded(1.0) };

    /// Those of at least so much.
    pub const fn at_least(low: f64) -> Self {
        Numbers { low: Bound::Included(low), high: Bound::Unbounded }
    }

    /// Whether it is one of them; NaN and infinity never are.
    pub fn contains(self, x: f64) -> bool {
        x.is_finite() && (self.low, self.high).contains(&x)
    }

    /// They in words, after what they are called, such as `numbers from 0 to below 1`.
    pub fn of(self, noun: &str) -> String {
        let low = match self.low {
            Bound::Included(x) => Some(("from", x)),
            Bound::Excluded(x) => Some(("above", x)),
            Bound::Unbounded => None,
        };
        let high = match self.high {
            Bound::Included(x) => Some(("to", x)),
            Bound::Excluded(x) => Some(("to below", x)),
            Bound::Unbounded => None,
        };
        match (low, high) {
            (None, None) => format!("finite {noun}"),
            (Some(("from", x)), None) => format!("finite {noun} of at least {}", bound(x)),
            (Some((word, x)), None) => format!("finite {noun} {word} {}", bound(x)),
            (None, Some((word, x))) => format!("finite {noun} up {word} {}", bound(x)),
            (Some((from, x)), Some((to, y))) => format!("{noun} {from} {} {to} {}", bound(x), bound(y)),
        }
    }
}

/// What is expected, such as `an integer of at least 1`.
impl fmt::Display for Integers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an {}", self.of("integer"))
    }
}

/// What is expected, such as `a number from 0 to below 1`.
impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", self.of("number"))
    }
}

/// A bound in its shortest form.
fn bound(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-4 { format!("{x:e}") } else { x.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_in_or_out() {
        let seed = Integers { least: 2, most: Some(9) };
        assert!([2, 9].iter().all(|&n| seed.contains(n)) && ![1, 10].iter().any(|&n| seed.contains(n)));
        assert!(Integers::at_least(0).contains(u64::MAX));
        let factor = Numbers { low: Bound::Excluded(0.0), high: Bound::Included(1.0) };
        assert!(factor.contains(1.0) && factor.contains(1e-300) && !factor.contains(0.0));
        assert!(Numbers::FINITE.contains(-1e300) && !Numbers::FINITE.contains(f64::NEG_INFINITY));
        assert!(!Numbers::at_least(1e-30).contains(f64::NAN));
    }

    #[test]
    fn they_are_said_in_words() {
        let up = |high| Numbers { low: Bound::Unbounded, high };
        let words = [
            Numbers::FINITE,
            Numbers::POSITIVE,
            Numbers::SHARE,
            Numbers::at_least(1e-30),
            up(Bound::Included(0.5)),
            up(Bound::Excluded(0.0)),
        ]
        .map(|range| range.to_string());
        assert_eq!(
            words,
            [
                "a finite number",
                "a finite number above 0",
                "a number from 0 to 1",
                "a finite number of at least 1e-30",
                "a finite number up to 0.5",
                "a finite number up to below 0",
            ]
        );
        assert_eq!(Integers { least: 0, most: Some(9) }.to_string(), "an integer from 0 to 9");
    }
}
