//! Any log of behaviours, by the names of its columns.

mod columns;
mod items;
mod paths;
mod rows;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Serialize;

pub use columns::{ColumnNames, RowFilter};

use super::log_builder::{LogBuilder, Shown};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::schema::Source;
use crate::skipped::OnError;
use crate::time::Time;
use items::Features;
use rows::{Field, Row, each_row};

/// Any log of behaviours: CSV, TSV, Parquet or JSON lines with a row a behaviour, in any order.
///
/// Of its columns `user`, `item` and `time` are needed, `rating` is one that [`ReadOptions::min_rating`] is
/// about, `action` one that a [filter](Self::filters) is about; all others are what is known of the item.
///
/// ```no_run
/// use dien_data::ReadOptions;
/// use dien_data::presets::EventLog;
///
/// let columns = "user=visitorid,item=itemid,time=timestamp".parse().unwrap();
/// let mut log = EventLog::new(["events.csv"], columns);
/// log.filters.push("event=view,addtocart".parse().unwrap());
/// let (log, report) = log.read(&ReadOptions::default())?;
/// println!("{report}{} users", log.users().len());
/// # Ok::<(), dien_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventLog {
    /// Where the behaviours are.
    pub sources: Vec<Source>,
    /// What their columns are.
    pub columns: ColumnNames,
    /// Of a log of labelled impressions, the column that says whether what was shown was clicked: 0 or 1.
    /// Then each row is a target, and its history what the user clicked before, at earlier times.
    pub label: Option<String>,
    /// Which rows are behaviours: those that pass all.
    pub filters: Vec<RowFilter>,
    /// How times are written, in the words of `strftime`, where they are neither numbers nor ISO 8601.
    pub time_format: Option<String>,
    /// What is known of the items, in a table of its own.
    pub items: Option<ItemSource>,
    /// What becomes of a row with something wrong in it.
    pub on_error: OnError,
}

/// A table of items.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ItemSource {
    /// Where it is.
    pub source: Source,
    /// What its columns are: `item`, and what is known of it.
    pub columns: ColumnNames,
    /// Which of its rows count.
    pub filters: Vec<RowFilter>,
}

/// What a behaviour has beside what is known of its item.
const ROLES: [&str; 5] = ["user", "item", "time", "rating", "action"];

impl ItemSource {
    /// The items of a file, a glob or a folder.
    pub fn new(files: impl Into<String>, columns: ColumnNames) -> Self {
        let source = Source { files: Some(files.into()), ..Source::default() };
        ItemSource { source, columns, filters: vec![] }
    }
}

impl EventLog {
    /// The behaviours of these files, globs or folders.
    pub fn new<S: Into<String>>(files: impl IntoIterator<Item = S>, columns: ColumnNames) -> Self {
        let source = |files: S| Source { files: Some(files.into()), ..Source::default() };
        EventLog { sources: files.into_iter().map(source).collect(), columns, ..EventLog::default() }
    }

