//! `dataset.toml`: what the columns of a log are.
//!
//! ```toml
//! candidate = ["item", "category"]          # what describes the shown item, the one that names it first
//!
//! [source]
//! files = "log/*.parquet"                   # a file, a glob or a folder, beside this file
//!
//! [split]                                   # or files of their own, in [validation] and [test]
//! by = "group"
//! validation = 0.05
//! test = 0.1
//!
//! [columns]
//! clicked = { kind = "label" }
//! user = { kind = "group" }
//! item = { kind = "sparse", type = "integer", vocabulary = { min_count = 2 } }
//! category = { kind = "sparse" }
//! hour = { kind = "sparse", vocabulary = { hash = 24 }, width = 4 }
//! price = { kind = "dense", transform = "log1p" }
//! seen_items = { kind = "sequence", shares = "item" }
//! seen_categories = { kind = "sequence", shares = "category" }
//!
//! [[behaviours]]                            # one sequence a model reads; several may stand side by side
//! name = "clicks"
//! columns = ["seen_items", "seen_categories"]   # aligned with the candidate's, oldest event first
//! ```

mod check;
mod column;
mod csv;
mod cut;
mod located;
mod overrides;
mod source;
mod split;

use std::fs;
use std::path::Path;

use dien_serving::encoding::Repeats;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::csv::{CsvOptions, MAX_LINE};
pub use column::{Column, ColumnKind, MissingValue, VocabularySpec};
pub use cut::TimeCut;
pub use located::SchemaSource;
pub use overrides::SchemaOverrides;
pub use source::{Format, SequenceOrder, Source};
pub use split::{Part, Split};

use crate::error::DataError;

/// What the columns of a log are, and which of them a model reads. See the [module](self).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The columns that describe a candidate: `sparse` ones, which events have, too, and `sequence` ones, of
    /// which the mean is read, and which events have if their [columns](Behaviours::columns) say so. A
    /// `sequence` column that is neither here nor in a sequence of behaviours is of
    /// the user or the moment: a request has it once, in its profile or context.
    #[serde(default)]
    pub candidate: Vec<String>,
    /// A table of the items: a file or a glob, beside the schema's file, with a row an item and the columns
    /// of [`candidate`](Self::candidate), by their names in the source. Else the rows' candidates tell what
    /// an item is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// Numbers an embedding has, where a column does not say.
    #[serde(default = "default_width")]
    pub width: usize,
    /// Where the rows are; may be given elsewhere.
    #[serde(default)]
    pub source: Source,
    /// Rows that validate, where they are files of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Source>,
    /// Rows that test, where they are files of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Source>,
    /// Which of the source's rows are held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Every column that is used, by its feature's name. The order is that of the model's features.
    pub columns: IndexMap<String, Column>,
    /// The sequences of behaviours.
    #[serde(default)]
    pub behaviours: Vec<Behaviours>,
}

/// Behaviours of one sort: lists that are aligned with one another, and with the candidate's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviours {
    /// The sequence's name, such as `clicks`.
    pub name: String,
    /// One `sequence` column for each of the candidate's, in their order; of those that are lists themselves
    /// only where an event has any number of ids, too, in a column of lists of lists that shares the
    /// candidate's vocabulary.
    pub columns: Vec<String>,
    /// The latest events that are kept.
    #[serde(default = "default_max_history")]
    pub max_history: usize,
    /// The id that fills a row up to a fixed length, at either end; such events are dropped.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "column::id")]
    pub padding: Option<String>,
    /// Which end of a list is the latest event.
    #[serde(default)]
    pub order: SequenceOrder,
    /// What becomes of events that a list has more than once.
    #[serde(default, skip_serializing_if = "keeps")]
    pub repeats: Repeats,
}

fn keeps(repeats: &Repeats) -> bool {
    *repeats == Repeats::Keep
}

fn default_width() -> usize {
    18
}

fn default_max_history() -> usize {
    100
}

