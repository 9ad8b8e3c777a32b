//! Values held against the options' domains.

use toml::{Table, Value};

use super::spec::lookup;
use super::{all, find, unknown, within};
use crate::config::Config;
use crate::error::{Error, Origin};

/// What is wrong with an option.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// There is none of this key.
    Unknown(String),
    /// A value that it cannot have, and what it can.
    Value { key: String, found: String, expected: String },
}

impl Wrong {
    /// The key that is wrong.
    pub fn key(&self) -> &str {
        match self {
            Wrong::Unknown(key) | Wrong::Value { key, .. } => key,
        }
    }

    /// What is wrong, of an option that was set there.
    pub fn at(self, origin: Origin) -> Error {
        match self {
            Wrong::Unknown(key) => Error::Config { origin, problem: unknown(&key) },
            Wrong::Value { key: option, found, expected } => {
                Error::Option { origin, option, found, expected }
            }
        }
    }
}

/// Checks that what stands under `path`, a section or an option, or all of them if it is empty, are options
/// with values of their types; with `ranges` also that the values are possible.
pub(crate) fn check(path: &str, value: &Value, ranges: bool) -> Result<(), Wrong> {
    if let Some(option) = find(path) {
        let possible = if ranges { option.domain.contains(value) } else { option.domain.fits(value) };
        let (found, expected) = (shown(value), option.domain.to_string());
        return if possible { Ok(()) } else { Err(Wrong::Value { key: path.into(), found, expected }) };
    }
    if !path.is_empty() && within(path).next().is_none() {
        return Err(Wrong::Unknown(path.into()));
    }
    let Value::Table(table) = value else {
        let expected = "a table of options".into();
        return Err(Wrong::Value { key: path.into(), found: shown(value), expected });
    };
    table.iter().try_for_each(|(key, value)| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        check(&path, value, ranges)
    })
}

/// The first option of a configuration that is not possible.
pub(crate) fn out_of_range(config: &Config) -> Option<Wrong> {
    // What TOML cannot hold, such as an integer above 2⁶³, is left to the checks of the sections.
    let table = Table::try_from(config).ok()?;
    all().find_map(|option| {
        let value = lookup(&table, option.key)?;
        let (key, expected) = (option.key.to_owned(), option.domain.to_string());
        (!option.domain.contains(value)).then(|| Wrong::Value { key, found: shown(value), expected })
    })
}

/// A value as people write it: numbers in their shortest form.
fn shown(value: &Value) -> String {
    match value {
        Value::Float(x) => x.to_string(),
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
