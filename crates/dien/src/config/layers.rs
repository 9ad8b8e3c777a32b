//! Defaults, file and arguments, one over the other.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::config::merge::{Incomplete, check_together, merge};
use crate::config::options::{self, Renamed};
use crate::config::{Config, Source, recipes};
use crate::error::{Error, Origin, Result};

/// Collects options from files and arguments; what comes later overrides what came before, option by option.
///
/// Below them all are the defaults: those of each section's type, but where what is trained on suggests
/// others, as [`options`] says. A key that an option had before is read as its key of now, and
/// [told](Self::renamed).
///
/// ```
/// use dien::config::Layers;
///
/// let mut layers = Layers::new();
/// layers.text("[model]\nhidden = 64\n[train]\naverage = 0.99")?;
/// layers.assign("--set model.hidden=32", "model.hidden=32")?;
/// let config = layers.config()?;
/// assert_eq!((config.model.hidden, config.train.ema_decay), (32, 0.99));
/// assert_eq!(layers.renamed()[0].key, "train.ema_decay");
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers {
    table: Table,
    /// Where each option was set; the last entry of an option counts.
    origins: Vec<(String, Origin)>,
    renamed: Vec<Renamed>,
    /// The first origins, whose options need not be read with the source.
    trusted: usize,
}

impl Layers {
    /// The defaults alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a TOML file. A relative `source.folder`, `source.schema` or `source.log.files` in it is relative
    /// to the file's folder.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or has an unknown option or a value of another type.
    pub fn file(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        let mut table = self.read(&text, |line| Origin::File(path.to_path_buf(), line))?;
        let base = path.parent().unwrap_or(Path::new(""));
        for place in [&["folder"][..], &["schema"], &["log", "files"]] {
            if let Some(Value::String(there)) = value_mut(&mut table, place) {
                *there = base.join(&there).to_string_lossy().into_owned();
            }
        }
        merge(&mut self.table, table);
        Ok(())
    }

    /// Adds TOML text.
    ///
    /// # Errors
    /// As [`file`](Self::file).
    pub fn text(&mut self, text: &str) -> Result<()> {
        let table = self.read(text, |line| Origin::File("configuration".into(), line))?;
        merge(&mut self.table, table);
        Ok(())
    }

    /// Adds one option, such as `train.epochs` with the value 3, that `argument` set.
    ///
    /// # Errors
    /// There is no such option, or the value is of the wrong type.
    pub fn set(&mut self, argument: &str, option: &str, value: impl Into<Value>) -> Result<()> {
        let mut value = value.into();
        for key in option.rsplit('.') {
            value = Value::Table(Table::from_iter([(key.to_owned(), value)]));
        }
        let Value::Table(table) = value else { unreachable!("`rsplit` yields at least one key") };
        self.add(argument, table)
    }

    /// Adds an assignment like `model.dropout=0.2`; a value that is no TOML is a string. What options must be
    /// beside each other is asked of the [whole configuration](Self::config).
    ///
    /// # Errors
    /// It is no assignment, there is no such option, or the value is of the wrong type.
    pub fn assign(&mut self, argument: &str, assignment: &str) -> Result<()> {
        if let Ok(table) = assignment.parse::<Table>() {
            return self.add(argument, table);
        }
        match assignment.split_once('=') {
            Some((option, value)) => {
                let value = value.trim();
                let mut set = self.set(argument, option.trim(), value);
                if let Err(Error::Option { found, .. }) = &mut set
                    && *found == Value::from(value).to_string()
                {
                    // Nobody wrote the quotes.
                    *found = format!("`{value}`");
                }
                set
            }
            None => Err(Error::Config {
                origin: Origin::Argument(argument.into()),
                problem: format!("found `{assignment}`; expected SECTION.OPTION=VALUE"),
            }),
        }
    }

