//! The table of the items, which a model is served with.

use std::fs::File;
use std::io;
use std::path::Path;

use super::schema::Shape;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::source::{CellType, Column, Field, TableWriter, TextColumn, TextLists};

/// Rows written at once.
const ROWS: usize = 1 << 14;

/// Writes a row for each item of the log.
pub(super) fn write(log: &Log, path: &Path) -> Result<(), DataError> {
    table(log, path).map_err(|source| DataError::io(path, "write")(source))
}

fn table(log: &Log, path: &Path) -> io::Result<()> {
    let shape = Shape::of(log);
    let single = shape.single.iter().map(|(name, _)| Field::new(name, CellType::Text));
    let lists = shape.lists.iter().map(|(name, _)| Field::new(name, CellType::Texts));
    let mut file = TableWriter::new(File::create(path)?, single.chain(lists).collect())?;
    let items: Vec<u32> = (0..log.items().len() as u32).collect();
    for items in items.chunks(ROWS) {
        let mut columns: Vec<Column> = vec![];
        for (_, column) in &shape.single {
            let mut cells = TextColumn::default();
            items.iter().for_each(|&item| cells.push(Some(shape.cell(log, item, *column))));
            columns.push(cells.into());
        }
        for (_, column) in &shape.lists {
            let mut cells = TextLists::default();
            items.iter().for_each(|&item| cells.push(log.values(shape.cell(log, item, Some(*column)))));
            columns.push(cells.into());
        }
        file.write(columns)?;
    }
    file.finish()
}
