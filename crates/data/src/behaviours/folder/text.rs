//! CSV files, plain or gzipped, whose errors say where they are.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::{ErrorKind, StringRecord};
use dien_serving::FileError;
use flate2::read::MultiGzDecoder;

use super::lines::LineEnds;
use crate::error::{DataError, quoted};
use crate::roles::Role;

/// A CSV file that is being read.
pub(super) struct Table {
    path: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    header: StringRecord,
    record: StringRecord,
    /// Where the record starts.
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
        let path = match (plain.is_file(), zipped.is_file()) {
            (true, true) => {
                return Err(DataError::file(&plain, format!("`{name}.gz` beside it"), "one of the two"));
            }
            (false, false) => return Ok(None),
            (true, false) => plain,
            (false, true) => zipped,
        };
        let size = fs::metadata(&path).map_err(DataError::io(&path, "read"))?.len();
        let file = File::open(&path).map_err(DataError::io(&path, "read"))?;
        let zipped = path.extension().is_some_and(|e| e == "gz");
        let input: Box<dyn Read> = match zipped && size > 0 {
            true => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))),
            false => Box::new(file),
        };
        let input: Box<dyn Read> = Box::new(LineEnds::new(BufReader::with_capacity(1 << 16, input)));
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(input);
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(csv_error(&path, 1, error)),
        };
        if header.is_empty() {
            return Err(DataError::file(&path, "an empty file", "a header line and at least one line more"));
        }
        Ok(Some(Table { path, reader, header, record: StringRecord::new(), line: 1, rows: 0 }))
    }

    /// As [`open`](Self::open), but the file must be there.
    pub fn require(folder: &Path, name: &str) -> Result<Self, DataError> {
        Self::open(folder, name)?.ok_or_else(|| {
            DataError::file(&folder.join(name), "no such file", format!("`{name}` or `{name}.gz`"))
        })
    }

    pub fn header(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }

    /// The only column of this name.
    pub fn column(&self, name: &str) -> Result<Column, DataError> {
        match self.optional(name)? {
            Some(column) => Ok(column),
            None => {
                let found = format!("the columns {} in the header", quoted(&self.header));
                Err(DataError::file(&self.path, found, format!("a column `{name}`")))
            }
        }
    }

    /// The only column of this name, or else of a usual name of what it is: then also that.
    pub fn column_like(&self, name: &str, role: Role) -> Result<(Column, Option<String>), DataError> {
        if let Some(column) = self.optional(name)? {
            return Ok((column, None));
        }
        let named = self.header.iter().filter_map(|own| Some((role.rank(own)?, own)));
        match named.min() {
            Some((_, own)) => Ok((self.column(own)?, Some(own.to_owned()))),
            None => self.column(name).map(|column| (column, None)),
        }
    }

    /// The only column of this name, if there is one.
    pub fn optional(&self, name: &str) -> Result<Option<Column>, DataError> {
        let mut places = self.header.iter().enumerate().filter(|(_, n)| *n == name);
        let first = places.next().map(|(place, _)| Column(place));
        match places.next() {
            None => Ok(first),
            Some(_) => {
                Err(DataError::file(&self.path, format!("the column `{name}` twice"), "each column once"))
            }
        }
    }

    /// Goes to the next line; false after the last. A file with a header alone is an error.
    pub fn next(&mut self) -> Result<bool, DataError> {
        let before = self.reader.position().line();
        let read = self.reader.read_record(&mut self.record);
        // Every line ends with a line feed; blank ones before the record are skipped by the parser, but not
        // counted in the record's own position.
        let inside = self.record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        self.line = self.reader.position().line().saturating_sub(1 + inside).max(before);
        let line = self.line;
        match read {
            Ok(true) => self.rows += 1,
            Ok(false) if self.rows == 0 => {
                return Err(DataError::file(&self.path, "a header alone", "at least one line more"));
            }
            Ok(false) => return Ok(false),
            Err(error) => return Err(csv_error(&self.path, line, error)),
        }
        Ok(true)
    }

    /// A cell of this line.
    pub fn cell(&self, column: Column) -> &str {
        &self.record[column.0]
    }

    /// The cells of this line.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.record.iter()
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

    /// That a cell of this line is not what it should be.
    pub fn error(&self, column: Column, expected: impl Into<String>) -> DataError {
        let cell = self.cell(column);
        let found = if cell.is_empty() { "nothing".into() } else { format!("`{cell}`") };
        FileError::field(&self.path, self.line(), &self.header[column.0], found, expected).into()
    }

    /// The number of this line in the file.
    pub fn line(&self) -> u64 {
        self.line
    }
}

fn csv_error(path: &Path, line: u64, error: csv::Error) -> DataError {
    match error.into_kind() {
        ErrorKind::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            let found = format!("a gzip file that is cut off after line {}", line.saturating_sub(1));
            DataError::file(path, found, "a whole gzip file")
        }
        ErrorKind::Io(source) => DataError::io(path, "read")(source),
        ErrorKind::Utf8 { .. } => {
            DataError::file(path, format!("bytes that are not UTF-8 on line {line}"), "UTF-8 text")
        }
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let expected = format!("{expected_len}, as in the header");
            DataError::file(path, format!("{len} fields on line {line}"), expected)
        }
        other => DataError::file(path, format!("line {line}: {other:?}"), "a CSV file"),
    }
}
