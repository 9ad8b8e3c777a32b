//! Behaviours in any order, gathered by user.

use std::io::{BufRead, BufReader};
use std::path::Path;

use dien_serving::FileError;
use indexmap::IndexMap;

use crate::error::DataError;
use crate::files;
use crate::log::{Event, Item, Log, User};

/// A log that grows. Users and items are in the order in which they come.
pub(super) struct LogBuilder {
    columns: Vec<String>,
    users: IndexMap<String, Vec<Event>>,
    /// Items of behaviours, with their cells.
    items: IndexMap<String, Vec<String>>,
}

impl LogBuilder {
    /// Items will have these columns.
    pub fn new(columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        LogBuilder { columns, users: IndexMap::new(), items: IndexMap::new() }
    }

    /// A behaviour.
    pub fn behaviour(&mut self, user: &str, item: &str, time: i64, rating: Option<f32>) {
        let place = match self.items.get_index_of(item) {
            Some(place) => place,
            None => {
                let cells = vec![String::new(); self.columns.len()];
                self.items.insert_full(item.to_owned(), cells).0
            }
        };
        let event = Event { item: place as u32, time, rating };
        match self.users.get_mut(user) {
            Some(events) => events.push(event),
            None => drop(self.users.insert(user.to_owned(), vec![event])),
        }
    }

    /// What is known of an item; of those without behaviours nothing is of interest.
    pub fn describe(&mut self, item: &str, cells: Vec<String>) {
        if let Some(known) = self.items.get_mut(item) {
            *known = cells;
        }
    }

    /// Everyone's behaviours by time; those of one time in the order in which they came.
    pub fn log(self, path: &Path) -> Result<Log, DataError> {
        if self.users.is_empty() {
            return Err(DataError::file(path, "no behaviour", "at least one"));
        }
        let mut log = Log::new(self.columns);
        for (id, cells) in self.items {
            log.add_item(Item { id, cells })?;
        }
        for (id, mut events) in self.users {
            events.sort_by_key(|e| e.time);
            log.add_user(User { id, events, ..User::default() })?;
        }
        Ok(log)
    }
}

/// Calls `line` with each line of a file and its number; bytes that are no UTF-8 are taken as Latin-1, which
/// older sets are in.
pub(super) fn each_line(
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut reader = BufReader::new(files::open(path)?);
    let (mut bytes, mut number) = (vec![], 0);
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(DataError::io(path, "read"))? == 0 {
            return Ok(());
        }
        number += 1;
        while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
            bytes.pop();
        }
        if bytes.is_empty() {
            continue;
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => line(text, number)?,
            Err(_) => line(&bytes.iter().map(|&b| char::from(b)).collect::<String>(), number)?,
        }
    }
}

/// What is wrong with a field of a line.
pub(super) fn wrong(path: &Path, line: u64, field: &str, found: &str, expected: &str) -> DataError {
    FileError::field(path, line, field, format!("`{found}`"), expected).into()
}

/// A time as an integer; those with a fraction are cut.
pub(super) fn time(path: &Path, line: u64, text: &str) -> Result<i64, DataError> {
    let whole =
        text.parse().ok().or_else(|| text.parse::<f64>().ok().filter(|x| x.is_finite()).map(|x| x as i64));
    whole.ok_or_else(|| wrong(path, line, "timestamp", text, "a number"))
}

/// A rating.
pub(super) fn rating(path: &Path, line: u64, text: &str) -> Result<Option<f32>, DataError> {
    match text.parse::<f32>() {
        _ if text.is_empty() => Ok(None),
        Ok(x) if x.is_finite() => Ok(Some(x)),
        _ => Err(wrong(path, line, "rating", text, "a number")),
    }
}
