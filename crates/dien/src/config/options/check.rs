//! Values held against the options' domains.

use dien_tensor::range::Integers;
use toml::{Table, Value};

use super::spec::lookup;
use super::text::text;
use super::{Domain, OptionSpec, all, find, unknown, within};
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
    fn value(option: &OptionSpec, value: &Value) -> Self {
        let (found, expected) = (text(value), option.domain.instead_of(value));
        Wrong::Value { key: option.key.into(), found, expected }
    }

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
        return if possible { Ok(()) } else { Err(Wrong::value(option, value)) };
    }
    if !path.is_empty() && within(path).next().is_none() {
        return Err(Wrong::Unknown(path.into()));
    }
    let Value::Table(table) = value else {
        let expected = "a table of options".into();
        return Err(Wrong::Value { key: path.into(), found: text(value), expected });
    };
    table.iter().try_for_each(|(key, value)| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        check(&path, value, ranges)
    })
}

/// The first option of a configuration that is not possible.
pub(crate) fn out_of_range(config: &Config) -> Option<Wrong> {
    let table = match values(config) {
        Ok(table) => table,
        Err(wrong) => return Some(wrong),
    };
    all().find_map(|option| {
        let value = lookup(&table, option.key)?;
        (!option.domain.contains(value)).then(|| Wrong::value(option, value))
    })
}

/// The options of a configuration.
///
/// # Errors
/// One that TOML cannot hold: an integer above 2⁶³ − 1.
pub(crate) fn values(config: &Config) -> Result<Table, Wrong> {
    let mut config = config.clone();
    // A path need not be UTF-8 to be read.
    if let Some(path) = config.source.path_mut() {
        *path = path.to_string_lossy().into_owned().into();
    }
    Table::try_from(&config).map_err(|error| too_large(&config).unwrap_or_else(|| panic!("{error}")))
}

/// The first option with an integer that TOML cannot hold.
fn too_large(config: &Config) -> Option<Wrong> {
    let most = i64::MAX as u64;
    let json = serde_json::to_value(config).expect("plain fields");
    let is_too_large = |value: &serde_json::Value| value.as_u64().is_some_and(|n| n > most);
    all().find_map(|option| {
        let value = json.pointer(&format!("/{}", option.key.replace('.', "/")))?;
        let parts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let found = parts.iter().find(|value| is_too_large(value))?.to_string();
        let expected = match option.domain {
            Domain::Integer(Integers { most: Some(_), .. }) => option.domain.to_string(),
            domain => format!("{domain}, and at most {most}"),
        };
        Some(Wrong::Value { key: option.key.into(), found, expected })
    })
}
