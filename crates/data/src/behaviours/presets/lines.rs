//! Lines of text files, and the fields that stand in them.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use dien_serving::FileError;

use crate::error::DataError;
use crate::files;
use crate::time::Time;

/// Calls `line` with each line of a file and its number; bytes that are no UTF-8 are taken as Latin-1, which
/// older sets are in.
pub(super) fn each_line(
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut lines = Lines::open(path)?;
    while let Some(number) = lines.next()? {
        line(&lines.text(), number)?;
    }
    Ok(())
}

/// The first line that holds something.
pub(super) fn first_line(path: &Path) -> Result<Option<String>, DataError> {
    let mut lines = Lines::open(path)?;
    Ok(lines.next()?.map(|_| lines.text().into_owned()))
}

struct Lines<'a> {
    path: &'a Path,
    reader: BufReader<Box<dyn Read + Send>>,
    bytes: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, DataError> {
        let reader = BufReader::with_capacity(1 << 16, files::open(path)?);
        Ok(Lines { path, reader, bytes: vec![], number: 0 })
    }

    /// Goes to the next line that is not empty; its number.
    fn next(&mut self) -> Result<Option<u64>, DataError> {
        loop {
            self.bytes.clear();
            let read = self.reader.read_until(b'\n', &mut self.bytes);
            if read.map_err(DataError::io(self.path, "read"))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            while self.bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                self.bytes.pop();
            }
            if !self.bytes.is_empty() {
                return Ok(Some(self.number));
            }
        }
    }

    fn text(&self) -> std::borrow::Cow<'_, str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.into(),
            Err(_) => self.bytes.iter().map(|&b| char::from(b)).collect::<String>().into(),
        }
    }
}

/// What is wrong with a field of a line.
pub(super) fn wrong(path: &Path, line: u64, field: &str, found: &str, expected: &str) -> DataError {
    FileError::field(path, line, field, format!("`{found}`"), expected).into()
}

/// A time.
pub(super) fn time(path: &Path, line: u64, text: &str) -> Result<Time, DataError> {
    let expected = "a number of at most 18 digits, or a date such as `2024-01-31T12:00:00`";
    Time::parse(text).ok_or_else(|| wrong(path, line, "timestamp", text, expected))
}

/// A rating.
pub(super) fn rating(path: &Path, line: u64, text: &str) -> Result<Option<f32>, DataError> {
    match text.parse::<f32>() {
        _ if text.is_empty() => Ok(None),
        Ok(x) if x.is_finite() => Ok(Some(x)),
        _ => Err(wrong(path, line, "rating", text, "a number")),
    }
}
