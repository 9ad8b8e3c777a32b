//! Blocks of a CSV file.
//!
//! ```text
//! Lines ─ records (a row of one line or several) ─ fields ─▶ columns
//! ```

mod dialect;
mod fields;
mod records;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use super::builder::BlockBuilder;
use super::lists::ListSyntax;
use super::{Block, Wanted, files, missing};
use crate::error::DataError;
use crate::schema::Source;
use dialect::Dialect;
use records::{Record, Records};

/// The most columns of a file.
const MOST_COLUMNS: usize = 1 << 16;

/// A file that is open, after its header.
pub(crate) struct Csv {
    pub names: Vec<String>,
    pub(in crate::source) lists: ListSyntax,
    records: Records,
    /// Whether the first row was read to learn how many fields there are.
    ahead: Option<u64>,
}

impl Csv {
    /// # Errors
    /// The file cannot be opened, or has no header.
    pub fn open(path: &Path, source: &Source) -> Result<Self, DataError> {
        let dialect = Dialect::of(source, path)?;
        let (header, names, typed) = (dialect.header, dialect.names.clone(), dialect.typed);
        let mut records = Records::open(path, dialect, MOST_COLUMNS)?;
        let expected = if header { "a header line" } else { "rows" };
        let Some(first) = records.read()? else {
            return Err(DataError::file(path, "an empty file", expected));
        };
        if let Some([found, expected]) = first.fault {
            return Err(DataError::file(path, format!("line {}: {found}", first.line), expected));
        }
        let count = records.count();
        if count > MOST_COLUMNS {
            let expected = format!("at most {MOST_COLUMNS}, and another `delimiter` may separate them");
            return Err(DataError::file(path, format!("{count} columns"), expected));
        }
        if header && count == 1 && records.field(0).is_some_and(|field| field.starts_with('#')) {
            let found = format!("line {}: one field, which begins with `#`", first.line);
            let expected = "a header line: with `comment = \"#\"` in `[source.csv]` this one is left out";
            return Err(DataError::file(path, found, expected));
        }
        let fields = (0..count).map(|i| records.field(i).unwrap_or_default());
        let name = |field: &str| match field.split_once(':') {
            Some((name, _)) if typed => name.to_owned(),
            _ => field.to_owned(),
        };
        let names = match (header, names) {
            (true, _) => fields.map(name).collect(),
            (false, None) => (1..=count).map(|i| format!("column_{i}")).collect(),
            (false, Some(names)) if names.len() == count => names,
            (false, Some(names)) => {
                let found = format!("line {}: {count} fields", first.line);
                return Err(DataError::file(path, found, format!("{}, as in `names`", names.len())));
            }
        };
        records.expect(count);
        let lists = ListSyntax::of(source, files::is_recbole(path));
        Ok(Csv { names, lists, records, ahead: (!header).then_some(first.line) })
    }

    /// The next row, whose fields are [`field`](Self::field)s.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self) -> Result<Option<Record>, DataError> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(Record { line, fault: None }));
        }
        self.records.read()
    }

    /// A field of the row that was read; none if it is missing.
    pub fn field(&self, i: usize) -> Option<&str> {
        self.records.field(i)
    }

    /// Where a column stands, which only one has the name of.
    fn place(&self, path: &Path, name: &str) -> Result<usize, DataError> {
        let mut places = self.names.iter().enumerate().filter(|(_, n)| *n == name).map(|(i, _)| i);
        let Some(place) = places.next() else {
            let numbers = self.names.iter().filter(|name| name.parse::<f64>().is_ok()).count();
            if 3 * numbers > self.names.len() {
                let found = format!("no column `{name}`, and a first line that looks like a row");
                let expected = "names of columns, or `header = false` and `names` in `[source.csv]`";
                return Err(DataError::file(path, found, expected));
            }
            return Err(missing(path, name, &self.names));
        };
        match places.next() {
            None => Ok(place),
            Some(_) => {
                let found = format!("two columns `{name}`, the {}th and another", place + 1);
                Err(DataError::file(path, found, "columns with names of their own"))
            }
        }
    }
}

/// The wanted columns of a file, up to `rows` rows at a time. Empty fields are missing; an empty list is one.
pub(super) fn blocks(
    path: &Path,
    source: &Source,
    wanted: &[Wanted],
    rows: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + use<>, DataError> {
    let mut csv = Csv::open(path, source)?;
    let places = wanted.iter().map(|column| csv.place(path, &column.name)).collect::<Result<Vec<_>, _>>()?;
    let (file, wanted): (Arc<Path>, Vec<Wanted>) = (path.into(), wanted.to_vec());
    Ok(std::iter::from_fn(move || block(&file, &mut csv, &wanted, &places, rows).transpose()))
}

fn block(
    file: &Arc<Path>,
    csv: &mut Csv,
    wanted: &[Wanted],
    places: &[usize],
    rows: usize,
) -> Result<Option<Block>, DataError> {
    let mut block = BlockBuilder::new(wanted);
    while !block.is_full(rows) {
        let Some(Record { line, mut fault }) = csv.read()? else { break };
        let whole = fault.is_none();
        for ((column, &at), of) in block.columns.iter_mut().zip(places).zip(wanted) {
            let field = if whole { csv.field(at) } else { None };
            if let Err([found, expected]) = column.push(field, &csv.lists) {
                fault.get_or_insert_with(|| [format!("`{}`: {found}", of.name), expected]);
            }
        }
        block.end_row(line, fault, csv.records.bytes());
    }
    Ok(block.finish(file))
}
