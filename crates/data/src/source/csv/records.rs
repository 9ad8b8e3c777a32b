//! The rows of a file: a line each, or several where a quoted field has line breaks in it.

use std::path::Path;

use super::dialect::Dialect;
use super::fields::{Ends, Fields, is_skipped, plain_fields};
use crate::error::DataError;
use crate::source::lines::{Line, Lines, text as text_of};

/// The most bytes that a quoted field with line breaks may go on for.
const MOST_QUOTED: usize = 1 << 20;

/// Delimiters in a quoted field, all of them in lines that have the fields of a row, from which on the field
/// is taken for rows that a stray quote swallows; and where the source says what the quote is.
const SWALLOWED: [usize; 2] = [3, 12];

/// A row of a file.
pub(crate) struct Record {
    /// The line that it begins on, counted from 1.
    pub line: u64,
    /// What is wrong with it as a whole: what was found, what was expected.
    pub fault: Option<[String; 2]>,
}

/// The rows of a file. One with a fault ends with its first line: those after it are rows again.
pub(super) struct Records {
    lines: Lines,
    dialect: Dialect,
    /// How many fields a row has; unknown before the first.
    fields: Option<usize>,
    /// Fields that are kept of the first row, whose number is not known.
    most: usize,
    text: String,
    found: Fields,
}

impl Records {
    /// The rows of a file, whose first may have `most` fields.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, dialect: Dialect, most: usize) -> Result<Self, DataError> {
        let lines = Lines::new(crate::files::open(path)?, path, dialect.max_line);
        Ok(Records { lines, dialect, fields: None, most, text: String::new(), found: Fields::default() })
    }

    /// Says how many fields each row has.
    pub fn expect(&mut self, fields: usize) {
        self.fields = Some(fields);
    }

    /// The fields of the row that was read.
    pub fn count(&self) -> usize {
        self.found.count()
    }

    /// A field of the row that was read; none if it is missing, or not there.
    pub fn field(&self, i: usize) -> Option<&str> {
        self.found.place(i).map(|(start, end)| &self.text[start..end])
    }

    /// Bytes of the row that was read.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Reads the next row.
    ///
    /// # Errors
    /// The file cannot be read, or has a line that is too long.
    pub fn read(&mut self) -> Result<Option<Record>, DataError> {
        let mut text = std::mem::take(&mut self.text).into_bytes();
        let first = loop {
            text.clear();
            match self.lines.next(&mut text)? {
                None => return Ok(None),
                Some(line) if is_skipped(&text[..line.end], &self.dialect) => {}
                Some(line) => break line,
            }
        };
        let most = self.fields.unwrap_or(self.most);
        let mut lines = vec![];
        let mut last = first;
        let ends = loop {
            let ends = self.found.split(&text[..last.end], &self.dialect, most);
            if ends != Ends::Open || text.len() > MOST_QUOTED && !lines.is_empty() {
                break ends;
            }
            match self.lines.next(&mut text)? {
                None => break ends,
                Some(line) => lines.push(line),
            }
            last = lines[lines.len() - 1];
        };
        let fault = self.quotes(ends, first, &lines, &text);
        if fault.is_some() {
            self.lines.put_back(&lines, &text);
        }
        text.truncate(last.end);
        self.found.give_text(&mut text);
        let fault = fault.or_else(|| self.unequal());
        self.text.clear();
        let fault = match String::from_utf8(text) {
            Ok(text) => {
                self.text = text;
                fault
            }
            Err(e) => fault.or_else(|| text_of(e.as_bytes()).err()),
        };
        Ok(Some(Record { line: first.number, fault }))
    }

    /// What is wrong with the quotes of a row.
    fn quotes(&self, ends: Ends, first: Line, lines: &[Line], text: &[u8]) -> Option<[String; 2]> {
        let quote = self.dialect.quote.map(char::from).unwrap_or_default();
        let turn_off = "`quote = \"\"` in `[source.csv]` where quotes are characters like any other";
        match ends {
            Ends::Stray => {
                let escaped = memchr::memmem::find(text, &[b'\\', quote as u8]).is_some();
                let escape = if escaped { "`escape = '\\'`, or " } else { "" };
                let expected = format!("a delimiter there, or {escape}{turn_off}");
                return Some([format!("text after the {quote} that closes a field"), expected]);
            }
            Ends::Open => {
                let expected = format!("one, not {} lines later, or {turn_off}", lines.len());
                return Some([format!("no {quote} that closes a field"), expected]);
            }
            Ends::Whole => {}
        }
        let fields = self.fields.filter(|_| !lines.is_empty())?;
        let like_row = |line: &Line| plain_fields(&text[line.start..line.end], &self.dialect) == fields;
        let like = lines.iter().filter(|line| like_row(line)).count();
        let most = SWALLOWED[usize::from(self.dialect.quote_is_stated)];
        // So it is if a stray quote meets another one, at the end of a field, some rows later.
        // One line alone may be like a row by the delimiters of a list, if the source says what the quote is.
        let least = 1 + usize::from(self.dialect.quote_is_stated);
        let are_rows = 4 * like >= 3 * lines.len() && like >= least && like * (fields - 1) >= most;
        (like_row(&first) && are_rows).then(|| {
            let found = format!("a field in {quote} goes on for {like} lines that look like rows");
            // Who has stated it need not be told to.
            let right = match self.dialect.quote_is_stated {
                true => String::new(),
                false => format!("; `quote = '{quote}'` if it is right"),
            };
            [found, format!("one that ends before, or {turn_off}{right}")]
        })
    }

    fn unequal(&self) -> Option<[String; 2]> {
        let (found, fields) = (self.found.count(), self.fields?);
        let expected = if self.dialect.header { "as in the header" } else { "as in the first row" };
        (found != fields).then(|| [format!("{found} fields"), format!("{fields}, {expected}")])
    }
}
