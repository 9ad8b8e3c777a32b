//! What the tables' columns are.

use crate::behaviours::item_columns::ItemColumns;
use dien_serving::encoding::Repeats;

use crate::behaviours::log::Log;
use crate::schema::{Behaviours, Column, ColumnKind, Part, Schema, Source};

/// The columns of targets that are no features of an item.
pub(super) const RESERVED: [&str; 6] = ["label", "user", "time", "history", "end", "item"];

/// The table of the items.
pub(super) const ITEMS: &str = "items.parquet";

/// The item and every column of a log.
pub(super) fn item_columns(log: &Log) -> ItemColumns {
    let mut all = ItemColumns { single: vec![("item".into(), None)], lists: vec![] };
    for (column, name) in log.columns().iter().enumerate() {
        let of = if log.is_list(column) { &mut all.lists } else { &mut all.single };
        of.push((name.clone(), Some(column)));
    }
    all
}

/// The list of what a feature was in the past.
pub(super) fn seen(name: &str) -> String {
    format!("seen_{name}")
}

/// The schema of the tables of these parts.
pub(super) fn of(log: &Log, parts: &[Part], repeats: Repeats) -> Schema {
    let shape = item_columns(log);
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
    for (name, _) in shape.single.iter().chain(&shape.lists) {
        add(seen(name), Column { shares: Some(name.clone()), ..Column::new(ColumnKind::Sequence) });
    }
    schema.behaviours = vec![Behaviours {
        name: "seen".into(),
        repeats,
        ..Behaviours::new(shape.single.iter().chain(&shape.lists).map(|(name, _)| seen(name)).collect())
    }];
    schema
}