    /// Sets the source: what [`Source::at`] finds at a path that an argument names.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn source(&mut self, argument: &str, path: &Path) -> Result<()> {
        self.set_source(argument, Source::at(path.to_path_buf()))
    }

    /// Sets the source, whatever was there before.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_source(&mut self, argument: &str, mut source: Source) -> Result<()> {
        if let Some(path) = source.path_mut() {
            *path = path.to_string_lossy().into_owned().into();
        }
        self.table.remove("source");
        let is_kept = |(option, _): &(String, Origin)| option != "source" && !option.starts_with("source.");
        self.trusted = self.origins[..self.trusted].iter().filter(|set| is_kept(set)).count();
        self.origins.retain(is_kept);
        let source = Value::try_from(&source).map_err(|e| Error::Config {
            origin: Origin::Argument(argument.into()),
            problem: e.to_string(),
        })?;
        self.set(argument, "source", source)
    }

    /// Finds out what the columns of the source are, if it is a log that nobody has described; what was
    /// found, a sentence each, and the schema, if it has one. From then on the options say it.
    ///
    /// # Errors
    /// The log cannot be read, or it is not clear what its columns are; there is no configuration.
    pub fn infer(&mut self) -> Result<Option<(Vec<String>, Option<String>)>> {
        let Source::Log(log) = self.whole()?.source else { return Ok(None) };
        if log.kind.is_some() {
            return Ok(None);
        }
        let (found, notes) = crate::infer::infer(&log)?;
        let schema = found.schema.clone();
        self.set_source("what the log was taken for", Source::Log(found))?;
        Ok(Some((notes, schema)))
    }

    /// Takes it for granted that what was said so far is read with the source, as in a run of before.
    pub(crate) fn trust(&mut self) {
        self.trusted = self.origins.len();
    }

    /// That the source reads what was said; of a file, where it is not the default that it says.
    fn check_read_with(&self, source: &Source) -> Result<()> {
        for (key, origin) in &self.origins[self.trusted..] {
            let Some(option) = options::find(key).filter(|option| !option.is_read_with(source)) else {
                continue;
            };
            let value = options::lookup(&self.table, key);
            let is_default = matches!(origin, Origin::File(..)) && option.default().as_ref() == value;
            if let Some(value) = value.filter(|_| !is_default) {
                let (of, found) = (option.scope.words().unwrap_or_default(), options::text(value));
                let instead = match (option.scope, option.of_log()) {
                    (options::Scope::Log, _) => String::new(),
                    (_, None) => "; of this log its schema says it".into(),
                    (_, Some(own)) => format!("; of this log its schema says it, or `{own}` over it"),
                };
                let expected = format!("no such option: it is read of {of} alone{instead}");
                let (origin, option) = (origin.clone(), key.clone());
                return Err(Error::Option { origin, option, found, expected });
            }
        }
        Ok(())
    }

    /// Options that were set by names which they had before.
    pub fn renamed(&self) -> &[Renamed] {
        &self.renamed
    }

    /// Whether a layer says where the behaviours come from.
    pub fn has_source(&self) -> bool {
        self.table.contains_key("source")
    }

    /// Whether that is a log whose columns nobody has described yet.
    pub fn has_log(&self) -> bool {
        let log = self.table.get("source").and_then(|source| source.get("log"));
        log.is_some_and(|log| log.get("kind").is_none())
    }

    /// The whole configuration.
    ///
    /// # Errors
    /// An option has an impossible value, lacks another beside it, or is none that the source reads.
    pub fn config(&self) -> Result<Config> {
        let config = self.whole()?;
        // Where nothing says a source, a program may have rows of its own.
        if self.has_source() {
            self.check_read_with(&config.source)?;
        }
        Ok(config)
    }

    fn whole(&self) -> Result<Config> {
        check_together(&self.table).map_err(|Incomplete { key, because, found, expected }| {
            let origin = self.origin(&because).cloned().unwrap_or(Origin::Default);
            Error::Option { origin, option: key, found, expected }
        })?;
        let config =
            self.merged().map_err(|e| Error::Config { origin: Origin::Default, problem: message(&e) })?;
        config.validate().map_err(|e| self.locate(e))?;
        Ok(config)
    }

    /// Says of an impossible option where it was set, if a layer set it.
    pub fn locate(&self, mut error: Error) -> Error {
        if let Error::Option { origin: origin @ Origin::Default, option, .. } = &mut error {
            let name = option.split('[').next().unwrap_or(option);
            if let Some(found) = self.origin(name) {
                *origin = found.clone();
            }
        }
        error
    }

    /// Where a key was set last.
    fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.iter().rev().find(|(option, _)| option == key).map(|(_, origin)| origin)
    }

    fn read(&mut self, text: &str, origin: impl Fn(usize) -> Origin) -> Result<Table> {
        let line = |at: usize| 1 + text.bytes().take(at).filter(|&b| b == b'\n').count();
        let wrong = |e: toml::de::Error| Error::Config {
            origin: origin(line(e.span().map_or(0, |s| s.start))),
            problem: message(&e),
        };
        let spans = DeTable::parse(text).map_err(wrong)?;
        let mut set = vec![];
        walk(spans.get_ref(), "", &mut |option, at| set.push((option, origin(line(at)))));
        self.known(text.parse().map_err(wrong)?, set)
    }

    fn add(&mut self, argument: &str, table: Table) -> Result<()> {
        let origin = Origin::Argument(argument.into());
        let mut set = vec![];
        walk_values(&table, "", &mut |option| set.push((option, origin.clone())));
        let table = self.known(table, set)?;
        merge(&mut self.table, table);
        Ok(())
    }

    /// The table with the names that options have now, all of which there are, with values of their types.
    /// `set` says where each was set.
    fn known(&mut self, mut table: Table, mut set: Vec<(String, Origin)>) -> Result<Table> {
        let origin = |key: &str, set: &[(String, Origin)]| {
            set.iter().find(|(option, _)| option == key).map_or(Origin::Default, |(_, origin)| origin.clone())
        };
        let renamed = options::rename(&mut table).map_err(|(former, key)| Error::Config {
            origin: origin(&former, &set),
            problem: options::both_names(&former, key),
        })?;
        let renamed =
            renamed.into_iter().map(|(former, key)| Renamed { origin: origin(&former, &set), former, key });
        let renamed: Vec<Renamed> = renamed.collect();
        set.extend(renamed.iter().map(|renamed| (renamed.key.to_owned(), renamed.origin.clone())));
        options::check("", &Value::Table(table.clone()), false).map_err(|wrong| {
            let origin = origin(wrong.key(), &set);
            wrong.at(origin)
        })?;
        self.renamed.extend(renamed);
        self.origins.extend(set);
        Ok(table)
    }

    fn merged(&self) -> Result<Config, toml::de::Error> {
        let mut table = Table::new();
        for recipe in recipes::under(&self.table) {
            merge(&mut table, recipe);
        }
        merge(&mut table, self.table.clone());
        Config::deserialize(Value::Table(table))
    }
}

/// What a table has of its source under these keys.
fn value_mut<'a>(table: &'a mut Table, keys: &[&str]) -> Option<&'a mut Value> {
    keys.iter().try_fold(table.get_mut("source")?, |value, key| value.get_mut(key))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Every option with the place of its name.
fn walk(table: &DeTable<'_>, path: &str, found: &mut impl FnMut(String, usize)) {
    for (key, value) in table {
        let option = join(path, key.get_ref());
        if let DeValue::Table(inner) = Spanned::get_ref(value) {
            walk(inner, &option, found);
        }
        found(option, key.span().start);
    }
}

fn walk_values(table: &Table, path: &str, found: &mut impl FnMut(String)) {
    for (key, value) in table {
        let option = join(path, key);
        if let Value::Table(inner) = value {
            walk_values(inner, &option, found);
        }
        found(option);
    }
}

/// The parser's reason on one line.
fn message(error: &toml::de::Error) -> String {
    error.message().trim_end().replace('\n', "; ")
}

/// One layer of a text, for tests.
#[cfg(test)]
pub(super) fn layers(text: &str) -> Layers {
    let mut layers = Layers::new();
    layers.text(text).unwrap();
    layers
}

#[cfg(test)]
mod tests;
