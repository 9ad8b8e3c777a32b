//! The first pass over a log: what its vocabularies hold, how its numbers are spread, how many rows each part has.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use super::layout::Layout;
use super::number::{Number, Spread};
use super::row::View;
use super::rows::{OnError, Row, Rows, Skipped};
use crate::error::DataError;
use crate::schema::{Part, Rule, Schema, Transform};
use crate::vocabularies::Vocabularies;
use crate::vocabulary::Vocabulary;

/// What a log holds.
#[derive(Clone, Debug)]
pub(super) struct Census {
    pub vocabularies: Vocabularies,
    /// The dense columns, in the schema's order.
    pub numbers: Vec<Number>,
    pub skipped: Skipped,
    /// Rows that train.
    pub training: usize,
}

/// Running sums of Welford's: stable, whatever the numbers' size.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, x: f64) {
        self.count += 1.0;
        let before = x - self.mean;
        self.mean += before / self.count;
        self.squares += before * (x - self.mean);
    }

    fn spread(self) -> Spread {
        let deviation = (self.squares / self.count.max(1.0)).sqrt();
        Spread { mean: self.mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } }
    }
}

/// Reads every training row.
pub(super) fn take(
    schema: &Schema,
    base: &Path,
    layout: &Layout,
    on_error: OnError,
) -> Result<Census, DataError> {
    let mut counts: Vec<HashMap<String, u64>> = vec![HashMap::new(); layout.owners.len()];
    let exact: Vec<bool> = (0..layout.owners.len())
        .map(|table| {
            let column = &schema.columns[layout.owners[table]];
            column.transform.is_none() && matches!(layout.rule(schema, table), Rule::MinCount(_))
        })
        .collect();
    let mut numbers = layout.numbers(schema);
    let mut moments = vec![Moments::default(); numbers.len()];
    let mut rows = Rows::open(schema, &schema.source, base, Part::Training, on_error)?;
    let (mut training, mut found) = (0, vec![]);
    let mut count = |table: Option<usize>, token: &str| {
        let table = table.expect("an embedded column");
        if exact[table] {
            match counts[table].get_mut(token) {
                Some(n) => *n += 1,
                None => drop(counts[table].insert(token.into(), 1)),
            }
        }
    };
    let mut last = None;
    rows.each(Part::Training, |Row { view, row, past, .. }, buffer| {
        // Whatever can be wrong first: a row counts as a whole or not at all.
        match &past {
            Some(past) => drop(past.events(schema, &layout.behaviours)?),
            None => drop(view.siblings(&layout.behaviours, row)?),
        }
        found.clear();
        for (number, &column) in numbers.iter().zip(&layout.numbers) {
            found.push(view.number(schema, number, column, row)?.0);
        }
        moments.iter_mut().zip(&found).for_each(|(moments, &x)| moments.add(x));
        count_row(schema, layout, view, row, buffer, &mut count);
        match &past {
            // Once, however many look back on it.
            Some(past) if last != Some(past.index) => {
                last = Some(past.index);
                count_lists(schema, &layout.behaviours, &past.view, past.row, buffer, &mut count, layout);
            }
            Some(_) => {}
            None => count_lists(schema, &layout.behaviours, view, row, buffer, &mut count, layout),
        }
        training += 1;
        Ok(true)
    })?;
    let skipped = rows.into_skipped();
    if training == 0 {
        return Err(DataError::log("log", "no row that trains", "at least one"));
    }
    let vocabulary = |(table, counts): (usize, HashMap<String, u64>)| {
        let column = &schema.columns[layout.owners[table]];
        if let Some(Transform::Buckets(bounds)) = &column.transform {
            return Vocabulary::from_tokens((0..=bounds.len()).map(|b| b.to_string()).collect());
        }
        match layout.rule(schema, table) {
            Rule::MinCount(least) => Ok(Vocabulary::from_counts(counts, least)),
            Rule::Hash(ids) => Ok(Vocabulary::hashed(u32::try_from(ids).unwrap_or(u32::MAX - 1))),
            Rule::File(name) => from_file(&base.join(name)),
        }
    };
    let names = layout.names(schema).map(String::from);
    let parts = names.zip(counts.into_iter().enumerate().map(vocabulary));
    let parts = parts.map(|(name, v)| Ok((name, v?))).collect::<Result<_, DataError>>()?;
    for (number, moments) in numbers.iter_mut().zip(moments) {
        number.spread = (number.transform == Some(Transform::Standardise)).then(|| moments.spread());
    }
    Ok(Census { vocabularies: Vocabularies::from_parts(parts), numbers, skipped, training })
}

fn count_row(
    schema: &Schema,
    layout: &Layout,
    view: &View<'_>,
    row: usize,
    buffer: &mut String,
    count: &mut impl FnMut(Option<usize>, &str),
) {
    for &column in layout.candidate.iter().chain(&layout.sparse) {
        if schema.columns[column].transform.is_none()
            && let Some(token) = view.id(schema, column, row, buffer)
        {
            count(layout.table[column], token);
        }
    }
    count_lists(schema, &layout.pooled, view, row, buffer, count, layout);
}

/// Every id of some lists but the padding.
fn count_lists(
    schema: &Schema,
    columns: &[usize],
    view: &View<'_>,
    row: usize,
    buffer: &mut String,
    count: &mut impl FnMut(Option<usize>, &str),
    layout: &Layout,
) {
    for &column in columns {
        let padding = schema.behaviours[0].padding.as_deref().filter(|_| layout.behaviours.contains(&column));
        for at in view.list(column, row) {
            if let Some(token) = view.list_id(column, at, buffer).filter(|&t| Some(t) != padding) {
                count(layout.table[column], token);
            }
        }
    }
}

/// One id a line.
fn from_file(path: &Path) -> Result<Vocabulary, DataError> {
    let text = fs::read_to_string(path).map_err(DataError::io(path, "read"))?;
    let (mut tokens, mut seen) = (vec![], HashSet::new());
    for (line, token) in (1..).zip(text.lines()) {
        if token.is_empty() || !seen.insert(token) {
            let (path, field) = (path.to_path_buf(), "id".into());
            let found =
                if token.is_empty() { "an empty line".into() } else { format!("`{token}` a second time") };
            return Err(DataError::Field { path, line, field, found, expected: "an id of its own".into() });
        }
        tokens.push(token.to_string());
    }
    Vocabulary::from_tokens(tokens)
}
