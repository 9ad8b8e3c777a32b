//! Columns of Arrow's record batches, as those of Parquet files are read.

mod values;

use std::ops::Range;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_schema::DataType;

use super::super::column::{Column, ListColumn, TextLists};
use super::super::lists::{ListCounts, ListSyntax};
use super::super::{Broken, Wanted, expected, missing};
use crate::error::DataError;

/// Values of an array, picked cell by cell.
struct Picked {
    array: ArrayRef,
    /// By cell its place in the array; none where it is missing.
    places: Vec<Option<usize>>,
    /// Where each row's list begins among the cells, and the end of the last, if rows have lists; of lists of
    /// lists where each outer one begins among the inner ones first.
    offsets: Vec<Vec<usize>>,
}

/// The wanted column of some rows.
///
/// # Errors
/// There is none of its name, or it is of a type that is not read, or not of the wanted kind.
pub(super) fn column(
    path: &Path,
    batch: &RecordBatch,
    rows: Range<usize>,
    wanted: &Wanted,
    syntax: &ListSyntax,
    broken: &mut Vec<Broken>,
) -> Result<(Column, ListCounts), DataError> {
    let wrong = |[found, expected]: [String; 2]| {
        DataError::file(path, format!("column `{}`: {found}", wanted.name), expected)
    };
    let schema = batch.schema();
    let names = || schema.fields().iter().map(|field| field.name());
    if names().filter(|name| **name == wanted.name).count() > 1 {
        return Err(DataError::file(
            path,
            format!("two columns `{}`", wanted.name),
            "columns with names of their own",
        ));
    }
    let places = rows.map(Some).collect();
    // All columns are the fields of one struct that is never missing.
    let all: ArrayRef = std::sync::Arc::new(StructArray::from(batch.clone()));
    let whole = Picked { array: all, places, offsets: vec![] };
    let Some(picked) = whole.field(&wanted.name).map_err(wrong)? else {
        return Err(missing(path, &wanted.name, names()));
    };
    let values = values::column(&*picked.array, &picked.places).map_err(wrong)?;
    let (is_text, depth) = (matches!(values, Column::Text(_)), picked.offsets.len());
    let lists = |values, offsets| Column::List(ListColumn::new(values, offsets));
    let column = picked.offsets.into_iter().rev().fold(values, lists);
    match (depth, wanted.depth) {
        (found, wanted) if found == wanted => Ok((column, ListCounts::default())),
        (0, 1) if is_text => Ok(lists_of_texts(&column, wanted, syntax, broken)),
        (0 | 1, 2) if is_text => {
            let wrong = |row, [found, expected]: [String; 2]| {
                broken.push(Broken::new(row, format!("`{}`: {found}", wanted.name), expected));
            };
            Ok((syntax.nest(&column, wrong), ListCounts::default()))
        }
        (found, wanted) => {
            let found = match found {
                0 => format!("the type {}", picked.array.data_type()),
                1 => "lists".into(),
                _ => "lists of lists".into(),
            };
            Err(wrong([found, expected(wanted).into()]))
        }
    }
}

fn lists_of_texts(
    texts: &Column,
    wanted: &Wanted,
    syntax: &ListSyntax,
    broken: &mut Vec<Broken>,
) -> (Column, ListCounts) {
    let Column::Text(texts) = texts else { unreachable!("texts were found") };
    let (mut lists, mut counts) = (TextLists::default(), ListCounts::default());
    for row in 0..texts.len() {
        let cell = texts.get(row).unwrap_or_default();
        if let Err([found, expected]) = syntax.push(cell, &mut lists, &mut counts) {
            broken.push(Broken::new(row, format!("`{}`: {found}", wanted.name), expected));
        }
    }
    (lists.into(), counts)
}

impl Picked {
    /// The values of a field of structs, or of the way to one through structs and lists, `a.b`; none if
    /// there is no such field.
    ///
    /// # Errors
    /// Lists of lists of lists are on the way.
    fn field(mut self, name: &str) -> Result<Option<Picked>, [String; 2]> {
        let mut rest = name;
        loop {
            let array = self.array.clone();
            self.places.iter_mut().for_each(|place| *place = place.filter(|&at| array.is_valid(at)));
            match array.data_type() {
                DataType::Struct(_) if !rest.is_empty() => {
                    let structs = array.as_struct();
                    // A field of the whole name comes before what is within one.
                    let ends = [rest.len()].into_iter().chain(rest.match_indices('.').map(|(at, _)| at));
                    let mut found = ends.map(|end| (structs.column_by_name(&rest[..end]), end));
                    let Some((field, end)) = found.find_map(|(field, end)| Some((field?, end))) else {
                        return Ok(None);
                    };
                    self.array = field.clone();
                    rest = rest[end..].trim_start_matches('.');
                }
                DataType::List(_) => {
                    let lists = array.as_list::<i32>();
                    let range =
                        |at| lists.value_offsets()[at] as usize..lists.value_offsets()[at + 1] as usize;
                    self = self.items(lists.values().clone(), range)?;
                }
                DataType::LargeList(_) => {
                    let lists = array.as_list::<i64>();
                    let range =
                        |at| lists.value_offsets()[at] as usize..lists.value_offsets()[at + 1] as usize;
                    self = self.items(lists.values().clone(), range)?;
                }
                DataType::FixedSizeList(..) => {
                    let lists = array.as_fixed_size_list();
                    let length = lists.value_length() as usize;
                    self = self.items(lists.values().clone(), |at| at * length..(at + 1) * length)?;
                }
                DataType::Dictionary(..) => {
                    let keys = array.as_any_dictionary();
                    if keys.values().is_empty() {
                        self.places.fill(None);
                    } else {
                        let own = keys.normalized_keys();
                        self.places.iter_mut().for_each(|place| *place = place.map(|at| own[at]));
                    }
                    self.array = keys.values().clone();
                }
                _ if rest.is_empty() => return Ok(Some(self)),
                _ => return Ok(None),
            }
        }
    }

    /// The items of lists, in place of the lists.
    fn items(self, values: ArrayRef, range: impl Fn(usize) -> Range<usize>) -> Result<Self, [String; 2]> {
        if self.offsets.len() == 2 {
            return Err(["lists of lists of lists".into(), expected(2).into()]);
        }
        let (mut places, mut offsets) = (vec![], vec![0]);
        for place in self.places {
            places.extend(place.map(&range).into_iter().flatten().map(Some));
            offsets.push(places.len());
        }
        let mut all = self.offsets;
        all.push(offsets);
        Ok(Picked { array: values, places, offsets: all })
    }
}
