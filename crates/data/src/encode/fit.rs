//! The first pass over a log: what its vocabularies hold, its numbers' standardizers, how many rows each part
//! has.

use std::path::Path;

use dien_serving::encoding::{DenseEncoder, Standardizer, Transform, Vocabularies, Vocabulary, canonical};

use super::counting::Counting;
use super::counts::TableCounts;
use super::fit_report::FitReport;
use super::id_check::IdCheck;
use super::items::ItemFit;
use super::layout::Layout;
use super::rows::{Row, Rows};
use crate::error::DataError;
use crate::row_counts::RowCounts;
use crate::schema::{Column, Part, Schema};
use crate::skipped::{OnError, Skipped};
use crate::source::{Origin, ReadReport};

/// What a log holds.
#[derive(Clone, Debug)]
pub(crate) struct FitStats {
    pub vocabularies: Vocabularies,
    /// The dense columns, in the schema's order.
    pub numbers: Vec<DenseEncoder>,
    pub skipped: Skipped,
    /// Of all parts.
    pub report: ReadReport,
    /// Rows that train.
    pub training: usize,
    /// What may be a mistake.
    pub fit_report: FitReport,
    /// What the items are.
    pub items: ItemFit,
    /// Where the rows went.
    pub rows: RowCounts,
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

/// Reads every row, and counts those that train. Each of the origins is of a part, the first of what trains,
/// of which a split may hold some out. Names of files of ids are relative to `base`.
pub(crate) fn fit(
    schema: &Schema,
    base: &Path,
    origins: &[(Origin<'_>, Part)],
    layout: &Layout,
    on_error: OnError,
) -> Result<FitStats, DataError> {
    let mut counting = Counting::new(schema, layout);
    let mut numbers = layout.numbers(schema);
    let mut moments = vec![Moments::default(); numbers.len()];
    origins.iter().try_for_each(|(origin, _)| origin.check_regular())?;
    let groups = layout.group_form();
    let (mut training, mut found, mut ids) = (0, vec![], IdCheck::default());
    let (mut fit_report, mut other) = (FitReport::default(), String::new());
    let (mut soft, mut items) = (0_u64, ItemFit::new(layout));
    let (mut skipped, mut report) = (Skipped::default(), ReadReport::default());
    let mut counts = RowCounts::default();
    items.read(schema, layout, base)?;
    for &(origin, part) in origins {
        let mut rows = Rows::open(schema, origin, part, groups, on_error)?;
        let mut last = None;
        rows.each(None, |of, buffer| {
            // Whatever can be wrong first: a row counts as a whole or not at all.
            of.check_behaviours(schema, layout)?;
            if of.sample.part == Part::Training {
                ids.check(&of, schema, layout, buffer)?;
            }
            let Row { view, row, past, sample, .. } = of;
            found.clear();
            for (number, &column) in numbers.iter().zip(&layout.numbers) {
                found.push(view.number(schema, number, column, row)?.0);
            }
            fit_report.add(&sample);
            if schema.items.is_none() {
                items.add(schema, layout, view, row, sample.time, buffer);
            }
            if sample.part != Part::Training {
                return Ok(true);
            }
            let (seen, seen_row, end) = match &past {
                Some(past) => (&past.view, past.row, past.end),
                None => (view, row, usize::MAX),
            };
            if let Some(event) = seen.latest(schema, layout, seen_row, end, buffer) {
                let column = layout.candidate[0];
                let candidate = view.id(schema, column, row, layout.form(column), buffer);
                let column = layout.behaviours[0][0];
                let event = seen.list_id(column, event, layout.form(column), &mut other);
                let same = candidate.zip(event).is_some_and(|(a, b)| canonical(a) == canonical(b));
                fit_report.add_latest(sample.label, same);
            }
            soft += u64::from(sample.label.fract() != 0.0);
            moments.iter_mut().zip(&found).for_each(|(moments, &x)| moments.add(x));
            counting.row(view, row, &found, &sample, buffer);
            match &past {
                // Once, however many look back on it.
                Some(past) if last != Some(past.index) => {
                    last = Some(past.index);
                    counting.behaviours(&past.view, past.row, buffer);
                }
                Some(_) => {}
                None => counting.behaviours(view, row, buffer),
            }
            training += 1;
            Ok(true)
        })?;
        counts.extend(rows.counts());
        let (more_skipped, more) = rows.finish();
        skipped.extend(more_skipped);
        report.extend(more);
    }
    if soft > 0 {
        let say = "labels between 0 and 1, of which AUC and GAUC count those above 0.5 as clicks";
        report.doubt(format!("{soft} of {training} training rows have {say}"));
    }
    if training == 0 {
        let found = match report.rows() {
            0 => "no rows".into(),
            rows => format!("{rows} rows, of which none trains"),
        };
        return Err(DataError::log(report.to_string(), found, "at least one that trains"));
    }
    fit_report.check_split(schema)?;
    fit_report.add_warnings(counting.warnings());
    fit_report.notes = counting.notes();
    let owners = layout.names(schema).zip(&layout.owners);
    let vocabulary = |((name, &owner), counts): ((&str, &usize), TableCounts)| {
        let vocabulary = buckets(&schema.columns[owner]).unwrap_or_else(|| counts.vocabulary(base))?;
        if let Some(share) = counts.histories(&vocabulary) {
            fit_report.add_histories(name, share);
        }
        if layout.sparse.contains(&owner) {
            fit_report.add_distinct(name, counts.distinct());
        }
        Ok((name.to_owned(), vocabulary))
    };
    let parts = owners.zip(counting.tables).map(vocabulary).collect::<Result<_, DataError>>()?;
    let vocabularies = Vocabularies::from_parts(parts);
    items.unite(layout, &vocabularies);
    fit_report.add_warnings(items.doubts(schema));
    for (number, moments) in numbers.iter_mut().zip(moments) {
        number.standardizer =
            (number.transform == Some(Transform::Standardise)).then(|| moments.standardizer());
    }
    Ok(FitStats { vocabularies, numbers, skipped, report, training, fit_report, items, rows: counts })
}

/// An id for each bucket of a column of numbers; none for other columns.
fn buckets(column: &Column) -> Option<Result<Vocabulary, DataError>> {
    let Some(Transform::Buckets(bounds)) = &column.transform else { return None };
    let ids = (0..=bounds.len()).map(|bucket| bucket.to_string());
    Some(Vocabulary::from_tokens(ids).map_err(Into::into))
}
