//! A CSV file of known columns, row by row, whose errors say where they are.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use dien_serving::FileError;

use crate::error::{DataError, quoted};
use crate::roles::Role;
use crate::schema::{CsvOptions, Source};
use crate::source::Csv;

/// A CSV file that is being read. Something wrong with a row is an error.
pub(super) struct Table {
    path: PathBuf,
    csv: Csv,
    /// The line that the row starts on.
    line: u64,
    rows: u64,
}

/// A column that is known to be there.
#[derive(Clone, Copy)]
pub(super) struct Column(usize);

impl Table {
    /// Opens `NAME` or `NAME.gz`; none if neither is there.
    pub fn open(folder: &Path, name: &str) -> Result<Option<Self>, DataError> {
        let (plain, zipped) = (folder.join(name), folder.join(format!("{name}.gz")));
        match (plain.is_file(), zipped.is_file()) {
            (true, true) => Err(DataError::file(&plain, format!("`{name}.gz` beside it"), "one of the two")),
            (false, false) => Ok(None),
            (true, false) => Self::at(&plain).map(Some),
            (false, true) => Self::at(&zipped).map(Some),
        }
    }

    /// As [`open`](Self::open), but the file must be there.
    pub fn require(folder: &Path, name: &str) -> Result<Self, DataError> {
        Self::open(folder, name)?.ok_or_else(|| {
            DataError::file(&folder.join(name), "no such file", format!("`{name}` or `{name}.gz`"))
        })
    }

    /// Opens a file.
    pub fn at(path: &Path) -> Result<Self, DataError> {
        Self::of(path, &Source::default())
    }

    /// Opens a file whose first line is a row.
    pub fn without_header(path: &Path, names: &[&str]) -> Result<Self, DataError> {
        let names = Some(names.iter().map(|&name| name.to_owned()).collect());
        let csv = CsvOptions { header: Some(false), names, ..CsvOptions::default() };
        Self::of(path, &Source { csv, ..Source::default() })
    }

    fn of(path: &Path, source: &Source) -> Result<Self, DataError> {
        Ok(Table { path: path.to_path_buf(), csv: Csv::open(path, source)?, line: 1, rows: 0 })
    }

    pub fn header(&self) -> impl ExactSizeIterator<Item = &str> {
        self.csv.names.iter().map(String::as_str)
    }

    /// The only column of this name.
    pub fn column(&self, name: &str) -> Result<Column, DataError> {
        match self.optional(name)? {
            Some(column) => Ok(column),
            None => {
                let found = format!("the columns {} in the header", quoted(self.header()));
                Err(DataError::file(&self.path, found, format!("a column `{name}`")))
            }
        }
    }

    /// The only column of this name, or else of a usual name of what it is: then also that.
    pub fn column_like(&self, name: &str, role: Role) -> Result<(Column, Option<String>), DataError> {
        if let Some(column) = self.optional(name)? {
            return Ok((column, None));
        }
        let named = self.header().filter_map(|own| Some((role.rank(own)?, own)));
        match named.min() {
            Some((_, own)) => Ok((self.column(own)?, Some(own.to_owned()))),
            None => self.column(name).map(|column| (column, None)),
        }
    }

    /// The only column of this name, if there is one.
    pub fn optional(&self, name: &str) -> Result<Option<Column>, DataError> {
        let mut places = self.header().enumerate().filter(|(_, n)| *n == name);
        let first = places.next().map(|(place, _)| Column(place));
        match places.next() {
            None => Ok(first),
            Some(_) => {
                Err(DataError::file(&self.path, format!("the column `{name}` twice"), "each column once"))
            }
        }
    }

    /// Goes to the next row; false after the last. A file with a header alone is an error.
    pub fn next(&mut self) -> Result<bool, DataError> {
        let Some(row) = self.csv.read()? else {
            return match self.rows {
                0 => Err(DataError::file(&self.path, "a header alone", "at least one line more")),
                _ => Ok(false),
            };
        };
        if let Some([found, expected]) = row.fault {
            return Err(DataError::file(&self.path, format!("line {}: {found}", row.line), expected));
        }
        (self.line, self.rows) = (row.line, self.rows + 1);
        Ok(true)
    }

    /// A cell of this row; empty if nothing is there.
    pub fn cell(&self, column: Column) -> &str {
        self.csv.field(column.0).unwrap_or_default()
    }

    /// The cells of this row.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.csv.names.len()).map(|place| self.cell(Column(place)))
    }

    /// A cell that is not empty.
    pub fn id(&self, column: Column) -> Result<&str, DataError> {
        match self.cell(column) {
            "" => Err(self.error(column, "a name")),
            id => Ok(id),
        }
    }

    /// A cell that is a number; `expected` says which.
    pub fn number<N: FromStr>(&self, column: Column, expected: &str) -> Result<N, DataError> {
        self.cell(column).parse().map_err(|_| self.error(column, expected))
    }

    /// That a cell of this row is not what it should be.
    pub fn error(&self, column: Column, expected: impl Into<String>) -> DataError {
        let cell = self.cell(column);
        let found = if cell.is_empty() { "nothing".into() } else { format!("`{cell}`") };
        FileError::field(&self.path, self.line(), &self.csv.names[column.0], found, expected).into()
    }

    /// The line that this row starts on.
    pub fn line(&self) -> u64 {
        self.line
    }
}
