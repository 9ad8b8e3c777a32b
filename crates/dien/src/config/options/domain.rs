//! What an option may be.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use dien_model::metrics::Metric;
use toml::Value;

use super::text::bound;

/// An option's type, and the values that are possible.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Domain {
    /// `true` or `false`.
    Bool,
    /// An integer between bounds, which are possible.
    Integer {
        /// The least.
        least: u64,
        /// The most, of an option of which very large values are likely; of all others it is what TOML can
        /// hold, 2⁶³ − 1.
        most: Option<u64>,
    },
    /// A finite number between bounds; they hold of its nearest `f32`, too, with which models compute.
    Number(Bound<f64>, Bound<f64>),
    /// One of a few names.
    Choice(&'static [Choice]),
    /// The name of a metric, such as `auc` or `ndcg@10`.
    Metric,
    /// A text.
    Text,
    /// The path of a file or folder.
    Path,
    /// A list of texts.
    Texts,
    /// A list of integers that are at least 1, such as layers' sizes.
    Sizes {
        /// How many there are, if that is not free.
        count: Option<usize>,
    },
    /// So many finite numbers, each between bounds.
    Numbers(usize, Bound<f64>, Bound<f64>),
    /// A table whose keys are not dien's own.
    Table,
}

/// One of the values of an option that is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// What it stands for.
    pub meaning: &'static str,
}

impl Choice {
    pub(super) const fn new(name: &'static str, meaning: &'static str) -> Self {
        Choice { name, meaning }
    }
}

impl Domain {
    /// An integer of at least so much.
    pub(super) const fn at_least(least: u64) -> Self {
        Domain::Integer { least, most: None }
    }

    /// A seed.
    pub(super) const SEED: Domain = Domain::Integer { least: 0, most: Some(i64::MAX as u64) };

    /// The names that it has, of a choice; none of anything else.
    pub fn choices(self) -> &'static [Choice] {
        if let Domain::Choice(choices) = self { choices } else { &[] }
    }

    /// From a number up.
    pub(super) const fn from(low: f64) -> Self {
        Domain::Number(Bound::Included(low), Bound::Unbounded)
    }

    /// A number above 0.
    pub(super) const POSITIVE: Domain = Domain::Number(Bound::Excluded(0.0), Bound::Unbounded);

    /// Any finite number.
    pub(super) const FINITE: Domain = Domain::Number(Bound::Unbounded, Bound::Unbounded);

    /// A probability: a number from 0 to 1.
    pub(super) const SHARE: Domain = Domain::Number(Bound::Included(0.0), Bound::Included(1.0));

    /// A share that is not all.
    pub(super) const BELOW_ONE: Domain = Domain::Number(Bound::Included(0.0), Bound::Excluded(1.0));

    /// Its type, in a word or two.
    pub fn type_name(self) -> &'static str {
        match self {
            Domain::Bool => "boolean",
            Domain::Integer { .. } => "integer",
            Domain::Number(..) => "number",
            Domain::Choice(_) => "choice",
            Domain::Metric => "metric",
            Domain::Text => "text",
            Domain::Path => "path",
            Domain::Texts => "list of texts",
            Domain::Sizes { .. } => "list of integers",
            Domain::Numbers(..) => "list of numbers",
            Domain::Table => "table",
        }
    }

    /// Whether a value is of its type, and one of its names if it has some.
    pub fn fits(self, value: &Value) -> bool {
        let is_number = |value: &Value| value.is_float() || value.is_integer();
        let is_count = |value: &Value| value.as_integer().is_some_and(|n| n >= 0);
        let all = |count: Option<usize>, fits: &dyn Fn(&Value) -> bool| {
            value.as_array().is_some_and(|a| count.is_none_or(|n| n == a.len()) && a.iter().all(fits))
        };
        match self {
            Domain::Bool => value.is_bool(),
            Domain::Integer { .. } => is_count(value),
            Domain::Number(..) => is_number(value),
            Domain::Choice(choices) => {
                value.as_str().is_some_and(|name| choices.iter().any(|choice| choice.name == name))
            }
            Domain::Metric => value.as_str().is_some_and(|name| name.parse::<Metric>().is_ok()),
            Domain::Text | Domain::Path => value.is_str(),
            Domain::Texts => all(None, &Value::is_str),
            Domain::Sizes { count } => all(count, &is_count),
            Domain::Numbers(count, ..) => all(Some(count), &is_number),
            Domain::Table => value.is_table(),
        }
    }

    /// Whether a value is possible.
    pub fn contains(self, value: &Value) -> bool {
        self.holds(value, |x| x) && self.holds(value, |x| f64::from(x as f32))
    }

    /// What is expected in place of a value that it does not contain.
    pub(super) fn instead_of(self, value: &Value) -> String {
        // Of 0.99999999999 one would not see it.
        let is_near = self.holds(value, |x| x);
        if is_near { format!("{self}, in `f32` as well") } else { self.to_string() }
    }

    /// Whether a value is possible if its numbers are rounded so.
    fn holds(self, value: &Value, rounded: fn(f64) -> f64) -> bool {
        let within = |least: u64, most: Option<u64>| {
            move |value: &Value| {
                let n = value.as_integer().and_then(|n| u64::try_from(n).ok());
                n.is_some_and(|n| n >= least && most.is_none_or(|most| n <= most))
            }
        };
        let between = |low: Bound<f64>, high: Bound<f64>| {
            move |value: &Value| {
                let x = value.as_float().or(value.as_integer().map(|n| n as f64));
                x.map(rounded).is_some_and(|x| x.is_finite() && (low, high).contains(&x))
            }
        };
        let all = |holds: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|a| a.iter().all(holds));
        self.fits(value)
            && match self {
                Domain::Integer { least, most } => within(least, most)(value),
                Domain::Number(low, high) => between(low, high)(value),
                Domain::Sizes { .. } => all(&within(1, None)),
                Domain::Numbers(_, low, high) => all(&between(low, high)),
                _ => true,
            }
    }
}

