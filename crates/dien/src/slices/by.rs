//! By what slices are told apart.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Origin};

/// A column, and how its values make slices.
///
/// - `category`: each value is a slice. Of a column of numbers (kind `dense`) its buckets are, or else five
///   parts of about as many rows; so are times.
/// - `price:10`: so many parts of about as many rows. Rows of one value are never parted.
/// - `age:18/30/50`: ranges between these bounds; a bound is in the range above it.
///
/// Of a log a column is a feature of its schema or else a column of its files, which no feature need read.
/// Whatever the data, `user` (a log's column of kind `group`), `item`, `label` and `history_length`, the
/// number of events that a target sees, are there, unless the schema has a column of that name; of behaviours
/// beside these what the model reads of an item. Columns of lists make no slices.
///
/// ```
/// use dien::slices::SliceBy;
///
/// let by: SliceBy = "price:10".parse()?;
/// assert_eq!((by.column(), by.to_string()), ("price", "price:10".to_owned()));
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SliceBy {
    column: String,
    pub(super) cut: Option<Cut>,
}

/// What a column's slices are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cut {
    Values,
    /// So many parts of about as many rows.
    Quantiles(usize),
    /// Ranges between these, ascending, each the first of the range above it.
    Bounds(Vec<f64>),
}

impl SliceBy {
    /// By a column's values, or what its kind suggests.
    pub fn new(column: impl Into<String>) -> Self {
        SliceBy { column: column.into(), cut: None }
    }

    /// In so many parts of about as many rows.
    #[must_use]
    pub fn quantiles(self, parts: usize) -> Self {
        SliceBy { cut: Some(Cut::Quantiles(parts.max(1))), ..self }
    }

    /// In ranges between these bounds, which are put in order.
    ///
    /// # Panics
    /// If a bound is NaN.
    #[must_use]
    #[track_caller]
    pub fn bounds(self, mut bounds: Vec<f64>) -> Self {
        assert!(bounds.iter().all(|bound| !bound.is_nan()), "bounds of slices: {bounds:?} has a NaN");
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        SliceBy { cut: Some(Cut::Bounds(bounds)), ..self }
    }

    /// The column.
    pub fn column(&self) -> &str {
        &self.column
    }
}

impl FromStr for SliceBy {
    type Err = Error;

    /// # Errors
    /// There is no column's name; no part, or bounds that are none.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |expected: &str| Error::Option {
            origin: Origin::Argument(text.into()),
            option: "by".into(),
            found: format!("`{text}`"),
            expected: expected.into(),
        };
        let (column, cut) = match text.rsplit_once(':') {
            Some((column, cut)) if cut.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)) => {
                (column, Some(cut))
            }
            _ => (text, None),
        };
        if column.is_empty() {
            return Err(wrong("a column, `COLUMN:PARTS` or `COLUMN:BOUND/BOUND/…`"));
        }
        let by = SliceBy::new(column);
        let Some(cut) = cut else { return Ok(by) };
        if !cut.contains('/') {
            let parts = cut.parse::<usize>().ok().filter(|parts| *parts > 0);
            return Ok(by.quantiles(parts.ok_or_else(|| wrong("a number of parts, at least 1"))?));
        }
        let bounds = cut.split('/').filter(|bound| !bound.is_empty()).map(|bound| bound.parse::<f64>());
        let bounds = bounds.collect::<Result<Vec<_>, _>>().map_err(|_| wrong("numbers between `/`"))?;
        // A NaN does not ascend either, unless it is alone.
        if bounds.iter().any(|bound| bound.is_nan()) {
            return Err(wrong("numbers between `/`"));
        }
        if !bounds.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(wrong("bounds that ascend"));
        }
        Ok(by.bounds(bounds))
    }
}

/// As it is parsed.
impl fmt::Display for SliceBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.column)?;
        match &self.cut {
            None | Some(Cut::Values) => Ok(()),
            Some(Cut::Quantiles(parts)) => write!(f, ":{parts}"),
            Some(Cut::Bounds(bounds)) => {
                let bounds: Vec<String> = bounds.iter().map(f64::to_string).collect();
                write!(f, ":{}/", bounds.join("/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let parse = |text: &str| text.parse::<SliceBy>();
        assert_eq!(parse("category").unwrap(), SliceBy::new("category"));
        assert_eq!(parse("item_id:token").unwrap(), SliceBy::new("item_id:token"));
        assert_eq!(parse("price:10").unwrap(), SliceBy::new("price").quantiles(10));
        assert_eq!(parse("age:-1/0.5/9").unwrap(), SliceBy::new("age").bounds(vec![9.0, -1.0, 0.5]));
        for by in [SliceBy::new("a"), SliceBy::new("a").quantiles(3), SliceBy::new("a").bounds(vec![2.5])] {
            assert_eq!(parse(&by.to_string()).unwrap(), by);
        }
        for (text, expected) in [
            ("", "a column"),
            (":3", "a column"),
            ("a:0", "parts"),
            ("a:1/x", "numbers"),
            ("a:1/nan", "numbers"),
            ("a:2/1", "ascend"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
