//! The table of the items, which a model is served with.

use std::fs::File;
use std::io;
use std::path::Path;

use super::schema::item_columns;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::source::{CellType, Field, TableWriter};

/// Rows written at once.
const ROWS: usize = 1 << 14;

/// Writes a row for each item of the log.
pub(super) fn write(log: &Log, path: &Path) -> Result<(), DataError> {
    table(log, path).map_err(|source| DataError::io(path, "write")(source))
}

fn table(log: &Log, path: &Path) -> io::Result<()> {
    let shape = item_columns(log);
    let single = shape.single.iter().map(|(name, _)| Field::new(name, CellType::Text));
    let lists = shape.lists.iter().map(|(name, _)| Field::new(name, CellType::Texts));
    let mut file = TableWriter::new(File::create(path)?, single.chain(lists).collect())?;
    let items: Vec<u32> = (0..log.items().len() as u32).collect();
    for items in items.chunks(ROWS) {
        file.write(shape.read(log, items))?;
    }
    file.finish()
}
