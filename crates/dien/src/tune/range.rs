//! What an option is drawn from.

use std::fmt;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde::Deserialize;
use toml::Value;

use crate::config::options;

/// What an option is drawn from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Range {
    Choice(Vec<Value>),
    Uniform([f64; 2]),
    Log([f64; 2]),
    Integer([i64; 2]),
}

/// It as the file has it.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: Vec<Value>| options::text(&Value::Array(values));
        let (name, values) = match self {
            Range::Choice(values) => ("choice", list(values.clone())),
            Range::Uniform(bounds) => ("uniform", list(bounds.map(Value::Float).into())),
            Range::Log(bounds) => ("log", list(bounds.map(Value::Float).into())),
            Range::Integer(bounds) => ("integer", list(bounds.map(Value::Integer).into())),
        };
        write!(f, "{{ {name} = {values} }}")
    }
}

impl Range {
    /// What it should be, if it is not.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let ascends = |low: f64, high: f64| low < high && low.is_finite() && high.is_finite();
        match *self {
            Range::Choice(ref values) => values.is_empty().then_some("one value at least"),
            Range::Uniform([low, high]) => (!ascends(low, high)).then_some("two numbers, the lower first"),
            Range::Log([low, high]) => {
                (!(ascends(low, high) && low > 0.0)).then_some("two numbers above 0, the lower first")
            }
            Range::Integer([low, high]) => (low >= high).then_some("two integers, the lower first"),
        }
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Value {
        match *self {
            Range::Choice(ref values) => values[rng.random_range(0..values.len())].clone(),
            Range::Uniform([low, high]) => rounded(rng.random_range(low..high)).into(),
            Range::Log([low, high]) => rounded(rng.random_range(low.ln()..high.ln()).exp()).into(),
            Range::Integer([low, high]) => rng.random_range(low..=high).into(),
        }
    }
}

/// Four digits: no more matter, and people read them.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number")
}
