//! A schema that might fit a log: guesses from names and contents.

use std::collections::HashMap;

use dien_serving::encoding::{IdTypeInference, Transform};

use super::{ColumnStats, TableStats};
use crate::schema::{Behaviours, Column, ColumnKind, Schema};

/// Names of columns that tell what they are for.
const LABELS: [&str; 6] = ["label", "click", "clicked", "clk", "is_click", "target"];
const GROUPS: [&str; 5] = ["user", "user_id", "userid", "uid", "reviewerid"];
const TIMES: [&str; 6] = ["time", "timestamp", "ts", "datetime", "date", "unixreviewtime"];
const WEIGHTS: [&str; 2] = ["weight", "sample_weight"];

/// A list's ids must be those of a column to this share for the two to have one vocabulary.
const SHARED: f64 = 0.5;

/// Numbers that are not integers, with no more distinct values than this, are ids.
const FEW: usize = 12;

pub(super) fn schema(stats: &TableStats) -> Schema {
    let columns = &stats.columns;
    let mut schema = Schema { width: 18, source: stats.source.clone(), ..Schema::default() };
    let label = label(columns);
    // A column without a value says nothing.
    for (i, column) in columns.iter().enumerate().filter(|(_, c)| c.distinct().0 > 0) {
        let kind = if Some(i) == label { ColumnKind::Label } else { kind(column) };
        let taken = schema.of_kind(kind).next().is_some();
        let kind = match kind {
            ColumnKind::Label if Some(i) != label => ColumnKind::Sparse,
            ColumnKind::Group | ColumnKind::Time | ColumnKind::Weight if taken => ColumnKind::Sparse,
            kind => kind,
        };
        let transform = (kind == ColumnKind::Dense).then_some(Transform::Standardise);
        let column_of = Column { transform, ..Column::new(kind) };
        schema.columns.insert(column.name().into(), column_of);
    }
    share(stats, &mut schema);
    if stats.whole {
        state_types(stats, &mut schema);
    }
    schema
}

/// What the ids of each vocabulary are, if every row was looked at.
fn state_types(stats: &TableStats, schema: &mut Schema) {
    let mut types: HashMap<String, IdTypeInference> = HashMap::new();
    for column in &stats.columns {
        let owner = schema.vocabulary_of(column.name()).to_owned();
        types.entry(owner).or_default().merge(column.id_type());
    }
    for (name, column) in &mut schema.columns {
        if matches!(column.kind, ColumnKind::Sparse | ColumnKind::Sequence) && column.shares.is_none() {
            column.id_type = types.get(name).map(|inference| inference.id_type());
        }
    }
}

/// The label: by name, else the first column of zeros and ones.
fn label(columns: &[ColumnStats]) -> Option<usize> {
    let binary = |c: &ColumnStats| !c.is_list() && c.is_integral() && c.range() == Some((0.0, 1.0));
    let named = columns.iter().position(|c| binary(c) && is_named(c, &LABELS));
    named.or_else(|| columns.iter().position(binary))
}

fn is_named(column: &ColumnStats, names: &[&str]) -> bool {
    names.contains(&column.name().to_lowercase().as_str())
}

fn kind(column: &ColumnStats) -> ColumnKind {
    let (distinct, _) = column.distinct();
    match column {
        c if c.is_list() => ColumnKind::Sequence,
        c if is_named(c, &GROUPS) => ColumnKind::Group,
        c if is_named(c, &TIMES) && c.is_integral() => ColumnKind::Time,
        c if is_named(c, &WEIGHTS) && c.range().is_some() => ColumnKind::Weight,
        c if c.range().is_some() && !c.is_integral() && distinct > FEW => ColumnKind::Dense,
        _ => ColumnKind::Sparse,
    }
}

/// Lists that hold a sparse column's ids share its vocabulary; those that are aligned with each other are
/// behaviours, and what they share is the candidate.
fn share(stats: &TableStats, schema: &mut Schema) {
    let columns = &stats.columns;
    let sparse =
        |c: &&ColumnStats| schema.columns.get(c.name()).is_some_and(|c| c.kind == ColumnKind::Sparse);
    let mut shares: Vec<Option<String>> = vec![None; columns.len()];
    for (shared, list) in shares.iter_mut().zip(columns).filter(|(_, c)| c.is_list()) {
        let alike = columns.iter().filter(sparse).map(|c| (list.share_in(c), c));
        let best = alike.max_by(|a, b| {
            a.0.total_cmp(&b.0).then_with(|| {
                // Of two that hold all its ids, the one whose own are fewer.
                b.1.distinct().0.cmp(&a.1.distinct().0)
            })
        });
        *shared = best.filter(|(share, _)| *share >= SHARED).map(|(_, c)| c.name().into());
    }
    for (column, shared) in columns.iter().zip(&shares) {
        if let Some(column) = schema.columns.get_mut(column.name()) {
            column.shares.clone_from(shared);
        }
    }
    let mut left: Vec<usize> = (0..columns.len()).filter(|&i| shares[i].is_some()).collect();
    while let Some(&first) = left.first() {
        // Aligned lists, one of each vocabulary.
        let mut sequence: Vec<usize> = vec![];
        for &i in &left {
            let aligned = i == first || stats.aligned.contains(&(first, i));
            if aligned && sequence.iter().all(|&j| shares[j] != shares[i]) {
                sequence.push(i);
            }
        }
        left.retain(|i| !sequence.contains(i));
        let of: Vec<&String> = sequence.iter().filter_map(|&i| shares[i].as_ref()).collect();
        if schema.candidate.is_empty() {
            schema.candidate = of.iter().map(|&name| name.clone()).collect();
        }
        // Another sequence must describe its events as the first one does.
        let in_order = schema.candidate.iter().map(|name| of.iter().position(|&other| other == name));
        if let Some(order) = in_order.collect::<Option<Vec<usize>>>().filter(|order| order.len() == of.len())
        {
            let names: Vec<String> = order.iter().map(|&at| columns[sequence[at]].name().into()).collect();
            schema.behaviours.push(Behaviours::new(names));
        }
    }
}