    /// Reads the behaviours, then the items.
    ///
    /// # Errors
    /// There is no such file or column; which there are is told. A row has no user, no item or no time, and
    /// [`on_error`](Self::on_error) is to fail.
    pub fn read(&self, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
        #[cfg(not(feature = "dates"))]
        if let Some(format) = &self.time_format {
            let expected = "a build with the feature `dates`, or times of ISO 8601 or numbers";
            return Err(DataError::option("time_format", format!("`{format}`"), expected));
        }
        let lists = options.lists.clone().unwrap_or_default();
        let of_rows = Features::of(&self.columns, &ROLES, &lists);
        let of_items = self.items.as_ref().map(|items| Features::of(&items.columns, &["item"], &lists));
        let all: Vec<&Features> = [Some(&of_rows), of_items.as_ref()].into_iter().flatten().collect();
        let names: Vec<&str> = all.iter().flat_map(|features| features.names()).collect();
        if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            let expected = "each feature of an item from one of the two tables";
            return Err(DataError::log("columns", format!("`{}` twice", twice.1), expected));
        }
        if let Some(unknown) = lists.iter().find(|list| !names.contains(&list.as_str())) {
            let expected = format!("one of the items' features: {}", crate::error::quoted(&names));
            return Err(DataError::option("lists", format!("`{unknown}`"), expected));
        }
        let lists: Vec<&str> = lists.iter().map(String::as_str).collect();
        let mut builder = LogBuilder::new(options, &names, &lists);
        let mut of_rows = of_rows;
        let mut files = self.read_rows(&mut builder, &mut of_rows, options)?;
        of_rows.describe(&mut builder, 0);
        if let (Some(items), Some(mut features)) = (&self.items, of_items) {
            files.extend(items.read(&mut builder, &mut features)?);
            features.describe(&mut builder, of_rows.len());
        }
        let (log, mut report) = builder.log(&files[0])?;
        report.files = files.iter().map(|file| file.display().to_string()).collect();
        Ok((log, report))
    }

    fn read_rows(
        &self,
        builder: &mut LogBuilder<'_>,
        features: &mut Features,
        options: &ReadOptions,
    ) -> Result<Vec<PathBuf>, DataError> {
        let mut fields = vec![];
        let mut add = |name: &str, list: bool| {
            fields.push(Field { name: name.to_owned(), list });
            fields.len() - 1
        };
        let mut role = |name: &str| self.columns.get(name).map(|column| add(column, false));
        let [user, item, time, rating, _] = ROLES.map(&mut role);
        let (Some(user), Some(item), Some(time)) = (user, item, time) else {
            let found = self.columns.iter().map(|(name, column)| format!("{name}={column}"));
            let expected = "columns for `user`, `item` and `time`, such as `user=visitorid`";
            return Err(DataError::log("columns", found.collect::<Vec<_>>().join(","), expected));
        };
        if options.min_rating.is_some() && rating.is_none() {
            return Err(DataError::option("min_rating", "no rating", "a column for `rating`"));
        }
        let label = self.label.as_deref().map(|label| add(label, false));
        let filters = self.filters.iter().map(|filter| {
            let field = add(self.column_of(&filter.column), false);
            (field, filter, filter.reason())
        });
        let filters: Vec<(usize, &RowFilter, String)> = filters.collect();
        features.place(&mut add);
        let mut files = vec![];
        for source in &self.sources {
            files.extend(each_row(source, &fields, |row| {
                let mut others = filters.iter().filter(|(field, filter, _)| !filter.keeps(row.text(*field)));
                if let Some((.., reason)) = others.next().filter(|_| row.fault.is_none()) {
                    builder.leave_out(reason);
                    return Ok(());
                }
                match self.behaviour(row, [user, item, time], [rating, label]) {
                    Ok(shown) => {
                        features.take(shown.item, Some(shown.time), row);
                        builder.shown(shown);
                    }
                    Err(e) if self.on_error == OnError::Fail => return Err(e),
                    Err(_) => builder.leave_out("with something wrong in them"),
                }
                Ok(())
            })?);
        }
        Ok(files)
    }

    /// What a filter is about: a role, or a column.
    fn column_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.columns.get(name).unwrap_or(name)
    }

    fn behaviour<'r>(
        &self,
        row: &'r Row<'_>,
        [user, item, time]: [usize; 3],
        [rating, label]: [Option<usize>; 2],
    ) -> Result<Shown<'r>, DataError> {
        if let Some(fault) = &row.fault {
            return Err(DataError::log("row", fault.to_string(), "one that can be read"));
        }
        let wrong = |role: &str, found: Option<&str>, expected: &str| {
            let column = self.columns.get(role).unwrap_or(role).to_owned();
            let found = found.map_or("nothing".into(), |found| format!("`{found}`"));
            let (path, place) = (row.path.to_path_buf(), row.place());
            DataError::Cell { path, place, column, found, expected: expected.to_owned() }
        };
        let id = |role: &str, field: usize| row.text(field).ok_or_else(|| wrong(role, None, "an id"));
        let text = row.text(time);
        let at = text.and_then(|text| match &self.time_format {
            #[cfg(feature = "dates")]
            Some(format) => Time::parse_format(text, format),
            #[cfg(not(feature = "dates"))]
            Some(_) => unreachable!("refused"),
            None => Time::parse(text),
        });
        let expected = match &self.time_format {
            Some(format) => format!("a time of the form `{format}`"),
            None => "a number, or a date such as `2024-01-31T12:00:00`, or a form by `--time-format`".into(),
        };
        let at = at.ok_or_else(|| wrong("time", text, &expected))?;
        let rating = match rating.and_then(|rating| row.text(rating)) {
            None => None,
            Some(text) => match text.parse::<f32>() {
                Ok(x) if x.is_finite() => Some(x),
                _ => return Err(wrong("rating", Some(text), "a number")),
            },
        };
        let clicked = match label.map(|label| row.text(label)) {
            None => None,
            Some(Some("1" | "1.0" | "true" | "True" | "TRUE")) => Some(true),
            Some(Some("0" | "0.0" | "false" | "False" | "FALSE")) => Some(false),
            Some(found) => {
                let name = self.label.as_deref().unwrap_or_default();
                return Err(wrong(name, found, "0 or 1, false or true"));
            }
        };
        Ok(Shown { user: id("user", user)?, item: id("item", item)?, time: at, rating, clicked })
    }
}

impl ItemSource {
    fn read(&self, builder: &mut LogBuilder<'_>, features: &mut Features) -> Result<Vec<PathBuf>, DataError> {
        let Some(item) = self.columns.get("item") else {
            return Err(DataError::log(
                "item columns",
                "no `item`",
                "the column of its ids, such as `item=id`",
            ));
        };
        let mut fields = vec![];
        let mut add = |name: &str, list: bool| {
            fields.push(Field { name: name.to_owned(), list });
            fields.len() - 1
        };
        let item = add(item, false);
        let filters: Vec<(usize, &RowFilter)> =
            self.filters.iter().map(|filter| (add(&filter.column, false), filter)).collect();
        features.place(&mut add);
        each_row(&self.source, &fields, |row| {
            if let Some(fault) = &row.fault {
                return Err(DataError::log("items", fault.to_string(), "a row that can be read"));
            }
            let counts = filters.iter().all(|(field, filter)| filter.keeps(row.text(*field)));
            if let Some(id) = row.text(item).filter(|id| counts && builder.has_item(id)) {
                features.take(id, None, row);
            }
            Ok(())
        })
    }
}
