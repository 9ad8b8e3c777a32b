//! Rows of CSV, Parquet and JSON files, block by block, as columns of a few types.

mod align;
mod builder;
mod cells;
mod column;
mod columns;
mod csv;
mod faults;
mod files;
mod guard;
mod guess;
mod json;
mod lines;
mod lists;
mod memory;
mod nested_lists;
mod origin;
#[cfg(feature = "parquet")]
mod parquet;
mod partitions;
mod report;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use align::Blanks;
pub(crate) use cells::{Cells, TextForm};
#[cfg(feature = "parquet")]
pub(crate) use column::Primitive;
#[cfg(all(test, feature = "parquet"))]
pub(crate) use column::TimeUnit;
pub(crate) use column::{Column, ListColumn, TextColumn, TextLists};
pub(crate) use columns::{Columns, columns};
pub(crate) use csv::Csv;
pub use guard::is_guarded;
pub(crate) use lines::Lines;
pub use memory::{Cell, InMemory, Row, RowBatch, RowBatches, RowSource, RowSources};
#[cfg(feature = "parquet")]
pub(crate) use nested_lists::NestedLists;
pub(crate) use origin::Origin;
#[cfg(all(test, feature = "parquet"))]
pub(crate) use parquet::tests::records;
#[cfg(feature = "parquet")]
pub(crate) use parquet::{CellType, Field, TableWriter};
pub use report::ReadReport;

use crate::error::DataError;
use crate::schema::{Format, Source};
use lists::ListCounts;

/// How a file is written, if the source or the file's name tells it.
pub(crate) fn format(source: &Source, file: &Path) -> Option<Format> {
    files::format(source, file).ok()
}

/// A column that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its name in the files.
    pub name: String,
    /// How many lists are around a value: 0 of single cells, 2 of lists of lists.
    pub depth: usize,
    /// What becomes of its lists' pieces that hold nothing.
    pub blanks: Blanks,
}

impl Wanted {
    /// A column of single cells.
    pub fn single(name: impl Into<String>) -> Self {
        Wanted { name: name.into(), depth: 0, blanks: Blanks::Dropped }
    }

    /// A column of lists.
    pub fn lists(name: impl Into<String>, blanks: Blanks) -> Self {
        Wanted { name: name.into(), depth: 1, blanks }
    }

    /// A column of lists of lists.
    pub fn nested(name: impl Into<String>, blanks: Blanks) -> Self {
        Wanted { name: name.into(), depth: 2, blanks }
    }

    /// Whether its cells are lists, be it of lists.
    pub fn is_list(&self) -> bool {
        self.depth > 0
    }
}

/// Consecutive rows of one file.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub file: Arc<Path>,
    pub places: Places,
    pub rows: usize,
    /// One for each wanted column, in that order.
    pub columns: Vec<Column>,
    /// For each wanted column, what its lists held, where texts hold them.
    pub lists: Vec<ListCounts>,
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

impl Broken {
    fn new(row: usize, found: String, expected: String) -> Self {
        Broken { row, found, expected }
    }

    fn row(&self) -> usize {
        self.row
    }
}

/// A column that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Its name in the files.
    pub name: String,
    /// What it holds.
    pub reason: String,
}

/// Where a block's rows stand in their file, counted from 1: rows of Parquet, lines of CSV.
#[derive(Clone, Debug)]
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
pub(crate) struct Blocks<'a> {
    source: Source,
    wanted: Vec<Wanted>,
    block_rows: usize,
    files: std::vec::IntoIter<PathBuf>,
    open: Option<Box<dyn Iterator<Item = Result<Block, DataError>> + Send + 'a>>,
    report: ReadReport,
}

/// Every file of a source, by name; names in it are relative to `base`.
///
/// # Errors
/// There is no such file.
pub(crate) fn files(source: &Source, base: &Path) -> Result<Vec<PathBuf>, DataError> {
    Ok(files::list(source, base)?.files)
}

/// That a source can be read more than once.
///
/// # Errors
/// One of its files is a pipe, or there is none.
pub(crate) fn check_regular(source: &Source, base: &Path) -> Result<(), DataError> {
    files::check_regular(&files(source, base)?)
}

impl<'a> Blocks<'a> {
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
        let listed = files::list(source, base)?;
        let report = ReadReport::of(&wanted, listed.left_out);
        let files = listed.files.into_iter();
        Ok(Blocks { source: source.clone(), wanted, block_rows, files, open: None, report })
    }

    /// Opens rows that are in no file; `source` says how texts hold lists.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn of_rows(
        rows: &'a dyn RowSource,
        source: &Source,
        wanted: Vec<Wanted>,
        block_rows: usize,
    ) -> Result<Self, DataError> {
        let mut report = ReadReport::of(&wanted, vec![]);
        report.begin(Path::new(rows.name()));
        let open = memory::blocks(rows, source, &wanted, block_rows)?;
        let (source, files) = (source.clone(), vec![].into_iter());
        Ok(Blocks { source, wanted, block_rows, files, open: Some(Box::new(open)), report })
    }

    /// Changes the order in which the files are read, before the first is.
    pub fn reorder_files(&mut self, change: impl FnOnce(&mut [PathBuf])) {
        let mut files: Vec<PathBuf> = std::mem::take(&mut self.files).collect();
        change(&mut files);
        self.files = files.into_iter();
    }

    /// What was read so far.
    pub fn into_report(self) -> ReadReport {
        self.report
    }

    fn open_file(
        &self,
        path: &Path,
    ) -> Result<Box<dyn Iterator<Item = Result<Block, DataError>> + Send + 'a>, DataError> {
        let (keys, wanted) = partitions::split(path, &self.wanted);
        let blocks: Box<dyn Iterator<Item = _> + Send + 'a> = match files::format(&self.source, path)? {
            #[cfg(feature = "parquet")]
            Format::Parquet => Box::new(parquet::blocks(path, &self.source, &wanted, self.block_rows)?),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(DataError::not_built(path, "Parquet", "parquet")),
            Format::Csv => Box::new(csv::blocks(path, &self.source, &wanted, self.block_rows)?),
            Format::Json => Box::new(json::blocks(path, &self.source, &wanted, self.block_rows)?),
        };
        Ok(match keys.is_empty() {
            true => blocks,
            false => Box::new(blocks.map(move |block| Ok(partitions::add(block?, &keys)))),
        })
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(block) = self.open.as_mut().and_then(Iterator::next) {
                return Some(block.map(|mut block| {
                    let dropped = align::align(&mut block, &self.wanted);
                    self.report.add(&block, &dropped);
                    block
                }));
            }
            self.open = None;
            let path = self.files.next()?;
            self.report.begin(&path);
            match self.open_file(&path) {
                Ok(blocks) => self.open = Some(blocks),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

/// What cells are expected to be that have so many lists around a value.
fn expected(depth: usize) -> &'static str {
    match depth {
        0 => "single values",
        1 => "lists of ids, for a sequence",
        _ => "lists of lists of ids, one an event, as the candidate's column has lists itself",
    }
}

/// That a file has not a column that is wanted.
fn missing<S: AsRef<str>>(path: &Path, wanted: &str, there: impl IntoIterator<Item = S>) -> DataError {
    let expected = format!("it among the file's columns, which are {}", crate::error::quoted(there));
    DataError::file(path, format!("no column `{wanted}`, which is wanted"), expected)
}
