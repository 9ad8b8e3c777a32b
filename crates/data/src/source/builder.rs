//! Columns of texts that grow row by row.

use super::column::{Column, TextColumn, TextLists};
use super::lists::{ListCounts, ListSyntax};
use super::nested_lists::NestedLists;
use super::{Block, Broken, Places, Wanted};
use std::path::Path;
use std::sync::Arc;

/// A block ends where its rows have so many bytes.
pub(super) const BLOCK_BYTES: usize = 1 << 25;

/// A column to come.
pub(super) enum Builder {
    Single(TextColumn),
    List(TextLists, ListCounts),
    Nested(NestedLists),
}

impl Builder {
    fn new(wanted: &Wanted) -> Self {
        match wanted.depth {
            0 => Builder::Single(TextColumn::default()),
            1 => Builder::List(TextLists::default(), ListCounts::default()),
            _ => Builder::Nested(NestedLists::default()),
        }
    }

    /// Adds a cell; one that should be a list is taken apart.
    ///
    /// # Errors
    /// What was found and what was expected; an empty list is added then.
    pub fn push(&mut self, field: Option<&str>, syntax: &ListSyntax) -> Result<(), [String; 2]> {
        match self {
            Builder::Single(cells) => cells.push(field),
            Builder::List(lists, counts) => return syntax.push(field.unwrap_or_default(), lists, counts),
            Builder::Nested(lists) => return syntax.push_nested(field.unwrap_or_default(), lists),
        }
        Ok(())
    }

    fn finish(self) -> (Column, ListCounts) {
        match self {
            Builder::Single(cells) => (cells.into(), ListCounts::default()),
            Builder::List(lists, counts) => (lists.into(), counts),
            // A list within another may well be of one id.
            Builder::Nested(lists) => (lists.into(), ListCounts::default()),
        }
    }
}

/// A block that grows.
pub(super) struct BlockBuilder {
    pub columns: Vec<Builder>,
    lines: Vec<u64>,
    broken: Vec<Broken>,
    bytes: usize,
}

impl BlockBuilder {
    pub fn new(wanted: &[Wanted]) -> Self {
        let columns = wanted.iter().map(Builder::new).collect();
        BlockBuilder { columns, lines: vec![], broken: vec![], bytes: 0 }
    }

    /// Whether it should grow no more.
    pub fn is_full(&self, rows: usize) -> bool {
        self.lines.len() >= rows || self.bytes >= BLOCK_BYTES
    }

    /// Ends a row, of which each column has a cell: its line, what is wrong with it, and its bytes.
    pub fn end_row(&mut self, line: u64, fault: Option<[String; 2]>, bytes: usize) {
        if let Some([found, expected]) = fault {
            self.broken.push(Broken { row: self.lines.len(), found, expected });
        }
        self.lines.push(line);
        self.bytes += bytes;
    }

    /// The block, if it has a row.
    pub fn finish(self, file: &Arc<Path>) -> Option<Block> {
        let rows = self.lines.len();
        let (columns, lists) = self.columns.into_iter().map(Builder::finish).unzip();
        let (file, places) = (Arc::clone(file), Places::Lines(self.lines));
        (rows > 0).then_some(Block { file, places, rows, columns, lists, broken: self.broken })
    }
}