/// What is expected of a value, such as `a number from 0 to below 1`.
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Domain::Bool => f.write_str("`true` or `false`"),
            Domain::Integer { least, most: None } => write!(f, "an integer of at least {least}"),
            Domain::Integer { least, most: Some(most) } => write!(f, "an integer from {least} to {most}"),
            Domain::Number(low, high) => write!(f, "a {}", between("number", low, high)),
            Domain::Choice(choices) => {
                let names: Vec<String> = choices.iter().map(|choice| format!("`{}`", choice.name)).collect();
                write!(f, "one of {}", names.join(", "))
            }
            Domain::Metric => f.write_str(Metric::EXPECTED),
            Domain::Text => f.write_str("a text"),
            Domain::Path => f.write_str("a path"),
            Domain::Texts => f.write_str("a list of texts"),
            Domain::Sizes { count: None } => f.write_str("a list of integers of at least 1"),
            Domain::Sizes { count: Some(count) } => write!(f, "a list of {count} integers of at least 1"),
            Domain::Numbers(count, low, high) => {
                write!(f, "a list of {count} {}", between("numbers", low, high))
            }
            Domain::Table => f.write_str("a table"),
        }
    }
}

fn between(numbers: &str, low: Bound<f64>, high: Bound<f64>) -> String {
    let low = match low {
        Bound::Included(x) => Some(("from", x)),
        Bound::Excluded(x) => Some(("above", x)),
        Bound::Unbounded => None,
    };
    let high = match high {
        Bound::Included(x) => Some(("to", x)),
        Bound::Excluded(x) => Some(("to below", x)),
        Bound::Unbounded => None,
    };
    match (low, high) {
        (None, None) => format!("finite {numbers}"),
        (Some(("from", x)), None) => format!("finite {numbers} of at least {}", bound(x)),
        (Some((word, x)), None) => format!("finite {numbers} {word} {}", bound(x)),
        (None, Some((word, x))) => format!("finite {numbers} up {word} {}", bound(x)),
        (Some((from, x)), Some((to, y))) => format!("{numbers} {from} {} {to} {}", bound(x), bound(y)),
    }
}
