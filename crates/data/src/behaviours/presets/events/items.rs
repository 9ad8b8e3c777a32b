//! What is known of items, gathered from rows.

use std::collections::HashMap;

use super::columns::ColumnNames;
use super::rows::Row;
use crate::behaviours::presets::log_builder::{Cell, LogBuilder};
use crate::time::Time;

/// What a table's rows say of items.
pub(super) struct Features {
    /// Each's name, its column, and whether it lists values.
    features: Vec<(String, String, bool)>,
    /// Where it is among a row's cells.
    fields: Vec<usize>,
    known: HashMap<String, Known>,
    differing: u64,
}

/// What the earliest row says, or of rows without a time the least.
struct Known {
    at: Option<Time>,
    cells: Vec<String>,
    /// Whether another row says something else.
    differs: bool,
}

/// What stands between a list's values meanwhile: no character of a text.
const BETWEEN: char = '\u{1e}';

impl Features {
    /// All that are none of these roles.
    pub fn of(columns: &ColumnNames, roles: &[&str], lists: &[String]) -> Self {
        let others = columns.iter().filter(|(name, _)| !roles.contains(name));
        let feature = |(name, column): (&str, &str)| {
            (name.to_owned(), column.to_owned(), lists.iter().any(|list| list == name))
        };
        Features {
            features: others.map(feature).collect(),
            fields: vec![],
            known: HashMap::new(),
            differing: 0,
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|(name, ..)| name.as_str())
    }

    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Adds their columns to those that are read.
    pub fn place(&mut self, mut add: impl FnMut(&str, bool) -> usize) {
        self.fields = self.features.iter().map(|(_, column, list)| add(column, *list)).collect();
    }

    /// What a row says of its item.
    pub fn take(&mut self, item: &str, at: Option<Time>, row: &Row<'_>) {
        if self.features.is_empty() {
            return;
        }
        let cell = |(field, (.., list)): (&usize, &(String, String, bool))| match list {
            false => row.text(*field).unwrap_or_default().to_owned(),
            true => row.values(*field).fold(String::new(), |list, value| list + value + "\u{1e}"),
        };
        let cells: Vec<String> = self.fields.iter().zip(&self.features).map(cell).collect();
        let Some(known) = self.known.get_mut(item) else {
            self.known.insert(item.to_owned(), Known { at, cells, differs: false });
            return;
        };
        if known.cells != cells {
            known.differs = true;
        }
        if (at, &cells) < (known.at, &known.cells) {
            (known.at, known.cells) = (at, cells);
        }
    }

    /// Hands it to a log whose items have these features from a place on.
    pub fn describe(&mut self, builder: &mut LogBuilder<'_>, first: usize) {
        for (item, known) in self.known.drain() {
            self.differing += u64::from(known.differs);
            for (column, (text, (.., list))) in (first..).zip(known.cells.iter().zip(&self.features)) {
                let cell = match list {
                    false => Cell::One(text),
                    true => Cell::List(text.split(BETWEEN).filter(|value| !value.is_empty()).collect()),
                };
                builder.describe_column(&item, column, cell);
            }
        }
        if self.differing > 0 {
            let names: Vec<&str> = self.names().collect();
            let note = format!(
                "rows differ in {} of {} items: the earliest counts",
                names.join(", "),
                self.differing
            );
            builder.report.notes.push(note);
        }
    }
}
