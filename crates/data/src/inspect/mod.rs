//! A look at a log: what its columns hold, and a schema that might fit.

mod column;
mod propose;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

pub use column::ColumnStats;

use crate::error::DataError;
use crate::schema::{Schema, Source};
use crate::source::{self, Blocks, ReadReport, Unread};

const BLOCK_ROWS: usize = 4096;

/// What the columns of a log hold.
#[derive(Clone, Debug)]
pub struct TableStats {
    source: Source,
    rows: u64,
    /// Whether there are no others.
    whole: bool,
    columns: Vec<ColumnStats>,
    /// What is not read.
    unread: Vec<Unread>,
    /// What was read, and what of it may be a mistake.
    report: ReadReport,
    /// Pairs of list columns that have one length in every row.
    aligned: Vec<(usize, usize)>,
}

impl TableStats {
    /// Looks at all rows of a source, or at the first `most`; names in the source are relative to `base`.
    ///
    /// # Errors
    /// A file cannot be read, has not the first one's columns, or has no rows.
    pub fn of(source: &Source, base: &Path, most: Option<u64>) -> Result<Self, DataError> {
        let source::Columns { wanted, unread, separator } = source::columns(source, base)?;
        let mut source = source.clone();
        source.csv.separator = source.csv.separator.or(separator.map(Into::into));
        let source = &source;
        let mut columns: Vec<ColumnStats> =
            wanted.iter().map(|w| ColumnStats::new(&w.name, w.list)).collect();
        let lists: Vec<usize> = (0..wanted.len()).filter(|&i| wanted[i].list).collect();
        let mut aligned: Vec<(usize, usize)> = vec![];
        for (n, &i) in lists.iter().enumerate() {
            aligned.extend(lists[n + 1..].iter().map(|&j| (i, j)));
        }
        let (mut rows, most) = (0, most.unwrap_or(u64::MAX));
        let (mut blocks, mut whole) = (Blocks::open(source, base, wanted, BLOCK_ROWS)?, true);
        for block in &mut blocks {
            let block = block?;
            let taken = block.rows.min(usize::try_from(most - rows).unwrap_or(usize::MAX));
            for (stats, column) in columns.iter_mut().zip(&block.columns) {
                stats.add(column, taken);
            }
            aligned.retain(|&(i, j)| column::same_lengths(&block.columns[i], &block.columns[j]));
            rows += taken as u64;
            if rows >= most {
                whole = false;
                break;
            }
        }
        if rows == 0 {
            return Err(DataError::log(blocks.into_report().to_string(), "no rows", "a log with some"));
        }
        let report = blocks.into_report();
        Ok(TableStats { source: source.clone(), rows, whole, columns, unread, report, aligned })
    }

    /// The rows that were looked at.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Every column, in the file's order.
    pub fn columns(&self) -> &[ColumnStats] {
        &self.columns
    }

    /// What may be a mistake, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.report.warnings();
        let names = self.columns.iter().map(ColumnStats::name).chain(self.unread.iter().map(|u| &*u.name));
        let numbers = names.filter(|name| name.parse::<f64>().is_ok()).count();
        if 3 * numbers > self.columns.len() + self.unread.len() {
            let say = "the first line looks like a row, not like names: `header = false` in `[source.csv]`";
            warnings.push(format!("{say}, or `--no-header`, reads it as one"));
        }
        warnings
    }

    /// A schema that might fit, for a person to edit; it may name no label, if no column looks like one.
    pub fn propose(&self) -> Schema {
        propose::schema(self)
    }
}

impl fmt::Display for TableStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} rows, {} columns", self.rows, self.columns.len())?;
        self.columns.iter().try_for_each(|column| write!(f, "\n{column}"))?;
        let mut unread = self.unread.iter();
        unread.try_for_each(|Unread { name, reason }| writeln!(f, "\n{name}: not read: {reason}"))?;
        self.warnings().iter().try_for_each(|warning| writeln!(f, "\nwarning: {warning}"))
    }
}
