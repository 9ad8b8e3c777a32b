//! Behaviours in a table of their own, read along with the targets that look back on them.

use super::row::{View, Wrong};
use super::wanted::{From, wanted};
use crate::error::DataError;
use crate::schema::{ColumnKind, Schema};
use crate::source::{Block, Blocks, Origin, ReadReport};

/// The table of the histories, from its first row to its last.
pub(crate) struct Histories {
    blocks: Blocks<'static>,
    places: Vec<Option<usize>>,
    block: Option<Block>,
    /// The block's first row, counted over all files.
    first: u64,
    /// The history that was asked for last.
    last: u64,
    /// The column that names a history.
    column: usize,
}

/// What a target looks back on.
pub(crate) struct Past<'a> {
    /// The history's row.
    pub index: u64,
    /// How many of its events.
    pub end: usize,
    pub view: View<'a>,
    /// The history's row in the view.
    pub row: usize,
}

impl Past<'_> {
    /// That the history's lists are of one length, and have as many events as the target sees.
    pub fn check(&self, schema: &Schema, behaviours: &[usize]) -> Result<(), Wrong> {
        self.view.siblings(behaviours, self.row)?;
        let events = self.view.list(behaviours[0], self.row).len();
        if self.end > events {
            let column = schema.columns.values().position(|c| c.kind == ColumnKind::End);
            let column = column.expect("a checked schema with histories has the column");
            return Err(Wrong {
                column,
                found: self.end.to_string(),
                expected: "at most its history's events",
            });
        }
        Ok(())
    }
}

impl Histories {
    /// The table of an origin; none if its rows hold their behaviours themselves, as those in memory do.
    pub fn of(schema: &Schema, origin: Origin<'_>, rows: usize) -> Result<Option<Self>, DataError> {
        let Origin::Files(source, base) = origin else { return Ok(None) };
        let Some(source) = source.of_histories() else { return Ok(None) };
        let (wanted, places) = wanted(schema, From::Histories);
        let column = schema.columns.values().position(|c| c.kind == ColumnKind::History);
        let column = column.expect("a checked schema with histories has the column");
        let blocks = Blocks::open(&source, base, wanted, rows)?;
        Ok(Some(Histories { blocks, places, block: None, first: 0, last: 0, column }))
    }

    /// What was read so far.
    pub fn into_report(self) -> ReadReport {
        self.blocks.into_report()
    }

    /// A history, none before the one that was asked for last.
    ///
    /// The outer error ends reading: a file is at fault. The inner one is the target's.
    pub fn get(
        &mut self,
        schema: &Schema,
        index: u64,
        end: usize,
    ) -> Result<Result<Past<'_>, Wrong>, DataError> {
        let wrong = |found, expected| Ok(Err(Wrong { column: self.column, found, expected }));
        if index < self.last {
            return wrong(format!("{index} after {}", self.last), "rows in the order of their histories");
        }
        while self.block.as_ref().is_none_or(|block| index >= self.first + block.rows as u64) {
            match self.blocks.next().transpose()? {
                Some(next) => {
                    self.first += self.block.replace(next).map_or(0, |before| before.rows as u64);
                }
                None => return wrong(index.to_string(), "a row of the histories' table, counted from 0"),
            }
        }
        if index < self.first {
            return wrong(index.to_string(), "a row of the histories' table, after those of the rows before");
        }
        self.last = index;
        let block = self.block.as_ref().expect("read above");
        if let Some(fault) = block.fault((index - self.first) as usize) {
            return Err(fault);
        }
        let view = View::of(schema, &block.columns, &self.places);
        Ok(Ok(Past { index, end, view, row: (index - self.first) as usize }))
    }
}
