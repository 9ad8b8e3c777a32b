//! Rows of CSV and Parquet files, block by block, as columns of a few types.

mod cells;
mod column;
mod columns;
mod csv;
mod files;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use cells::Cells;
pub(crate) use column::{Column, ListColumn};
#[cfg(feature = "parquet")]
pub(crate) use column::{Primitive, TextColumn, TextLists};
pub(crate) use columns::columns;
pub(crate) use csv::wrong as wrong_csv;
#[cfg(all(test, feature = "parquet"))]
pub(crate) use parquet::tests::records;
#[cfg(feature = "parquet")]
pub(crate) use parquet::{CellType, Field, TableWriter};

use crate::error::DataError;
use crate::schema::{Format, Source};

/// A column that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its name in the files.
    pub name: String,
    /// Whether its cells are lists.
    pub list: bool,
}

/// Consecutive rows of one file.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub file: Arc<Path>,
    pub places: Places,
    pub rows: usize,
    /// One for each wanted column, in that order.
    pub columns: Vec<Column>,
    /// Rows that could not be taken apart, ascending: their cells are missing.
    pub broken: Vec<Broken>,
}

/// What is wrong with a row as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    row: usize,
    found: String,
    expected: String,
}

/// Where a block's rows stand in their file, counted from 1: rows of Parquet, lines of CSV.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "CSV has lines"))]
pub(crate) enum Places {
    Rows(u64),
    Lines(Vec<u64>),
}

impl Block {
    /// The place of a row, for people.
    pub fn place(&self, row: usize) -> String {
        match &self.places {
            Places::Rows(first) => format!("row {}", first + row as u64),
            Places::Lines(lines) => format!("line {}", lines[row]),
        }
    }

    /// What is wrong with a row as a whole.
    pub fn fault(&self, row: usize) -> Option<DataError> {
        let at = self.broken.binary_search_by_key(&row, |broken| broken.row).ok()?;
        let Broken { found, expected, .. } = &self.broken[at];
        Some(DataError::file(&self.file, format!("{}: {found}", self.place(row)), expected.clone()))
    }
}

/// Every row of a source, file by file.
pub(crate) struct Blocks {
    source: Source,
    wanted: Vec<Wanted>,
    block_rows: usize,
    files: std::vec::IntoIter<PathBuf>,
    open: Option<Box<dyn Iterator<Item = Result<Block, DataError>> + Send>>,
}

/// Every file of a source, by name; names in it are relative to `base`.
///
/// # Errors
/// There is no such file.
pub(crate) fn files(source: &Source, base: &Path) -> Result<Vec<PathBuf>, DataError> {
    files::list(source, base)
}

impl Blocks {
    /// Opens a source; names in it are relative to `base`.
    ///
    /// # Errors
    /// There is no such file.
    pub fn open(
        source: &Source,
        base: &Path,
        wanted: Vec<Wanted>,
        block_rows: usize,
    ) -> Result<Self, DataError> {
        let files = files::list(source, base)?.into_iter();
        Ok(Blocks { source: source.clone(), wanted, block_rows, files, open: None })
    }

    /// Changes the order in which the files are read, before the first is.
    pub fn reorder_files(&mut self, change: impl FnOnce(&mut [PathBuf])) {
        let mut files: Vec<PathBuf> = std::mem::take(&mut self.files).collect();
        change(&mut files);
        self.files = files.into_iter();
    }

    fn open_file(
        &self,
        path: &Path,
    ) -> Result<Box<dyn Iterator<Item = Result<Block, DataError>> + Send>, DataError> {
        Ok(match files::format(&self.source, path)? {
            #[cfg(feature = "parquet")]
            Format::Parquet => Box::new(parquet::blocks(path, &self.wanted, self.block_rows)?),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(DataError::not_built(path, "Parquet", "parquet")),
            Format::Csv => Box::new(csv::blocks(path, &self.source, &self.wanted, self.block_rows)?),
        })
    }
}

impl Iterator for Blocks {
    type Item = Result<Block, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(block) = self.open.as_mut().and_then(Iterator::next) {
                return Some(block);
            }
            self.open = None;
            let path = self.files.next()?;
            match self.open_file(&path) {
                Ok(blocks) => self.open = Some(blocks),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

/// That a file has not a column that is wanted.
fn missing<S: AsRef<str>>(path: &Path, wanted: &str, there: impl IntoIterator<Item = S>) -> DataError {
    let expected = format!("it among the file's columns, which are {}", crate::error::quoted(there));
    DataError::file(path, format!("no column `{wanted}`, which is wanted"), expected)
}