impl Behaviours {
    /// A sequence of these columns, named after the first.
    pub fn new(columns: Vec<String>) -> Self {
        let name = columns.first().cloned().unwrap_or_default();
        Behaviours {
            name,
            columns,
            max_history: default_max_history(),
            padding: None,
            order: SequenceOrder::default(),
            repeats: Repeats::Keep,
        }
    }
}

impl Schema {
    /// Reads and checks a schema.
    ///
    /// # Errors
    /// The file cannot be read or is no schema: the line, or the column or sequence, what was found and what
    /// was expected.
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let text = fs::read_to_string(path).map_err(DataError::io(path, "read"))?;
        Self::parse(&text, path)
    }

    /// [`load`](Self::load) of a text; `path` is named in errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, path: &Path) -> Result<Self, DataError> {
        let schema: Schema = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            DataError::file(path, format!("line {line}: {}", e.message()), "a schema (see docs/data.md)")
        })?;
        schema.check().map_err(|wrong| wrong.in_file(path))?;
        Ok(schema)
    }

    /// Whether rows mean the same by another schema, wherever they are. The types of ids are the
    /// vocabularies' matter.
    pub fn agrees_with(&self, other: &Schema) -> bool {
        fn columns(of: &Schema) -> impl Iterator<Item = (&String, Column)> {
            of.columns.iter().map(|(name, column)| (name, Column { id_type: None, ..column.clone() }))
        }
        self.event_columns() == other.event_columns()
            && self.width == other.width
            && self.behaviours == other.behaviours
            && columns(self).eq(columns(other))
    }

    /// The schema as a file's text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("strings, numbers and tables of them")
    }

    /// The columns of a kind, in order.
    pub fn of_kind(&self, kind: ColumnKind) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().filter(move |(_, c)| c.kind == kind).map(|(name, c)| (name.as_str(), c))
    }

    /// Those of the candidate's columns that are ids, one a cell.
    pub(crate) fn candidate_ids(&self) -> impl Iterator<Item = &str> {
        self.candidate.iter().map(String::as_str).filter(|name| !self.is_list(name))
    }

    /// What an event consists of: the candidate's columns of ids, and those of its lists that the first
    /// sequence of behaviours has a column for.
    pub(crate) fn event_columns(&self) -> Vec<&str> {
        let mut columns = self.behaviours.first().map_or(&[][..], |sequence| &sequence.columns);
        let mut ids = self.candidate_ids().count();
        let mut of_events = |name: &&str| {
            if self.is_list(name) {
                // As many as are left over when each column of ids has one.
                let shares = |column: &String| self.vocabulary_of(column) == self.vocabulary_of(name);
                if columns.len() <= ids || !shares(&columns[0]) {
                    return false;
                }
            } else {
                ids -= 1;
            }
            columns = columns.get(1..).unwrap_or_default();
            true
        };
        self.candidate.iter().map(String::as_str).filter(|name| of_events(name)).collect()
    }

    /// Whether a feature's cells are lists of lists: of an event's ids.
    pub(crate) fn is_nested(&self, feature: &str) -> bool {
        let of_events = self.event_columns();
        let place = |sequence: &Behaviours| sequence.columns.iter().position(|name| name == feature);
        let mut places = self.behaviours.iter().filter_map(place);
        places.any(|place| of_events.get(place).is_some_and(|of| self.is_list(of)))
    }

    /// The name that a feature's column has in the source.
    pub fn source_name<'a>(&'a self, feature: &'a str) -> &'a str {
        self.columns.get(feature).and_then(|c| c.from.as_deref()).unwrap_or(feature)
    }

    /// Whether a feature's cells are lists.
    pub(crate) fn is_list(&self, feature: &str) -> bool {
        self.columns.get(feature).is_some_and(|column| column.kind == ColumnKind::Sequence)
    }

    /// The vocabulary that a feature's ids are of: its own, or the one that it shares.
    pub fn vocabulary_of<'a>(&'a self, feature: &'a str) -> &'a str {
        self.columns.get(feature).and_then(|c| c.shares.as_deref()).unwrap_or(feature)
    }
}
