//! What an option may be.

use std::fmt;

use dien_model::metrics::Metric;
use dien_tensor::range::{Integers, Numbers};
use toml::Value;

/// An option's type, and the values that are possible.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Domain {
    /// `true` or `false`.
    Bool,
    /// An integer; without a bound above it is at most what TOML can hold, 2⁶³ − 1.
    Integer(Integers),
    /// A finite number; the bounds hold of its nearest `f32`, too, with which models compute.
    Number(Numbers),
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
    /// A list of integers, such as layers' sizes.
    Integers {
        /// How many there are, if that is not free.
        count: Option<usize>,
        /// What each may be.
        each: Integers,
    },
    /// So many finite numbers, and what each may be.
    Numbers(usize, Numbers),
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
    /// A seed.
    pub(super) const SEED: Domain = Domain::Integer(Integers { least: 0, most: Some(i64::MAX as u64) });

    /// The names that it has, of a choice; none of anything else.
    pub fn choices(self) -> &'static [Choice] {
        if let Domain::Choice(choices) = self { choices } else { &[] }
    }

    /// Its type, in a word or two.
    pub fn type_name(self) -> &'static str {
        match self {
            Domain::Bool => "boolean",
            Domain::Integer(_) => "integer",
            Domain::Number(_) => "number",
            Domain::Choice(_) => "choice",
            Domain::Metric => "metric",
            Domain::Text => "text",
            Domain::Path => "path",
            Domain::Texts => "list of texts",
            Domain::Integers { .. } => "list of integers",
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
            Domain::Integer(_) => is_count(value),
            Domain::Number(_) => is_number(value),
            Domain::Choice(choices) => {
                value.as_str().is_some_and(|name| choices.iter().any(|choice| choice.name == name))
            }
            Domain::Metric => value.as_str().is_some_and(|name| name.parse::<Metric>().is_ok()),
            Domain::Text | Domain::Path => value.is_str(),
            Domain::Texts => all(None, &Value::is_str),
            Domain::Integers { count, .. } => all(count, &is_count),
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
        let one_of = |range: Integers| {
            move |value: &Value| {
                let n = value.as_integer().and_then(|n| u64::try_from(n).ok());
                n.is_some_and(|n| range.contains(n))
            }
        };
        let within = |range: Numbers| {
            move |value: &Value| {
                let x = value.as_float().or(value.as_integer().map(|n| n as f64));
                x.is_some_and(|x| range.contains(rounded(x)))
            }
        };
        let all = |holds: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|a| a.iter().all(holds));
        self.fits(value)
            && match self {
                Domain::Integer(range) => one_of(range)(value),
                Domain::Number(range) => within(range)(value),
                Domain::Integers { each, .. } => all(&one_of(each)),
                Domain::Numbers(_, each) => all(&within(each)),
                _ => true,
            }
    }
}

/// What is expected of a value, such as `a number from 0 to below 1`.
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Domain::Bool => f.write_str("`true` or `false`"),
            Domain::Integer(range) => range.fmt(f),
            Domain::Number(range) => range.fmt(f),
            Domain::Choice(choices) => {
                let names: Vec<String> = choices.iter().map(|choice| format!("`{}`", choice.name)).collect();
                write!(f, "one of {}", names.join(", "))
            }
            Domain::Metric => f.write_str(Metric::EXPECTED),
            Domain::Text => f.write_str("a text"),
            Domain::Path => f.write_str("a path"),
            Domain::Texts => f.write_str("a list of texts"),
            Domain::Integers { count: None, each } => write!(f, "a list of {}", each.of("integers")),
            Domain::Integers { count: Some(count), each } => {
                write!(f, "a list of {count} {}", each.of("integers"))
            }
            Domain::Numbers(count, each) => write!(f, "a list of {count} {}", each.of("numbers")),
            Domain::Table => f.write_str("a table"),
        }
    }
}
