//! The cells of a row, and what can be wrong with them.

use dien_serving::encoding::{DenseEncoder, canonical};

use super::layout::Layout;
use crate::error::DataError;
use crate::sample::split::Split;
use crate::schema::{Behaviours, ColumnKind, MissingValue, Part, Schema, SequenceOrder};
use crate::source::{self, Block, Cells, ListColumn, TextForm};

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrong {
    /// The column's place in the schema.
    pub column: usize,
    pub found: String,
    pub expected: &'static str,
}

impl Wrong {
    pub fn in_row(self, schema: &Schema, block: &Block, row: usize) -> DataError {
        let (feature, _) = schema.columns.get_index(self.column).expect("a column of the schema");
        DataError::Cell {
            path: block.file.to_path_buf(),
            place: block.place(row),
            column: schema.source_name(feature).into(),
            found: self.found,
            expected: self.expected.into(),
        }
    }
}

/// Rows' columns, in the schema's order.
pub(crate) struct View<'a> {
    /// None where a column is not read.
    columns: Vec<Option<Column<'a>>>,
    label: Option<usize>,
    weight: Option<usize>,
    group: Option<usize>,
    time: Option<usize>,
    history: Option<[usize; 2]>,
}

#[derive(Clone, Copy)]
enum Column<'a> {
    Single(Cells<'a>),
    List(&'a ListColumn, Cells<'a>),
    /// Lists of lists.
    Nested(&'a ListColumn, &'a ListColumn, Cells<'a>),
}

/// What every row has, whatever its features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub part: Part,
    pub label: f32,
    /// None if the schema has no such column.
    pub weight: Option<f32>,
    /// None if the schema has no such column.
    pub time: Option<i64>,
}

impl<'a> View<'a> {
    /// `places` are those of the schema's columns among `read`.
    pub fn of(schema: &Schema, read: &'a [source::Column], places: &[Option<usize>]) -> Self {
        let view = |(place, column): (&Option<usize>, &crate::schema::Column)| {
            let read = &read[(*place)?];
            Some(match column.kind {
                ColumnKind::Sequence => match read.lists().values() {
                    source::Column::List(inner) => {
                        Column::Nested(read.lists(), inner, Cells::of(inner.values()))
                    }
                    values => Column::List(read.lists(), Cells::of(values)),
                },
                _ => Column::Single(Cells::of(read)),
            })
        };
        let columns: Vec<_> = places.iter().zip(schema.columns.values()).map(view).collect();
        let find = |kind| {
            let mut all = schema.columns.values().zip(&columns);
            all.position(|(c, read)| c.kind == kind && read.is_some())
        };
        let label = find(ColumnKind::Label);
        View {
            label,
            weight: find(ColumnKind::Weight),
            group: find(ColumnKind::Group),
            time: find(ColumnKind::Time),
            history: find(ColumnKind::History).zip(find(ColumnKind::End)).map(Into::into),
            columns,
        }
    }

