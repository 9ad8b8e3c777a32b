//! What the tables' columns are.

use crate::behaviours::log::Log;
use crate::schema::{Behaviours, Column, ColumnKind, Part, Schema, Source};

/// The columns of targets that are no features of an item.
pub(super) const RESERVED: [&str; 6] = ["label", "user", "time", "history", "end", "item"];

/// The table of the items.
pub(super) const ITEMS: &str = "items.parquet";

/// The features of an item.
pub(super) struct Shape {
    /// Those with one value, by name, with the log's column (none: the item itself).
    pub single: Vec<(String, Option<usize>)>,
    /// Those that list values.
    pub lists: Vec<(String, usize)>,
}

impl Shape {
    pub fn of(log: &Log) -> Self {
        let mut shape = Shape { single: vec![("item".into(), None)], lists: vec![] };
        for (column, name) in log.columns().iter().enumerate() {
            match log.is_list(column) {
                true => shape.lists.push((name.clone(), column)),
                false => shape.single.push((name.clone(), Some(column))),
            }
        }
        shape
    }

    pub fn cell<'a>(&self, log: &'a Log, item: u32, column: Option<usize>) -> &'a str {
        crate::behaviours::log::cell(&log.items()[item as usize], column)
    }
}

/// The list of what a feature was in the past.
pub(super) fn seen(name: &str) -> String {
    format!("seen_{name}")
}

/// The schema of the tables of these parts.
pub(super) fn of(log: &Log, parts: &[Part]) -> Schema {
    let shape = Shape::of(log);
    let source = |folder: &str| Source {
        files: Some(format!("{folder}/targets.parquet")),
        histories: Some(format!("{folder}/histories.parquet")),
        ..Source::default()
    };
    let (singles, lists) =
        (shape.single.iter().map(|(name, _)| name), shape.lists.iter().map(|(name, _)| name));
    let held_out = |part: Part, folder: &str| parts.contains(&part).then(|| source(folder));
    let mut schema = Schema {
        candidate: singles.chain(lists).cloned().collect(),
        items: Some(ITEMS.into()),
        width: 18,
        source: source("train"),
        validation: held_out(Part::Validation, "validation"),
        test: held_out(Part::Test, "test"),
        ..Schema::default()
    };
    let mut add = |name: String, column: Column| drop(schema.columns.insert(name, column));
    for (name, kind) in [
        ("label", ColumnKind::Label),
        ("user", ColumnKind::Group),
        ("time", ColumnKind::Time),
        ("history", ColumnKind::History),
        ("end", ColumnKind::End),
    ] {
        add(name.into(), Column::new(kind));
    }
    for (name, _) in &shape.single {
        add(name.clone(), Column::new(ColumnKind::Sparse));
    }
    for (name, _) in &shape.lists {
        add(name.clone(), Column::new(ColumnKind::Sequence));
    }
    for (name, _) in &shape.single {
        add(seen(name), Column { shares: Some(name.clone()), ..Column::new(ColumnKind::Sequence) });
    }
    schema.behaviours = vec![Behaviours {
        name: "seen".into(),
        ..Behaviours::new(shape.single.iter().map(|(name, _)| seen(name)).collect())
    }];
    schema
}
