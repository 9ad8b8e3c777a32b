//! How CSV files are written, where nobody says it.

use std::path::Path;

use crate::schema::Source;
use crate::source;

/// What may stand between fields where no comma does.
const DELIMITERS: [char; 3] = [';', '\t', '|'];

/// Texts that say that a list is missing.
pub(super) const NULLS: [&str; 8] = ["NULL", "null", "\\N", "nan", "NaN", "None", "NA", "<NA>"];

/// Sets the delimiter, if only with another one than the usual the first line has several columns; what is
/// said of it.
pub(super) fn delimiter(source: &mut Source, base: &Path) -> Option<String> {
    let columns = |source: &Source| {
        let columns = source::columns(source, base).ok()?;
        Some(columns.wanted.len() + columns.unread.len())
    };
    if source.csv.delimiter.is_some() || columns(source).is_some_and(|columns| columns > 1) {
        return None;
    }
    let with = |delimiter| {
        let mut other = source.clone();
        other.csv.delimiter = Some(delimiter);
        other
    };
    let found = DELIMITERS.into_iter().find(|&one| columns(&with(one)).is_some_and(|columns| columns > 1))?;
    source.csv.delimiter = Some(found);
    Some(format!("fields stand between {found:?}, by `delimiter` in `[source.csv]`: a guess"))
}
