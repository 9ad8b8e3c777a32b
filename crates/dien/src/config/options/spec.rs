//! What is known of an option.

use std::sync::LazyLock;

use dien_data::schema::SchemaOverrides;
use dien_data::{DataOptions, SyntheticConfig};
use dien_model::ModelConfig;
use dien_optim::AdamConfig;
use toml::{Table, Value};

use super::Domain;
use crate::config::{Config, LogKind, Source, TrainConfig, recipes};

/// An option: its key, what it may be, and what it decides.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptionSpec {
    /// Section and name, such as `model.dropout`.
    pub key: &'static str,
    /// Its type, and the values that are possible.
    pub domain: Domain,
    /// What it decides, in a sentence or two.
    pub meaning: &'static str,
    /// What holds where it is not set, of an option without a default value.
    pub unset: Option<&'static str>,
    /// The sources with which it is read.
    pub scope: Scope,
    /// Why a search cannot vary it, if it cannot.
    pub fixed: Option<&'static str>,
    /// What its name was before: configurations that have such a name are read.
    pub former: &'static [&'static str],
}

/// The sources with which an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// All of them.
    All,
    /// Behaviours, of a folder or synthetic ones: of a log, its schema says it.
    Behaviours,
    /// A log of impressions that has a schema.
    Log,
}

impl OptionSpec {
    pub(super) const fn new(key: &'static str, domain: Domain, meaning: &'static str) -> Self {
        OptionSpec { key, domain, meaning, unset: None, scope: Scope::All, fixed: None, former: &[] }
    }

    pub(super) const fn unset(self, what: &'static str) -> Self {
        OptionSpec { unset: Some(what), ..self }
    }

    pub(super) const fn of(self, scope: Scope) -> Self {
        OptionSpec { scope, ..self }
    }

    pub(super) const fn fixed(self, why: &'static str) -> Self {
        OptionSpec { fixed: Some(why), ..self }
    }

    pub(super) const fn formerly(self, names: &'static [&'static str]) -> Self {
        OptionSpec { former: names, ..self }
    }

    /// Its section, and its name there.
    pub fn section_and_name(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').expect("every key has a section")
    }

    /// Its default, where nothing suggests another; `None` of an option that has an `unset`.
    pub fn default(&self) -> Option<Value> {
        static DEFAULTS: LazyLock<Table> = LazyLock::new(|| {
            let defaults = Config {
                source: Source::Synthetic(SyntheticConfig::default()),
                schema: SchemaOverrides::default(),
                data: DataOptions::default(),
                model: ModelConfig::default(),
                optimizer: AdamConfig::default(),
                train: TrainConfig::default(),
            };
            Table::try_from(defaults).expect("plain fields")
        });
        lookup(&DEFAULTS, self.key).cloned()
    }

    /// Other defaults, and for what each holds, such as a synthetic source; the last that holds counts.
    pub fn other_defaults(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let key = self.key;
        recipes::all().filter_map(move |(when, table)| Some((when, lookup(&table, key)?.clone())))
    }

    /// The key by which a log's schema is told it, of an option that is read of behaviours alone.
    pub fn of_log(&self) -> Option<&'static str> {
        let pairs = [
            ("data.max_history", "schema.max_history"),
            ("data.repeats", "schema.repeats"),
            ("data.min_count", "schema.min_count"),
            ("data.embedding_width", "schema.width"),
        ];
        pairs.into_iter().find(|(own, _)| *own == self.key).map(|(_, log)| log)
    }

    /// Whether it is read with this source.
    pub fn is_read_with(&self, source: &Source) -> bool {
        match self.scope {
            Scope::All => true,
            Scope::Behaviours => is_shown(source) != Some(true),
            Scope::Log => is_shown(source) != Some(false),
        }
    }
}

impl Scope {
    /// It in words, after "read of"; `None` of all sources.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Scope::All => None,
            Scope::Behaviours => Some("behaviours (a folder or synthetic ones)"),
            Scope::Log => Some("a log of impressions (a schema)"),
        }
    }
}

/// Whether a source is a log of impressions; none where it is not known yet.
fn is_shown(source: &Source) -> Option<bool> {
    match source {
        Source::Schema(_) => Some(true),
        Source::Log(log) => Some(log.kind? == LogKind::Impressions || log.label.is_some()),
        Source::Folder(_) | Source::Synthetic(_) => Some(false),
    }
}

/// The value of a dotted key.
pub(crate) fn lookup<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((first, rest)) => lookup(table.get(first)?.as_table()?, rest),
        None => table.get(key),
    }
}
