//! The first pass over a log: what its vocabularies hold, its numbers' standardizers, how many rows each part
//! has.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use dien_serving::FileError;
use dien_serving::encoding::{DenseEncoder, Standardizer, Transform, Vocabularies, Vocabulary};

use super::layout::Layout;
use super::row::View;
use super::rows::{OnError, Row, Rows, Skipped};
use crate::error::DataError;
use crate::schema::{Part, Schema, VocabularySpec};
use crate::source::ReadReport;

/// What a log holds.
#[derive(Clone, Debug)]
pub(super) struct FitStats {
    pub vocabularies: Vocabularies,
    /// The dense columns, in the schema's order.
    pub numbers: Vec<DenseEncoder>,
    pub skipped: Skipped,
    /// Of all parts.
    pub report: ReadReport,
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

    fn standardizer(self) -> Standardizer {
        let deviation = (self.squares / self.count.max(1.0)).sqrt();
        Standardizer::new(self.mean, if deviation > 0.0 { deviation } else { 1.0 })
    }
}

/// Reads every row, and counts those that train.
pub(super) fn fit(
    schema: &Schema,
    base: &Path,
    layout: &Layout,
    on_error: OnError,
) -> Result<FitStats, DataError> {
    let mut counts: Vec<HashMap<String, u64>> = vec![HashMap::new(); layout.owners.len()];
    let exact: Vec<bool> = (0..layout.owners.len())
        .map(|table| {
            let column = &schema.columns[layout.owners[table]];
            column.transform.is_none() && matches!(layout.rule(schema, table), VocabularySpec::MinCount(_))
        })
        .collect();
    let mut numbers = layout.numbers(schema);
    let mut moments = vec![Moments::default(); numbers.len()];
    for source in
        [Some(&schema.source), schema.validation.as_ref(), schema.test.as_ref()].into_iter().flatten()
    {
        for source in [Some(source.clone()), source.of_histories()].into_iter().flatten() {
            crate::source::check_regular(&source, base)?;
        }
    }
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
    rows.each(None, |of, buffer| {
        // Whatever can be wrong first: a row counts as a whole or not at all.
        of.check_behaviours(schema, layout)?;
        let Row { view, row, past, sample } = of;
        found.clear();
        for (number, &column) in numbers.iter().zip(&layout.numbers) {
            found.push(view.number(schema, number, column, row)?.0);
        }
        if sample.part != Part::Training {
            return Ok(true);
        }
        moments.iter_mut().zip(&found).for_each(|(moments, &x)| moments.add(x));
        count_row(schema, layout, view, row, buffer, &mut count);
        match &past {
            // Once, however many look back on it.
            Some(past) if last != Some(past.index) => {
                last = Some(past.index);
                count_behaviours(schema, layout, &past.view, past.row, buffer, &mut count);
            }
            Some(_) => {}
            None => count_behaviours(schema, layout, view, row, buffer, &mut count),
        }
        training += 1;
        Ok(true)
    })?;
    let (mut skipped, mut report) = rows.finish();
    for (source, part) in [(&schema.validation, Part::Validation), (&schema.test, Part::Test)] {
        let Some(source) = source else { continue };
        let mut rows = Rows::open(schema, source, base, part, on_error)?;
        rows.each(None, |of, _| {
            of.check_behaviours(schema, layout)?;
            for (number, &column) in numbers.iter().zip(&layout.numbers) {
                of.view.number(schema, number, column, of.row)?;
            }
            Ok(true)
        })?;
        let (more_skipped, more) = rows.finish();
        skipped.extend(more_skipped);
        report.extend(more);
    }
    if training == 0 {
        let found = match report.rows() {
            0 => "no rows".into(),
            rows => format!("{rows} rows, of which none trains"),
        };
        return Err(DataError::log(report.to_string(), found, "at least one that trains"));
    }
    let vocabulary = |(table, counts): (usize, HashMap<String, u64>)| {
        let column = &schema.columns[layout.owners[table]];
        if let Some(Transform::Buckets(bounds)) = &column.transform {
            return Ok::<_, DataError>(Vocabulary::from_tokens(
                (0..=bounds.len()).map(|b| b.to_string()).collect(),
            )?);
        }
        match layout.rule(schema, table) {
            VocabularySpec::MinCount(least) => Ok(Vocabulary::from_counts(counts, least)),
            VocabularySpec::Hash(ids) => {
                Ok(Vocabulary::hashed(u32::try_from(ids).expect("a checked schema's ids fit")))
            }
            VocabularySpec::File(name) => from_file(&base.join(name)),
        }
    };
    let names = layout.names(schema).map(String::from);
    let parts = names.zip(counts.into_iter().enumerate().map(vocabulary));
    let parts = parts.map(|(name, v)| Ok((name, v?))).collect::<Result<_, DataError>>()?;
    for (number, moments) in numbers.iter_mut().zip(moments) {
        number.standardizer =
            (number.transform == Some(Transform::Standardise)).then(|| moments.standardizer());
    }
    Ok(FitStats { vocabularies: Vocabularies::from_parts(parts), numbers, skipped, report, training })
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
    for &column in &layout.multi_hot {
        count_list(layout, column, None, view, row, buffer, count);
    }
}

fn count_behaviours(
    schema: &Schema,
    layout: &Layout,
    view: &View<'_>,
    row: usize,
    buffer: &mut String,
    count: &mut impl FnMut(Option<usize>, &str),
) {
    for (sequence, columns) in schema.behaviours.iter().zip(&layout.behaviours) {
        for &column in columns {
            count_list(layout, column, sequence.padding.as_deref(), view, row, buffer, count);
        }
    }
}

/// Every id of a list but the padding.
fn count_list(
    layout: &Layout,
    column: usize,
    padding: Option<&str>,
    view: &View<'_>,
    row: usize,
    buffer: &mut String,
    count: &mut impl FnMut(Option<usize>, &str),
) {
    for at in view.list(column, row) {
        if let Some(token) = view.list_id(column, at, buffer).filter(|&t| Some(t) != padding) {
            count(layout.table[column], token);
        }
    }
}

/// One id a line.
fn from_file(path: &Path) -> Result<Vocabulary, DataError> {
    let text = fs::read_to_string(path).map_err(DataError::io(path, "read"))?;
    let (mut tokens, mut seen) = (vec![], HashSet::new());
    for (line, token) in (1..).zip(text.lines()) {
        if token.is_empty() || !seen.insert(token) {
            let found = if token.is_empty() {
                "an empty line".to_owned()
            } else {
                format!("`{token}` a second time")
            };
            return Err(FileError::field(path, line, "id", found, "an id of its own").into());
        }
        tokens.push(token.to_string());
    }
    Ok(Vocabulary::from_tokens(tokens)?)
}
