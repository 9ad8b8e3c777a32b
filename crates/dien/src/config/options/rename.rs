//! Options under names that they had before.

use std::fmt;

use toml::{Table, Value};

#[cfg(feature = "compare")]
use super::spec::lookup;
use super::{all, find};
use crate::error::Origin;

/// An option that was set under a name which it had before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renamed {
    /// Where it was set.
    pub origin: Origin,
    /// The key that was used.
    pub former: String,
    /// The option's key.
    pub key: &'static str,
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}` is called `{}` now", self.origin, self.former, self.key)
    }
}

/// Gives options their names: the former keys that were found, and what they are called; or a key of both
/// names that is set.
pub(crate) fn rename(table: &mut Table) -> Result<Vec<(String, &'static str)>, (String, &'static str)> {
    let mut found = vec![];
    for option in all() {
        let Some((path, name)) = option.key.rsplit_once('.') else { continue };
        for &former in option.former {
            let Some(section) = section_mut(table, path) else { continue };
            let Some(value) = section.remove(former) else { continue };
            let former = format!("{path}.{former}");
            if section.contains_key(name) {
                return Err((former, option.key));
            }
            section.insert(name.to_owned(), value);
            found.push((former, option.key));
        }
    }
    Ok(found)
}

/// That an option is set by both of its names.
pub(crate) fn both_names(former: &str, key: &str) -> String {
    format!("found `{former}` and `{key}`, which is its name now; expected one of them")
}

/// The same in the value of an option or a section, if it is a table of options.
#[cfg(feature = "compare")]
pub(crate) fn rename_in(
    path: &str,
    value: &mut Value,
) -> Result<Vec<(String, &'static str)>, (String, &'static str)> {
    let mut table = Table::new();
    let (section, name) = path.rsplit_once('.').map_or((None, path), |(section, name)| (Some(section), name));
    let mut place = &mut table;
    for key in section.into_iter().flat_map(|section| section.split('.')) {
        let inner = place.entry(key).or_insert_with(|| Table::new().into());
        place = inner.as_table_mut().expect("it was just made");
    }
    place.insert(name.to_owned(), value.clone());
    let renamed = rename(&mut table)?;
    if let Some(now) = lookup(&table, path) {
        *value = now.clone();
    }
    Ok(renamed)
}

/// The key that an option has now, of one that it had before; any other key as it is.
pub fn current(key: &str) -> &str {
    let has =
        |former: &str, path: &str| key.strip_prefix(path).is_some_and(|rest| rest == format!(".{former}"));
    let renamed = |option: &&super::OptionSpec| {
        let path = option.key.rsplit_once('.').map_or("", |(path, _)| path);
        option.former.iter().any(|former| has(former, path))
    };
    if find(key).is_some() { key } else { all().find(renamed).map_or(key, |option| option.key) }
}

fn section_mut<'a>(table: &'a mut Table, path: &str) -> Option<&'a mut Table> {
    path.split('.').try_fold(table, |table, key| table.get_mut(key).and_then(Value::as_table_mut))
}
