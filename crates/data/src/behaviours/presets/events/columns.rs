//! What columns are called, and which rows count.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::quoted;

/// Which column is what: `user=visitorid,item=itemid,time=timestamp,category=categoryid`.
///
/// ```
/// use dien_data::presets::ColumnNames;
///
/// let names: ColumnNames = "user=visitorid,item=itemid,time".parse()?;
/// assert_eq!((names.get("user"), names.get("time")), (Some("visitorid"), Some("time")));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnNames(Vec<(String, String)>);

impl ColumnNames {
    /// The column that is this.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, column)| &**column)
    }

    /// All, in their order: what it is, and which column.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, column)| (&**name, &**column))
    }
}

/// Each name, and its column; of a name that comes twice the first counts.
impl FromIterator<(String, String)> for ColumnNames {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        ColumnNames(names.into_iter().collect())
    }
}

impl FromStr for ColumnNames {
    type Err = String;

    /// # Errors
    /// A name is empty, or there twice.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut names: Vec<(String, String)> = vec![];
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, column) = pair.split_once('=').unwrap_or((pair, pair));
            let (name, column) = (name.trim(), column.trim());
            if name.is_empty() || column.is_empty() {
                return Err(format!("`{pair}`; expected NAME=COLUMN"));
            }
            if names.iter().any(|(own, _)| own == name) {
                return Err(format!("`{name}` twice; expected each name once"));
            }
            names.push((name.to_owned(), column.to_owned()));
        }
        match names.is_empty() {
            true => Err("no names; expected such as `user=visitorid,item=itemid,time=timestamp`".into()),
            false => Ok(ColumnNames(names)),
        }
    }
}

/// The rows that count: `event=view,addtocart` are those whose `event` is one of the two, `event!=view` those
/// whose is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFilter {
    /// The column.
    pub column: String,
    /// What it may be, or may not be.
    pub values: Vec<String>,
    /// Whether the values are those that may not be.
    pub not: bool,
}

impl RowFilter {
    /// Whether a row with this cell counts; one that is missing is the empty text.
    pub(super) fn keeps(&self, cell: Option<&str>) -> bool {
        self.values.iter().any(|value| value == cell.unwrap_or_default()) != self.not
    }

    /// Why others are left out.
    pub(super) fn reason(&self) -> String {
        let not = if self.not { "" } else { "other than " };
        format!("whose `{}` is {not}{}", self.column, quoted(&self.values))
    }
}

impl FromStr for RowFilter {
    type Err = String;

    /// # Errors
    /// It has no `=`, or no column.
    fn from_str(text: &str) -> Result<Self, String> {
        let (column, values) = text.split_once('=').ok_or("no `=`; expected COLUMN=VALUE,VALUE")?;
        let (column, not) = column.strip_suffix('!').map_or((column, false), |column| (column, true));
        if column.trim().is_empty() {
            return Err("no column; expected COLUMN=VALUE,VALUE".into());
        }
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        Ok(RowFilter { column: column.trim().to_owned(), values, not })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_filters_are_read_or_refused() {
        let names: ColumnNames = "user=u, item=i,time".parse().unwrap();
        assert_eq!(names.iter().collect::<Vec<_>>(), [("user", "u"), ("item", "i"), ("time", "time")]);
        for (bad, said) in [("", "no names"), ("user=", "`user=`; expected"), ("a=b,a=c", "`a` twice")] {
            assert!(bad.parse::<ColumnNames>().unwrap_err().contains(said), "{bad}");
        }
        let filter: RowFilter = "event=view, addtocart".parse().unwrap();
        assert_eq!(
            [Some("view"), Some("addtocart"), Some("buy"), None].map(|c| filter.keeps(c)),
            [true, true, false, false]
        );
        assert_eq!(filter.reason(), "whose `event` is other than `view`, `addtocart`");
        let filter: RowFilter = "event!=view,".parse().unwrap();
        assert_eq!([Some("view"), Some("buy"), None].map(|c| filter.keeps(c)), [false, true, false]);
        assert!("event".parse::<RowFilter>().is_err() && "=x".parse::<RowFilter>().is_err());
    }
}
