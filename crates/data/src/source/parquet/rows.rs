//! The rows of a file, block by block, whatever its row groups are.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::column::reader::get_column_reader;
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;

use super::super::guard::guarded;
use super::pages::FilledPages;
use super::read::{ReadColumn, reader};
use super::{damaged, open, schema};
use crate::error::DataError;
use crate::schema::Source;
use crate::source::column::{Column, TextLists};
use crate::source::lists::{ListCounts, ListSyntax};
use crate::source::{Block, Broken, Places, Wanted};

/// The wanted columns of a file, `rows` rows at a time.
pub(in crate::source) fn blocks(
    path: &Path,
    source: &Source,
    wanted: &[Wanted],
    rows: usize,
) -> Result<Rows, DataError> {
    let file = open(path)?;
    let schema = file.metadata().file_metadata().schema_descr();
    let mut columns = vec![];
    for column in wanted {
        let leaf = schema::find(path, schema, column)?;
        let texts = column.depth > leaf.levels.len();
        let lists = texts.then(|| ListSyntax::of(source, false));
        let (name, nested) = (column.name.clone(), column.depth == 2);
        columns.push(Reading { name, leaf: leaf.index, reader: reader(&leaf), lists, nested });
    }
    Ok(Rows { path: path.into(), file, columns, rows, next: 1, groups: 0, left: 0, failed: false })
}

/// Blocks of rows.
pub(in crate::source) struct Rows {
    path: Arc<Path>,
    file: SerializedFileReader<File>,
    columns: Vec<Reading>,
    /// Rows of a block.
    rows: usize,
    /// The next row, counted from 1.
    next: u64,
    /// Row groups that were begun.
    groups: usize,
    /// Rows left of the last of them.
    left: usize,
    failed: bool,
}

struct Reading {
    name: String,
    /// Its place among the columns of values.
    leaf: usize,
    reader: Box<dyn ReadColumn>,
    /// How texts hold lists, where they do.
    lists: Option<ListSyntax>,
    /// Whether they hold lists of lists.
    nested: bool,
}

impl Iterator for Rows {
    type Item = Result<Block, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let (first, mut rows) = (self.next, 0);
        while rows < self.rows {
            match guarded(|| self.read(self.rows - rows)) {
                Ok(0) => break,
                Ok(read) => rows += read,
                Err(found) => {
                    self.failed = true;
                    let found = format!("from row {first} on: {found}");
                    return Some(Err(damaged(&self.path, found)));
                }
            }
        }
        self.next += rows as u64;
        (rows > 0).then(|| {
            let mut broken = vec![];
            let cells = self.columns.iter_mut().map(|column| column.take(&mut broken));
            let (columns, lists) = cells.unzip();
            broken.sort_by_key(Broken::row);
            broken.dedup_by_key(|broken| broken.row());
            let file = Arc::clone(&self.path);
            Ok(Block { file, places: Places::Rows(first), rows, columns, lists, broken })
        })
    }
}

impl Reading {
    /// The cells that were read; lists, if texts hold them.
    fn take(&mut self, broken: &mut Vec<Broken>) -> (Column, ListCounts) {
        let (column, mut counts) = (self.reader.take(), ListCounts::default());
        let Some(syntax) = &self.lists else { return (column, counts) };
        let mut wrong = |row, [found, expected]: [String; 2]| {
            broken.push(Broken::new(row, format!("`{}`: {found}", self.name), expected));
        };
        if self.nested {
            return (syntax.nest(&column, wrong), counts);
        }
        let Column::Text(texts) = &column else { unreachable!("texts were found") };
        let mut lists = TextLists::default();
        for row in 0..texts.len() {
            let cell = texts.get(row).unwrap_or_default();
            syntax.push(cell, &mut lists, &mut counts).unwrap_or_else(|fault| wrong(row, fault));
        }
        (lists.into(), counts)
    }
}

impl Rows {
    /// Adds up to so many rows, of one row group; none are left if none are added.
    fn read(&mut self, most: usize) -> Result<usize, String> {
        while self.left == 0 {
            if self.groups == self.file.num_row_groups() {
                return Ok(0);
            }
            self.left = self.begin(self.groups).map_err(|e| e.to_string())?;
            self.groups += 1;
        }
        let rows = most.min(self.left);
        for column in &mut self.columns {
            column.reader.read(rows).map_err(|found| format!("column `{}`: {found}", column.name))?;
        }
        self.left -= rows;
        Ok(rows)
    }

    /// Begins a row group; tells how many rows it has.
    fn begin(&mut self, group: usize) -> Result<usize, ParquetError> {
        let group = self.file.get_row_group(group)?;
        for column in &mut self.columns {
            let pages = FilledPages(group.get_column_page_reader(column.leaf)?);
            let of = group.metadata().schema_descr().column(column.leaf);
            column.reader.begin(get_column_reader(of, Box::new(pages)));
        }
        Ok(usize::try_from(group.metadata().num_rows())?)
    }
}
