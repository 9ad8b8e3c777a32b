//! Where the values stand by which targets are told apart.

use dien_data::schema::ColumnKind;
use dien_data::{Dataset, TargetNames};
use dien_model::{Batch, EmbeddingFeature};
use dien_serving::encoding::{Transform, Vocabulary};

use super::by::{Cut, SliceBy};
use super::values::Values;
use crate::error::{Error, Origin, Result};

/// Parts of a column of numbers, where nothing else is said.
const PARTS: usize = 5;
/// The bounds of lengths of histories: none, 1 or 2, 3 to 5, 6 to 10 and so on.
const LENGTHS: [f64; 7] = [1.0, 3.0, 6.0, 11.0, 21.0, 51.0, 101.0];

/// A column of the targets.
#[derive(Debug)]
pub(super) enum Column<'a> {
    User,
    Item,
    Label,
    HistoryLength,
    /// The cells of a column that is read beside what the model reads, by its place among those.
    Cells(usize),
    /// What the model reads of the candidate's items, by its place.
    Candidate(usize, &'a Vocabulary),
}

impl<'a> Column<'a> {
    /// The column that is meant, and its slices. What has to be read for it is added to `keep`.
    pub fn find(data: &'a Dataset, by: &SliceBy, keep: &mut Vec<String>) -> Result<(Self, Cut)> {
        let name = by.column();
        let own = data.schema().and_then(|schema| schema.columns.get(name));
        let mut cells = || {
            keep.push(name.to_owned());
            Column::Cells(keep.len() - 1)
        };
        let (column, cut) = match (own, name, data.schema()) {
            (Some(column), ..) => {
                let cut = match (column.kind, &column.transform) {
                    (ColumnKind::Dense, Some(Transform::Buckets(bounds))) => Cut::Bounds(bounds.clone()),
                    (ColumnKind::Dense | ColumnKind::Time, _) => Cut::Quantiles(PARTS),
                    (ColumnKind::Sequence, _) => {
                        return Err(wrong(
                            by,
                            format!("`{name}`, a column of lists"),
                            "one of single values",
                        ));
                    }
                    _ => Cut::Values,
                };
                (cells(), cut)
            }
            (None, "history_length", _) => (Column::HistoryLength, Cut::Bounds(LENGTHS.into())),
            (None, "label", _) => (Column::Label, Cut::Values),
            (None, "item", _) => (Column::Item, Cut::Values),
            (None, "user", None) => (Column::User, Cut::Values),
            (None, "user", Some(schema)) => match schema.of_kind(ColumnKind::Group).next() {
                Some(_) => (Column::User, Cut::Values),
                None => (cells(), Cut::Values),
            },
            (None, _, Some(_)) => (cells(), Cut::Values),
            (None, _, None) => {
                let features = data.features();
                let is_meant = |lookup: &EmbeddingFeature| lookup.name == name && !lookup.is_bag;
                let place = features.behaviours.iter().position(is_meant);
                let table = place.map(|place| &features.tables[features.behaviours[place].table].name);
                let found = place.zip(table.and_then(|table| data.vocabularies().get(table)));
                let Some((place, vocabulary)) = found else {
                    let mut known = vec!["user", "item", "label", "history_length"];
                    let singles = features.behaviours.iter().filter(|b| !b.is_bag && b.name != "item");
                    known.extend(singles.map(|b| b.name.as_str()));
                    return Err(wrong(by, format!("`{name}`"), &format!("one of {}", known.join(", "))));
                };
                (Column::Candidate(place, vocabulary), Cut::Values)
            }
        };
        Ok((column, by.cut.clone().unwrap_or(cut)))
    }

    /// Adds the values of a batch's targets.
    pub fn add<'n>(
        &self,
        by: &SliceBy,
        values: &mut Values,
        batch: &Batch,
        names: &'n [TargetNames],
    ) -> Result<()> {
        let targets = &batch.targets;
        let id = |text: &'n str| Some(text).filter(|text| !text.is_empty());
        match self {
            Column::User => texts(by, values, names.iter().map(|names| id(&names.user))),
            Column::Item => texts(by, values, names.iter().map(|names| id(&names.item))),
            Column::Cells(place) => {
                texts(by, values, names.iter().map(|names| names.cells[*place].as_deref()))
            }
            Column::Candidate(place, vocabulary) => {
                texts(by, values, targets.candidate[*place].iter().map(|id| vocabulary.token(*id)))
            }
            Column::Label => {
                targets.label.iter().for_each(|label| values.push_number(f64::from(*label)));
                Ok(())
            }
            Column::HistoryLength => {
                let lengths = targets.start.iter().zip(&targets.end).map(|(start, end)| end - start);
                lengths.for_each(|length| values.push_number(f64::from(length)));
                Ok(())
            }
        }
    }
}

fn texts<'t>(
    by: &SliceBy,
    values: &mut Values,
    mut all: impl Iterator<Item = Option<&'t str>>,
) -> Result<()> {
    all.try_for_each(|text| values.push(text).map_err(|found| not_a_number(by, found)))
}

fn not_a_number(by: &SliceBy, found: &str) -> Error {
    let expected = format!(
        "numbers, dates or times, of which there are ranges; `--by {}` takes other values",
        by.column()
    );
    wrong(by, format!("`{found}` in column `{}`", by.column()), &expected)
}

fn wrong(by: &SliceBy, found: String, expected: &str) -> Error {
    let origin = Origin::Argument(by.to_string());
    Error::Option { origin, option: "by".into(), found, expected: expected.into() }
}
