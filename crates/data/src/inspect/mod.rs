//! A look at a log: what its columns hold, and a schema that might fit.

mod column;
mod dialect;
mod padding;
mod proposal;
mod propose;
mod split;
#[cfg(test)]
mod tests;
mod times;
mod twins;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

pub use column::ColumnStats;
pub use proposal::{ColumnRoles, LogForm, Proposal};

use crate::error::DataError;
use crate::schema::{Format, Schema, Source};
use crate::source::{self, Blocks, ReadReport, Unread};
use twins::Twins;

const BLOCK_ROWS: usize = 4096;

/// The files of a log: those of a folder or a glob, or the one.
///
/// # Errors
/// There is none.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let files = Some(path.to_string_lossy().into_owned());
    source::files(&Source { files, ..Source::default() }, Path::new(""))
}

/// All files of a folder, or the one; hidden ones are none.
///
/// # Errors
/// The folder cannot be read.
pub fn all_files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = vec![];
    for entry in std::fs::read_dir(path).map_err(DataError::io(path, "read"))? {
        let entry = entry.map_err(DataError::io(path, "read"))?;
        if entry.path().is_file() && !entry.file_name().to_string_lossy().starts_with('.') {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

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
    twins: Twins,
    /// What was found of how the files are written, a sentence each.
    dialect: Vec<String>,
    /// Rows that cannot be read, and what is wrong with the first.
    faults: u64,
    first_fault: Option<String>,
}

impl TableStats {
    /// Looks at all rows of a source, or at the first `most`; names in the source are relative to `base`.
    /// What it does not say of a CSV file's delimiter, and of texts that say that something is missing, is
    /// found.
    ///
    /// # Errors
    /// A file cannot be read, has not the first one's columns, or has no rows.
    pub fn of(source: &Source, base: &Path, most: Option<u64>) -> Result<Self, DataError> {
        let mut source = source.clone();
        let mut dialect: Vec<String> = dialect::delimiter(&mut source, base).into_iter().collect();
        let stats = Self::look(&source, base, most);
        let nulls: BTreeSet<String> = match (&stats, &source.csv.null) {
            // Lists of them are refused unless the source says what they mean.
            (Ok(stats), None) if stats.faults > 0 => dialect::NULLS.map(str::to_owned).into(),
            (Ok(stats), None) => stats.columns.iter().flat_map(ColumnStats::nullish).cloned().collect(),
            _ => BTreeSet::new(),
        };
        if nulls.is_empty() {
            return stats.map(|stats| TableStats { dialect, ..stats });
        }
        source.csv.null = Some(nulls.into_iter().collect());
        let again = match (Self::look(&source, base, most), stats) {
            (Ok(again), Ok(before)) if again.faults < before.faults || before.faults == 0 => again,
            (_, before) => return before.map(|before| TableStats { dialect, ..before }),
        };
        let nulls = crate::error::quoted(source.csv.null.iter().flatten());
        dialect.push(format!("{nulls} read as missing, by `null` in `[source.csv]`: a guess"));
        Ok(TableStats { dialect, ..again })
    }

    fn look(source: &Source, base: &Path, most: Option<u64>) -> Result<Self, DataError> {
        let source::Columns { wanted, unread, separator } = source::columns(source, base)?;
        let mut source = source.clone();
        source.csv.separator = source.csv.separator.or(separator.map(Into::into));
        let source = &source;
        let mut columns: Vec<ColumnStats> = wanted.iter().map(ColumnStats::new).collect();
        let lists: Vec<usize> = (0..wanted.len()).filter(|&i| wanted[i].is_list()).collect();
        let mut aligned: Vec<(usize, usize)> = vec![];
        for (n, &i) in lists.iter().enumerate() {
            aligned.extend(lists[n + 1..].iter().map(|&j| (i, j)));
        }
        let (mut rows, most) = (0, most.unwrap_or(u64::MAX));
        let (mut blocks, mut whole) = (Blocks::open(source, base, wanted, BLOCK_ROWS)?, true);
        let (mut twins, mut faults, mut first_fault) = (Twins::default(), 0, None);
        for block in &mut blocks {
            let block = block?;
            let taken = block.rows.min(usize::try_from(most - rows).unwrap_or(usize::MAX));
            let mut right = Vec::with_capacity(taken);
            for row in 0..taken {
                let fault = block.fault(row);
                // A row that cannot be taken apart says nothing of the columns.
                if fault.is_none() || !column::are_missing(&block.columns, row) {
                    right.push(row);
                }
                if let Some(error) = fault {
                    faults += 1;
                    first_fault.get_or_insert_with(|| error.to_string());
                }
            }
            for (stats, column) in columns.iter_mut().zip(&block.columns) {
                stats.add(column, &right);
            }
            twins.add(&block.columns, &columns, &right);
            aligned.retain(|&(i, j)| column::same_lengths(&block.columns[i], &block.columns[j], &right));
            rows += taken as u64;
            if rows >= most {
                whole = false;
                break;
            }
        }
        if rows == 0 {
            return Err(DataError::log(blocks.into_report().to_string(), "no rows", "a log with some"));
        }
        let (report, dialect) = (blocks.into_report(), vec![]);
        let source = source.clone();
        Ok(TableStats {
            source,
            rows,
            whole,
            columns,
            unread,
            report,
            aligned,
            twins,
            dialect,
            faults,
            first_fault,
        })
    }

    /// Where the rows are, and how they are written.
    pub fn source(&self) -> &Source {
        &self.source
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
        if self.begins_with_a_row() {
            let say = "the first line looks like a row, not like names: `header = false` in `[source.csv]`";
            warnings.push(format!("{say}, or `--no-header`, reads it as one"));
        }
        warnings
    }

    /// Whether the first line of a CSV file is rather a row than names: a third of its fields are numbers.
    pub fn begins_with_a_row(&self) -> bool {
        let has_header = self.source.csv.header.unwrap_or(true);
        if !has_header || self.format() != Some(Format::Csv) {
            return false;
        }
        let names = self.columns.iter().map(ColumnStats::name).chain(self.unread.iter().map(|u| &*u.name));
        let numbers = names.filter(|name| name.parse::<f64>().is_ok()).count();
        3 * numbers > self.columns.len() + self.unread.len()
    }

    /// A schema that might fit, for a person to edit; it may name no label, if no column looks like one.
    pub fn propose(&self) -> Schema {
        let proposal = self.proposal(&ColumnRoles::default()).expect("no column is named");
        proposal.schema().clone()
    }

    /// What the log may be, with what was guessed.
    ///
    /// # Errors
    /// There is no column of a role's name.
    pub fn proposal(&self, roles: &ColumnRoles) -> Result<Proposal, DataError> {
        let mut proposal = propose::proposal(self, roles)?;
        let faults = self.first_fault.iter().map(|first| {
            let (rows, of) = (if self.faults == 1 { "row" } else { "rows" }, self.faults);
            format!("{of} {rows} cannot be read, but are left out with `--on-error skip`; the first: {first}")
        });
        let unread = self.unread.iter();
        let unread = unread.map(|Unread { name, reason }| format!("`{name}` is not read: {reason}"));
        proposal.notes.extend(self.dialect.iter().cloned().chain(unread).chain(faults));
        Ok(proposal)
    }

    fn format(&self) -> Option<Format> {
        source::format(&self.source, &self.report.files.first()?.0)
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
