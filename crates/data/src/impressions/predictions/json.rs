//! Scores as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::spool::{Spool, unless_left};
use crate::error::DataError;

/// Objects that are a list's.
pub(super) struct Json {
    spool: Spool,
    rows: Box<dyn Write>,
    is_first: bool,
}

impl Json {
    pub fn new(spool: Spool) -> Result<Self, DataError> {
        Ok(Json { rows: spool.writer()?, spool, is_first: true })
    }

    pub fn begin_row(&mut self) -> io::Result<()> {
        let begin: &[u8] = if std::mem::replace(&mut self.is_first, false) { b"{" } else { b",{" };
        self.rows.write_all(begin)
    }

    pub fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.rows, name)?;
        self.rows.write_all(b":")?;
        serde_json::to_writer(&mut self.rows, value)?;
        self.rows.write_all(b",")
    }

    /// The row's score, and why it has none, if that is said.
    pub fn end_row(&mut self, score: Option<f32>, reason: Option<Option<&str>>) -> io::Result<()> {
        if let Some(reason) = reason {
            self.field("reason", &reason)?;
        }
        match score {
            Some(score) => write!(self.rows, "\"score\":{score}}}"),
            None => self.rows.write_all(b"\"score\":null}"),
        }
    }

    /// The whole object.
    pub fn finish(self, more: &impl Serialize) -> io::Result<()> {
        let Json { mut spool, mut rows, .. } = self;
        rows.flush()?;
        drop(rows);
        let text = serde_json::to_string(more)?;
        let fields = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).expect("an object");
        let comma = if fields.is_empty() { "" } else { "," };
        let written = write!(spool.to(), "{{{fields}{comma}\"predictions\":[")
            .and_then(|()| spool.copy())
            .and_then(|()| spool.to().write_all(b"]}\n"))
            .and_then(|()| spool.to().flush());
        unless_left(written)
    }
}
