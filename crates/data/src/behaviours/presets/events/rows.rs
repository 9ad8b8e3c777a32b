//! Rows of any table, whatever its files are: the texts of the cells that are wanted.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::paths::Paths;
use crate::behaviours::presets::folder::is_json;
use crate::behaviours::presets::json;
use crate::behaviours::presets::lines::{each_line, first_line};
use crate::error::{DataError, quoted};
use crate::schema::{Format, Source};
use crate::source::{Blanks, Block, Blocks, Cells, Column, TextForm, Wanted};

/// Rows of a table that are taken apart at once.
const ROWS: usize = 1 << 13;

/// A column that is wanted.
pub(super) struct Field {
    pub name: String,
    pub list: bool,
}

/// The cells of a row, one for each field.
pub(super) struct Row<'a> {
    /// The file it is in.
    pub path: &'a Path,
    place: Place<'a>,
    /// What is wrong with it as a whole.
    pub fault: Option<DataError>,
    cells: &'a [Cell],
}

/// Where a row is in its file.
#[derive(Clone, Copy)]
enum Place<'a> {
    Of(&'a Block, usize),
    Line(u64),
}

/// A cell: a text, or a list's values.
#[derive(Clone, Debug, Default)]
struct Cell {
    text: String,
    there: bool,
    values: Vec<String>,
}

impl Row<'_> {
    /// Where it is in its file, for people.
    pub fn place(&self) -> String {
        match self.place {
            Place::Of(block, row) => block.place(row),
            Place::Line(line) => format!("line {line}"),
        }
    }

    /// A cell's text; none if it is missing.
    pub fn text(&self, field: usize) -> Option<&str> {
        let cell = &self.cells[field];
        cell.there.then_some(&*cell.text)
    }

    /// The values of a list.
    pub fn values(&self, field: usize) -> impl Iterator<Item = &str> {
        self.cells[field].values.iter().map(String::as_str)
    }
}

/// Calls `each` with every row of a source; the files that it has.
///
/// # Errors
/// There is no file, or none of its columns has a field's name; the columns that are there are told.
pub(super) fn each_row(
    source: &Source,
    fields: &[Field],
    mut each: impl FnMut(&Row<'_>) -> Result<(), DataError>,
) -> Result<Vec<PathBuf>, DataError> {
    let own = own_files(source, fields)?;
    if !own.is_empty() {
        for path in &own {
            each_object(path, fields, source.csv.separator.as_deref(), &mut each)?;
        }
        return Ok(own);
    }
    let wanted = fields.iter().map(|field| match field.list {
        true => Wanted::lists(&field.name, Blanks::Dropped),
        false => Wanted::single(&field.name),
    });
    let mut blocks = Blocks::open(source, Path::new(""), wanted.collect(), ROWS)?;
    let mut cells = vec![Cell::default(); fields.len()];
    let mut buffer = String::new();
    for block in blocks.by_ref() {
        let block = block?;
        for row in 0..block.rows {
            for (cell, column) in cells.iter_mut().zip(&block.columns) {
                cell.take(column, row, &mut buffer);
            }
            let (path, place) = (&*block.file, Place::Of(&block, row));
            each(&Row { path, place, fault: block.fault(row), cells: &cells })?;
        }
    }
    Ok(blocks.into_report().files.into_iter().map(|(path, _)| path).collect())
}

impl Cell {
    fn take(&mut self, column: &Column, row: usize, buffer: &mut String) {
        self.text.clear();
        self.values.clear();
        self.there = false;
        match column {
            Column::List(lists) => {
                let cells = Cells::of(lists.values());
                for i in lists.range(row) {
                    let value = cells.token(i, TextForm::Typed, buffer).map(str::trim);
                    self.values.extend(value.filter(|value| !value.is_empty()).map(str::to_owned));
                }
            }
            single => {
                let text = Cells::of(single).token(row, TextForm::Typed, buffer).map(str::trim);
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    self.text.push_str(text);
                    self.there = true;
                }
            }
        }
    }

    /// A value of JSON; a list may be a text with a separator between its values.
    fn set(&mut self, value: Option<&Value>, list: bool, separator: Option<&str>) {
        self.text.clear();
        self.values.clear();
        self.there = false;
        match value {
            Some(Value::Array(values)) if list => self.values.extend(values.iter().filter_map(text)),
            Some(Value::String(text)) if list => {
                let values =
                    separator.map_or_else(|| vec![&**text], |separator| text.split(separator).collect());
                let values = values.into_iter().map(str::trim).filter(|value| !value.is_empty());
                self.values.extend(values.map(str::to_owned));
            }
            Some(value) if list => self.values.extend(text(value)),
            Some(value) => {
                if let Some(text) = text(value) {
                    self.text = text;
                    self.there = true;
                }
            }
            None => {}
        }
    }
}

/// A value as an id; none of what is missing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) if number.is_f64() => number.as_f64().map(|x| x.to_string()),
        other => Some(other.to_string()),
    }
}

/// The files of a source, if they are JSON lines that are to be taken apart here: Python's literals, or
/// objects with lists of rows in them.
fn own_files(source: &Source, fields: &[Field]) -> Result<Vec<PathBuf>, DataError> {
    let mut files = crate::source::files(source, Path::new(""))?;
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        source.format == Some(Format::Json) || source.format.is_none() && is_json(&name)
    };
    files.retain(is_one);
    let mut own = false;
    for path in &files {
        own |= check_names(path, fields)?;
    }
    Ok(if own { files } else { vec![] })
}

fn each_object(
    path: &Path,
    fields: &[Field],
    separator: Option<&str>,
    each: &mut impl FnMut(&Row<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let paths = Paths::new(fields.iter().map(|field| &*field.name));
    let mut cells = vec![Cell::default(); fields.len()];
    each_line(path, |text, line| {
        let place = Place::Line(line);
        let Some(object) = json::parse(text).filter(Value::is_object) else {
            let start: String = text.chars().take(60).collect();
            let found = format!("line {line}: `{start}`");
            let fault = DataError::file(path, found, "an object a line, in JSON or as Python writes it");
            cells.iter_mut().for_each(|cell| cell.set(None, false, None));
            return each(&Row { path, place, fault: Some(fault), cells: &cells });
        };
        paths.each(&object, |values| {
            for ((cell, field), value) in cells.iter_mut().zip(fields).zip(values) {
                cell.set(*value, field.list, separator);
            }
            each(&Row { path, place, fault: None, cells: &cells })
        })
    })
}

/// That the first object has every field, which later ones may lack; whether it is to be taken apart here.
fn check_names(path: &Path, fields: &[Field]) -> Result<bool, DataError> {
    let Some(first) = first_line(path)? else {
        return Err(DataError::file(path, "an empty file", "an object a line"));
    };
    let Some(Value::Object(object)) = json::parse(&first) else { return Ok(false) };
    for field in fields {
        let head = field.name.split('.').next().unwrap_or_default();
        if !object.contains_key(&field.name) && !object.contains_key(head) {
            let expected = format!("it among those of the first object, which are {}", quoted(object.keys()));
            return Err(DataError::file(path, format!("no field `{}`", field.name), expected));
        }
    }
    let is_strict = serde_json::from_str::<Value>(&first).is_ok();
    Ok(!is_strict || Paths::new(fields.iter().map(|field| &*field.name)).has_rows(&Value::Object(object)))
}
