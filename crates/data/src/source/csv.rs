//! Blocks of a CSV file.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::column::{Column, TextColumn, TextLists};
use super::{Block, Broken, Places, Wanted, files, missing};
use crate::error::DataError;
use crate::schema::Source;
use ::csv::{ByteRecord, StringRecord};

/// What stands between a list's ids, where the source does not say.
const SEPARATOR: char = '|';

/// The wanted columns of a file, `rows` rows at a time. Empty fields are missing; an empty list is one.
pub(super) fn blocks(
    path: &Path,
    source: &Source,
    wanted: &[Wanted],
    rows: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + use<>, DataError> {
    let (mut reader, separator) = with_format(path, source, true)?;
    let header = header(path, &mut reader)?;
    let mut places = vec![];
    for column in wanted {
        let at = header.iter().position(|name| *name == column.name);
        places.push(at.ok_or_else(|| missing(path, &column.name, &header))?);
    }
    let (file, wanted): (Arc<Path>, Vec<Wanted>) = (path.into(), wanted.to_vec());
    let (fields, mut records) = (header.len(), reader.into_byte_records());
    Ok(std::iter::from_fn(move || {
        let mut columns: Vec<Builder> = wanted.iter().map(|w| Builder::new(w.list)).collect();
        let (mut lines, mut broken) = (vec![], vec![]);
        for record in records.by_ref().take(rows) {
            let record = match record {
                Ok(record) => record,
                Err(e) => return Some(Err(wrong(&file, e))),
            };
            let line = record.position().map_or(0, ::csv::Position::line);
            let record = text(record, fields).unwrap_or_else(|[found, expected]| {
                broken.push(Broken { row: lines.len(), found, expected });
                StringRecord::new()
            });
            lines.push(line);
            for (column, &at) in columns.iter_mut().zip(&places) {
                column.push(record.get(at).unwrap_or_default(), separator);
            }
        }
        let (file, rows) = (Arc::clone(&file), lines.len());
        let columns = columns.into_iter().map(Builder::finish).collect();
        (rows > 0).then_some(Ok(Block { file, places: Places::Lines(lines), rows, columns, broken }))
    }))
}

/// The record's texts, or what was found and what was expected.
fn text(record: ByteRecord, fields: usize) -> Result<StringRecord, [String; 2]> {
    if record.len() != fields {
        return Err([format!("{} fields", record.len()), format!("{fields}, as in the header")]);
    }
    StringRecord::from_byte_record(record).map_err(|e| [e.to_string(), "text in UTF-8".into()])
}

type Reader = ::csv::Reader<Box<dyn Read + Send>>;

/// A file's reader, and what stands between a list's ids.
pub(super) fn reader(path: &Path, source: &Source) -> Result<(Reader, char), DataError> {
    with_format(path, source, false)
}

/// `flexible` is whether records may have other numbers of fields than the header.
fn with_format(path: &Path, source: &Source, flexible: bool) -> Result<(Reader, char), DataError> {
    let delimiter = files::delimiter(source, path).ok_or_else(|| {
        let found = format!("a delimiter of {:?}", source.delimiter.unwrap_or_default());
        DataError::file(path, found, "an ASCII character")
    })?;
    let mut builder = ::csv::ReaderBuilder::new();
    let builder = builder.delimiter(delimiter).flexible(flexible);
    let reader = builder.from_reader(crate::files::open(path)?);
    let separator = if files::is_recbole(path) { ' ' } else { SEPARATOR };
    Ok((reader, source.separator.unwrap_or(separator)))
}

/// The names of the columns: of RecBole's `name:type` the first half.
pub(super) fn header(path: &Path, reader: &mut Reader) -> Result<Vec<String>, DataError> {
    let header = reader.headers().map_err(|e| wrong(path, e))?;
    if header.is_empty() {
        return Err(DataError::file(path, "an empty file", "a header line"));
    }
    let typed = files::is_recbole(path);
    let name = |field: &str| match field.split_once(':') {
        Some((name, _)) if typed => name.to_owned(),
        _ => field.to_owned(),
    };
    Ok(header.iter().map(name).collect())
}

enum Builder {
    Single(TextColumn),
    List(TextLists),
}

impl Builder {
    fn new(list: bool) -> Self {
        match list {
            false => Builder::Single(TextColumn::default()),
            true => Builder::List(TextLists::default()),
        }
    }

    fn push(&mut self, field: &str, separator: char) {
        match self {
            Builder::Single(cells) => cells.push(Some(field).filter(|field| !field.is_empty())),
            Builder::List(lists) if field.is_empty() => lists.push([]),
            Builder::List(lists) => lists.push(field.split(separator)),
        }
    }

    fn finish(self) -> Column {
        match self {
            Builder::Single(cells) => cells.into(),
            Builder::List(lists) => lists.into(),
        }
    }
}

pub(crate) fn wrong(path: &Path, e: ::csv::Error) -> DataError {
    let line = e.position().map_or(0, ::csv::Position::line);
    match e.into_kind() {
        ::csv::ErrorKind::Io(source) => DataError::io(path, "read")(source),
        ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let expected = format!("{expected_len}, as in the header");
            DataError::file(path, format!("line {line}: {len} fields"), expected)
        }
        ::csv::ErrorKind::Utf8 { err, .. } => {
            DataError::file(path, format!("line {line}: {err}"), "text in UTF-8")
        }
        kind => DataError::file(path, format!("line {line}: {kind:?}"), "a line of CSV"),
    }
}
