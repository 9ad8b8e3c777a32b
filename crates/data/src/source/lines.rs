//! A file's lines, none longer than is allowed.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use crate::error::DataError;
use crate::files;

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its place in the file, counted from 1.
    pub number: u64,
    /// Where its text begins in the buffer that it was added to.
    pub start: usize,
    /// Where its text ends there.
    pub end: usize,
}

/// The lines of a file: each ends with `\n`, `\r\n` or `\r`.
pub(crate) struct Lines {
    from: BufReader<Box<dyn Read + Send>>,
    path: Arc<Path>,
    /// The most bytes of a line.
    most: usize,
    /// Lines that were begun.
    number: u64,
    /// Lines that are to be read again, with their ends.
    again: VecDeque<(u64, Vec<u8>, usize)>,
}

impl Lines {
    pub fn new(from: Box<dyn Read + Send>, path: &Path, most: usize) -> Self {
        let from = BufReader::with_capacity(1 << 16, from);
        Lines { from, path: path.into(), most, number: 0, again: VecDeque::new() }
    }

    /// Adds the next line to a buffer, and its end after it; none is left if there is none.
    ///
    /// # Errors
    /// The file cannot be read, or has a line that is too long.
    pub fn next(&mut self, to: &mut Vec<u8>) -> Result<Option<Line>, DataError> {
        let start = to.len();
        if let Some((number, line, length)) = self.again.pop_front() {
            to.extend_from_slice(&line);
            return Ok(Some(Line { number, start, end: start + length }));
        }
        self.number += 1;
        loop {
            let bytes = self.from.fill_buf().map_err(files::cut_off(&self.path, self.number - 1))?;
            if bytes.is_empty() {
                let end = to.len();
                return Ok((end > start).then_some(Line { number: self.number, start, end }));
            }
            let found = memchr::memchr2(b'\n', b'\r', bytes);
            to.extend_from_slice(&bytes[..found.map_or(bytes.len(), |at| at + 1)]);
            let taken = found.map_or(bytes.len(), |at| at + 1);
            self.from.consume(taken);
            if to.len() - start > self.most {
                return Err(self.too_long());
            }
            if found.is_some() {
                let end = to.len() - 1;
                if to[end] == b'\r' {
                    let next = self.from.fill_buf().map_err(files::cut_off(&self.path, self.number))?;
                    if next.first() == Some(&b'\n') {
                        to.push(b'\n');
                        self.from.consume(1);
                    }
                }
                return Ok(Some(Line { number: self.number, start, end }));
            }
        }
    }

    /// Gives lines back, which are in `from` and will be read again.
    pub fn put_back(&mut self, lines: &[Line], from: &[u8]) {
        for (i, line) in lines.iter().enumerate().rev() {
            let whole = lines.get(i + 1).map_or(from.len(), |next| next.start);
            let bytes = from[line.start..whole].to_vec();
            self.again.push_front((line.number, bytes, line.end - line.start));
        }
    }

    fn too_long(&self) -> DataError {
        let (number, most) = (self.number, self.most);
        let found = format!("line {number}: more than {most} bytes without the end of a line");
        let expected = "lines of text, or a greater `max_line` in `[source.csv]`";
        DataError::file(&self.path, found, expected)
    }
}

/// The text that bytes are.
///
/// # Errors
/// They are none: what was found and what was expected.
pub(super) fn text(bytes: &[u8]) -> Result<&str, [String; 2]> {
    str::from_utf8(bytes).map_err(|e| {
        let (byte, place) = (bytes.get(e.valid_up_to()).copied().unwrap_or_default(), e.valid_up_to() + 1);
        let expected = "text in UTF-8: if it is Latin-1, `iconv -f LATIN1 -t UTF-8 FILE` makes it so";
        [format!("a byte 0x{byte:02X} that is no UTF-8, the {place}th of the row"), expected.into()]
    })
}
