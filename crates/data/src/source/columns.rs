//! Which columns a file has.

use std::path::Path;

use super::csv::Csv;
use super::faults::Faults;
use super::guess::Samples;
#[cfg(feature = "parquet")]
use super::parquet;
use super::{Blanks, Unread, Wanted, files, json};
use crate::error::DataError;
use crate::schema::{Format, Source};

/// Rows of a text that tell whether a column holds lists.
const LOOKED_AT: usize = 1000;

/// The columns of a source's first file.
pub(crate) struct Columns {
    /// Those that are read. A column of a text holds lists where its first fields look like ones.
    pub wanted: Vec<Wanted>,
    /// Those that are not: of Parquet what is neither texts, numbers nor lists of such.
    pub unread: Vec<Unread>,
    /// What stands between a list's ids, where the source does not say, but its fields do.
    pub separator: Option<&'static str>,
}

/// The columns of a source's first file.
pub(crate) fn columns(source: &Source, base: &Path) -> Result<Columns, DataError> {
    let files = files::list(source, base)?.files;
    files::check_regular(&files)?;
    let path = &files[0];
    let (wanted, unread) = match files::format(source, path)? {
        Format::Csv => return Ok(csv_columns(path, source)?.with_partitions(path)),
        Format::Json => json::columns(path, source, LOOKED_AT)?,
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::columns(path)?,
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(DataError::not_built(path, "Parquet", "parquet")),
    };
    Ok(Columns { wanted, unread, separator: None }.with_partitions(path))
}

impl Columns {
    /// With those that the file's folders name.
    fn with_partitions(mut self, path: &Path) -> Self {
        for (key, _) in files::partitions(path) {
            self.wanted.retain(|column| column.name != key);
            self.wanted.push(Wanted::single(key));
        }
        self
    }
}

fn csv_columns(path: &Path, source: &Source) -> Result<Columns, DataError> {
    let mut csv = Csv::open(path, source)?;
    let mut samples = vec![Samples::default(); csv.names.len()];
    let mut faults = Faults::default();
    for _ in 0..LOOKED_AT {
        let Some(row) = csv.read()? else { break };
        if !faults.is_right(row.line, row.fault) {
            continue;
        }
        for (i, samples) in samples.iter_mut().enumerate() {
            samples.add(csv.field(i).unwrap_or_default(), &csv.lists);
        }
    }
    faults.check(path)?;
    let usual = samples.iter().any(|samples| samples.are_lists(&csv.lists));
    // One separator is there for all; which it is, the columns tell together if none has the usual one.
    let separator = match usual || csv.lists.is_given() {
        true => None,
        false => samples.iter().find_map(Samples::separator),
    };
    let (mut wanted, mut unread) = (vec![], vec![]);
    for (i, samples) in samples.iter().enumerate() {
        let name = csv.names[i].clone();
        let list = samples.are_lists(&csv.lists) || separator.is_some() && samples.separator() == separator;
        let nested = samples.are_nested();
        if csv.names.iter().filter(|other| **other == name).count() > 1 {
            unread.push(Unread { name, reason: "one of several of its name".into() });
        } else if nested {
            wanted.push(Wanted::nested(name, Blanks::DroppedAtEnd));
        } else if list {
            wanted.push(Wanted::lists(name, Blanks::DroppedAtEnd));
        } else {
            wanted.push(Wanted::single(name));
        }
    }
    Ok(Columns { wanted, unread, separator })
}
