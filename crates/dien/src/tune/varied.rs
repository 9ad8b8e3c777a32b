//! An option that is varied.

use std::path::{Path, PathBuf};

use toml::Value;

use super::range::Range;
use crate::config::options::{self, Domain, OptionSpec, Renamed};
use crate::error::{Error, Origin, Result};

/// An option that is varied.
#[derive(Clone, Debug)]
pub(super) struct Varied {
    pub option: String,
    /// What the file calls it.
    name: String,
    file: PathBuf,
    /// Where the file says so, counted from 1.
    line: usize,
    pub range: Range,
}

impl Varied {
    /// What a line of a file varies, under the names that options have now, and those of before that it has.
    ///
    /// # Errors
    /// A value sets an option by both of its names.
    pub fn new(name: String, file: &Path, line: usize, mut range: Range) -> Result<(Self, Vec<Renamed>)> {
        let origin = || Origin::File(file.to_path_buf(), line);
        let option = options::current(&name).to_owned();
        let mut renamed = vec![];
        if let Some(spec) = options::find(&option).filter(|_| option != name) {
            renamed.push((name.clone(), spec.key));
        }
        if let Range::Choice(values) = &mut range {
            for value in values {
                renamed.extend(options::rename_in(&option, value).map_err(|(former, key)| {
                    Error::Config { origin: origin(), problem: options::both_names(&former, key) }
                })?);
            }
        }
        let renamed = renamed.into_iter().map(|(former, key)| Renamed { origin: origin(), former, key });
        let renamed = renamed.collect();
        Ok((Varied { option, name, file: file.to_path_buf(), line, range }, renamed))
    }

    pub fn origin(&self) -> Origin {
        Origin::File(self.file.clone(), self.line)
    }

    pub fn error(&self, problem: String) -> Error {
        Error::Config { origin: self.origin(), problem }
    }

    /// The options that it varies: more than one, if values are tables of them.
    pub fn options(&self) -> impl Iterator<Item = &'static OptionSpec> {
        let mut keys = vec![self.option.clone()];
        if let Range::Choice(values) = &self.range {
            values.iter().for_each(|value| keys_in(&self.option, value, &mut keys));
        }
        keys.into_iter().filter_map(|key| options::find(&key))
    }

    /// Whether it is the option of a key, or the table that the key is in.
    pub fn sets(&self, key: &str) -> bool {
        key.strip_prefix(&*self.option).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// That its range is one, that none of those before it varies the same, that trials can be compared by
    /// it, and that every value which can be drawn is possible.
    pub fn check(&self, before: &[Varied]) -> Result<()> {
        let Varied { option, name, range, .. } = self;
        if let Some(expected) = range.wrong() {
            return Err(self.error(format!("`{option}`: found {range}; expected {expected}")));
        }
        for other in before {
            if let Some(both) = self.options().find(|o| other.options().any(|other| other == *o)) {
                return Err(self.error(format!(
                    "found `{name}` and, in line {}, `{}`, which both vary `{}`; expected one of them",
                    other.line, other.name, both.key
                )));
            }
        }
        if let Some((option, why)) = self.options().find_map(|o| Some((o.key, o.fixed?))) {
            return Err(self.error(format!("`{option}` cannot be varied: {why}")));
        }
        self.check_values()
    }

    fn check_values(&self) -> Result<()> {
        let Varied { option, range, .. } = self;
        let problem =
            |value: &Value| options::check(option, value, true).err().map(|wrong| wrong.at(self.origin()));
        let wants_integers =
            matches!(options::find(option), Some(o) if matches!(o.domain, Domain::Integer(_)));
        match *range {
            Range::Choice(ref values) => values.iter().find_map(problem).map_or(Ok(()), Err),
            Range::Uniform(_) | Range::Log(_) if wants_integers => Err(self.error(format!(
                "`{option}` is an integer; for integers there is `{{ integer = [LOW, HIGH] }}`"
            ))),
            Range::Uniform(bounds) | Range::Log(bounds) => {
                bounds.into_iter().find_map(|bound| problem(&Value::Float(bound))).map_or(Ok(()), Err)
            }
            Range::Integer(bounds) => {
                bounds.into_iter().find_map(|bound| problem(&Value::Integer(bound))).map_or(Ok(()), Err)
            }
        }
    }
}

/// The keys that a value sets, if it is a table of options.
fn keys_in(option: &str, value: &Value, found: &mut Vec<String>) {
    let Value::Table(table) = value else { return };
    for (key, value) in table {
        let option = format!("{option}.{key}");
        keys_in(&option, value, found);
        found.push(option);
    }
}
