//! The dialect of a file: what its source says, and what its name tells.

use std::path::Path;

use crate::error::DataError;
use crate::schema::{MAX_LINE, Source};
use crate::source::files;

/// How a file's bytes are rows of fields.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    /// Whether the source says what the quote is, not the file's name.
    pub quote_is_stated: bool,
    pub escape: Option<u8>,
    pub comment: Option<u8>,
    pub header: bool,
    /// Where there is no header.
    pub names: Option<Vec<String>>,
    /// Whether names of columns have a type after a colon.
    pub typed: bool,
    pub null: Vec<String>,
    /// Bytes of a line.
    pub max_line: usize,
}

impl Dialect {
    /// # Errors
    /// The source says what cannot be.
    pub fn of(source: &Source, path: &Path) -> Result<Self, DataError> {
        let csv = &source.csv;
        csv.check().map_err(|[found, expected]| DataError::file(path, found, expected))?;
        let (typed, tabs) = (files::is_recbole(path), files::is_tsv(path));
        let byte = |c: char| u8::try_from(c).expect("checked to be ASCII");
        let quote = match &csv.quote {
            Some(quote) => quote.chars().next(),
            None => (!typed && !tabs).then_some('"'),
        };
        Ok(Dialect {
            delimiter: byte(csv.delimiter.unwrap_or(if typed || tabs { '\t' } else { ',' })),
            quote: quote.map(byte),
            quote_is_stated: csv.quote.is_some(),
            // A quote within quotes is doubled anyway.
            escape: csv.escape.filter(|&c| Some(c) != quote).map(byte),
            comment: csv.comment.map(byte),
            header: csv.header.unwrap_or(true),
            names: csv.names.clone(),
            typed,
            null: csv.null.clone().unwrap_or_default(),
            max_line: csv.max_line.unwrap_or(MAX_LINE),
        })
    }
}
