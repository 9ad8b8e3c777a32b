//! The items of a log as columns, as a table of them in a file has.

use super::log::{Log, cell};
use crate::source::{Column, TextColumn, TextLists};

/// Columns that describe a log's items: their names, and where the log has them (none: the item itself).
pub(crate) struct ItemColumns {
    /// Those with one value.
    pub single: Vec<(String, Option<usize>)>,
    /// Those that list values.
    pub lists: Vec<(String, Option<usize>)>,
}

impl ItemColumns {
    /// The cells of some items: the columns with one value, then those of lists.
    pub fn read(&self, log: &Log, items: &[u32]) -> Vec<Column> {
        let cells = |column| items.iter().map(move |&item| cell(&log.items()[item as usize], column));
        let single = self.single.iter().map(|(_, column)| {
            let texts: TextColumn = cells(*column).map(Some).collect();
            texts.into()
        });
        let lists = self.lists.iter().map(|(_, column)| {
            let mut lists = TextLists::default();
            cells(*column).for_each(|cell| lists.push(log.values(cell)));
            lists.into()
        });
        single.chain(lists).collect()
    }
}
