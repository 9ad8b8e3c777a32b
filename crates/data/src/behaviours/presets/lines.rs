//! Lines of text files, and the fields that stand in them.

use std::borrow::Cow;
use std::path::Path;

use dien_serving::FileError;

use crate::error::DataError;
use crate::files;
use crate::schema::MAX_LINE;
use crate::source::Lines;
use crate::time::Time;

/// Calls `line` with each line of a file and its number; bytes that are no UTF-8 are taken as Latin-1, which
/// older sets are in.
pub(super) fn each_line(
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let (mut lines, mut buffer) = (open(path)?, vec![]);
    while let Some((text, number)) = next(&mut lines, &mut buffer)? {
        line(&text, number)?;
    }
    Ok(())
}

/// The first line that holds something.
pub(super) fn first_line(path: &Path) -> Result<Option<String>, DataError> {
    Ok(next(&mut open(path)?, &mut vec![])?.map(|(text, _)| text.into_owned()))
}

/// The next line that is not empty.
fn next<'a>(lines: &mut Lines, text: &'a mut Vec<u8>) -> Result<Option<(Cow<'a, str>, u64)>, DataError> {
    let line = loop {
        text.clear();
        match lines.next(text)? {
            None => return Ok(None),
            Some(line) if line.end == line.start => {}
            Some(line) => break line,
        }
    };
    let bytes = &text[..line.end];
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect::<String>().into(),
    };
    Ok(Some((text, line.number)))
}

fn open(path: &Path) -> Result<Lines, DataError> {
    Ok(Lines::new(files::open(path)?, path, MAX_LINE))
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
