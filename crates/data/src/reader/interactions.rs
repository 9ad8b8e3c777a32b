//! `interactions.csv`.

use std::path::Path;

use super::text::Table;
use crate::error::DataError;
use crate::log::{Event, Log, User};

/// Adds the users and their events.
pub(super) fn read(folder: &Path, log: &mut Log) -> Result<(), DataError> {
    let mut table = Table::require(folder, "interactions.csv")?;
    let [user, item, time] = [table.column("user")?, table.column("item")?, table.column("timestamp")?];
    let rating = table.optional("rating")?;
    let mut current = User::default();
    while table.next()? {
        let id = table.id(user)?;
        if id != current.id {
            if log.user(id).is_some() {
                return Err(table.error(user, "a user's lines to stand together"));
            }
            let next = User { id: id.into(), ..User::default() };
            add(log, std::mem::replace(&mut current, next))?;
        }
        let item = log.item(table.id(item)?).ok_or_else(|| table.error(item, "an item of items.csv"))?;
        let at: i64 = table.number(time, "a whole number")?;
        if let Some(last) = current.events.last().filter(|last| at < last.time) {
            let expected = format!("{} or later, as on the user's line before", last.time);
            return Err(table.error(time, expected));
        }
        let rating = match rating.filter(|&column| !table.cell(column).is_empty()) {
            None => None,
            Some(column) => match table.number::<f32>(column, "a number or nothing")? {
                value if value.is_finite() => Some(value),
                _ => return Err(table.error(column, "a finite number or nothing")),
            },
        };
        current.events.push(Event { item, time: at, rating });
    }
    add(log, current)
}

fn add(log: &mut Log, user: User) -> Result<(), DataError> {
    if !user.id.is_empty() {
        log.add_user(user)?;
    }
    Ok(())
}