    fn single(&self, column: usize) -> Cells<'a> {
        match self.columns[column] {
            Some(Column::Single(cells)) => cells,
            _ => unreachable!("a column of single cells that is read"),
        }
    }

    /// The row's group, or the empty text; `buffer` is overwritten.
    pub fn group<'b>(&self, row: usize, form: TextForm, buffer: &'b mut String) -> Result<&'b str, Wrong>
    where
        'a: 'b,
    {
        let Some(column) = self.group else { return Ok("") };
        self.single(column).group(row, form, buffer).ok_or(Wrong {
            column,
            found: "nothing".into(),
            expected: "an id",
        })
    }

    /// The row of its histories' table that a target looks back on, and how many events of it, if it has such
    /// a table.
    pub fn past(&self, row: usize) -> Result<Option<(u64, usize)>, Wrong> {
        let Some(columns) = self.history else { return Ok(None) };
        let number = |column: usize| match self.single(column).integer(row) {
            Ok(Some(n)) if n >= 0 => Ok(n as u64),
            found => Err(Wrong { column, found: say(found), expected: "an integer of at least 0" }),
        };
        Ok(Some((number(columns[0])?, number(columns[1])? as usize)))
    }

    /// Label and weight of a row, and its part by the split. What has no label is scored, of no matter which
    /// part.
    pub fn sample(
        &self,
        split: &Split<'_>,
        row: usize,
        form: TextForm,
        buffer: &mut String,
    ) -> Result<Sample, Wrong> {
        let Some(column) = self.label else {
            return Ok(Sample { part: Part::Test, label: 0.0, weight: None, time: None });
        };
        let expected = "a number from 0 to 1, or true or false";
        let label = match self.single(column).number(row) {
            Ok(Some(label)) if (0.0..=1.0).contains(&label) => label as f32,
            Ok(Some(x)) => return Err(Wrong { column, found: x.to_string(), expected }),
            Ok(None) => return Err(Wrong { column, found: "nothing".into(), expected }),
            Err(found) => return Err(Wrong { column, found, expected }),
        };
        let weight = match self.weight {
            None => None,
            Some(column) => match self.single(column).number(row) {
                Ok(Some(w)) if w >= 0.0 && (w as f32).is_finite() => Some(w as f32),
                found => return Err(Wrong { column, found: say(found), expected: "a number of at least 0" }),
            },
        };
        let time = match self.time {
            None => None,
            Some(column) => match self.single(column).time(row) {
                Ok(Some(time)) => Some(time),
                found => {
                    let expected = "a number, or a date or time of ISO 8601";
                    return Err(Wrong { column, found: say(found), expected });
                }
            },
        };
        let group = self.group(row, form, buffer)?;
        let (tick, at) = (|| self.single(self.time?).tick(row), time.unwrap_or_default());
        let part = split.part(group, at, tick).ok_or_else(|| Wrong {
            column: self.time.expect("only times are of no part"),
            found: at.to_string(),
            expected: "a time since 1970, as the split is by date; or cuts that are numbers",
        })?;
        Ok(Sample { part, label, weight, time })
    }

    /// A sparse column's id, or what the column counts a missing one as, or none; `buffer` is overwritten.
    pub fn id<'b>(
        &self,
        schema: &Schema,
        column: usize,
        row: usize,
        form: TextForm,
        buffer: &'b mut String,
    ) -> Option<&'b str>
    where
        'a: 'b,
    {
        use std::fmt::Write;
        let cells = self.single(column);
        if !cells.is_missing(row, form) {
            return cells.token(row, form, buffer);
        }
        buffer.clear();
        match &schema.columns[column].default {
            Some(MissingValue::Id(id)) => buffer.push_str(id),
            Some(MissingValue::Integer(id)) => write!(buffer, "{id}").expect("a String takes everything"),
            _ => return None,
        }
        Some(buffer)
    }

    /// Calls `each` with what a row has in a column of ids: its one, or each of its list; none where one is
    /// missing.
    pub fn tokens(
        &self,
        schema: &Schema,
        layout: &Layout,
        column: usize,
        row: usize,
        buffer: &mut String,
        mut each: impl FnMut(Option<&str>),
    ) {
        let form = layout.form(column);
        match self.columns[column] {
            Some(Column::List(lists, cells)) => {
                lists.range(row).for_each(|at| each(cells.token(at, form, buffer)));
            }
            _ => each(self.id(schema, column, row, form, buffer)),
        }
    }

    /// Whether a dense column has no number of its own in a row.
    pub fn is_default(&self, schema: &Schema, column: usize, row: usize) -> bool {
        schema.columns[column].default.is_some() && self.single(column).number(row) == Ok(None)
    }

    /// A dense column's number as it stands, or what the column counts a missing one as; and what becomes of
    /// it.
    pub fn number(
        &self,
        schema: &Schema,
        number: &DenseEncoder,
        column: usize,
        row: usize,
    ) -> Result<(f64, f32), Wrong> {
        let x = self.raw_number(schema, column, row)?;
        match number.value(x) {
            Ok(value) => Ok((x, value)),
            Err(expected) => Err(Wrong { column, found: x.to_string(), expected }),
        }
    }

    fn raw_number(&self, schema: &Schema, column: usize, row: usize) -> Result<f64, Wrong> {
        let expected = "a finite number";
        match self.single(column).number(row) {
            Ok(Some(x)) if x.is_finite() => Ok(x),
            Ok(None) => match schema.columns[column].default {
                Some(MissingValue::Number(x)) => Ok(x),
                Some(MissingValue::Integer(x)) => Ok(x as f64),
                _ => Err(Wrong {
                    column,
                    found: "nothing".into(),
                    expected: "a number, or a `default` in the schema",
                }),
            },
            found => Err(Wrong { column, found: say(found), expected }),
        }
    }

    /// The places of a list's ids among its column's.
    pub fn list(&self, column: usize, row: usize) -> std::ops::Range<usize> {
        match self.columns[column] {
            Some(Column::List(lists, _) | Column::Nested(lists, ..)) => lists.range(row),
            _ => unreachable!("a sequence that is read"),
        }
    }

    /// Calls `each` with the ids of an event at a place among its column's: its one, or each of its list;
    /// none where one is missing.
    pub fn event_tokens(
        &self,
        column: usize,
        at: usize,
        form: TextForm,
        buffer: &mut String,
        mut each: impl FnMut(Option<&str>),
    ) {
        match self.columns[column] {
            Some(Column::Nested(_, lists, cells)) => {
                lists.range(at).for_each(|at| each(cells.token(at, form, buffer)));
            }
            _ => each(self.list_id(column, at, form, buffer)),
        }
    }

    /// That the lists of sibling columns are of one length.
    pub fn siblings(&self, columns: &[usize], row: usize) -> Result<(), Wrong> {
        let first = self.list(columns[0], row).len();
        for &column in &columns[1..] {
            let found = self.list(column, row).len();
            if found != first {
                let found = format!("{found} ids beside {first} in its sibling");
                return Err(Wrong { column, found, expected: "lists of one length" });
            }
        }
        Ok(())
    }

    /// A list's id at a place; none if it is missing.
    pub fn list_id<'b>(
        &self,
        column: usize,
        at: usize,
        form: TextForm,
        buffer: &'b mut String,
    ) -> Option<&'b str>
    where
        'a: 'b,
    {
        match self.columns[column] {
            Some(Column::List(_, cells)) => cells.token(at, form, buffer),
            _ => unreachable!("a sequence that is read"),
        }
    }

    /// The place of the latest id in the first column of the first sequence, of at most `end` events, padding
    /// aside; none if there is no event.
    pub fn latest(
        &self,
        schema: &Schema,
        layout: &Layout,
        row: usize,
        end: usize,
        buffer: &mut String,
    ) -> Option<usize> {
        let (sequence, column) = (&schema.behaviours[0], layout.behaviours[0][0]);
        let ids = self.list(column, row);
        let events = ids.len().min(end);
        let latest_first = (0..events).map(|back| match sequence.order {
            SequenceOrder::OldestFirst => events - 1 - back,
            SequenceOrder::LatestFirst => back,
        });
        let mut events =
            latest_first.filter(|&event| !self.is_padding(layout, sequence, column, row, event, buffer));
        events.next().map(|event| ids.start + event)
    }

    /// Whether an event of a sequence is none, but fills its lists: by the id of their first column.
    pub fn is_padding(
        &self,
        layout: &Layout,
        sequence: &Behaviours,
        column: usize,
        row: usize,
        event: usize,
        buffer: &mut String,
    ) -> bool {
        let Some(padding) = &sequence.padding else { return false };
        let form = layout.form(column);
        let Some(token) = self.list_id(column, self.list(column, row).start + event, form, buffer) else {
            return false;
        };
        token == padding || form == TextForm::Typed && canonical(token) == canonical(padding)
    }
}

fn say<T: std::fmt::Display>(found: Result<Option<T>, String>) -> String {
    match found {
        Ok(Some(x)) => x.to_string(),
        Ok(None) => "nothing".into(),
        Err(text) => text,
    }
}
