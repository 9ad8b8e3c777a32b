//! `interactions.csv`.

use std::path::Path;

use super::text::Table;
use crate::behaviours::log::{Event, Log, User};
use crate::error::DataError;
use crate::time::{Time, TimeUnit};

/// Adds the users and their events; the unit of their times, and how many are the nearest there are in it.
pub(super) fn read(folder: &Path, log: &mut Log) -> Result<(TimeUnit, u64), DataError> {
    let mut table = Table::require(folder, "interactions.csv")?;
    let [user, item, time] = [table.column("user")?, table.column("item")?, table.column("timestamp")?];
    let rating = table.optional("rating")?;
    let mut users: Vec<User> = vec![];
    let mut times: Vec<Time> = vec![];
    let mut known = std::collections::HashSet::new();
    while table.next()? {
        let id = table.id(user)?;
        let fresh = users.last().is_none_or(|current| current.id != id);
        if fresh {
            if !known.insert(id.to_owned()) {
                return Err(table.error(user, "a user's lines to stand together"));
            }
            users.push(User { id: id.into(), ..User::default() });
        }
        let item = log.item(table.id(item)?).ok_or_else(|| table.error(item, "an item of items.csv"))?;
        let at = Time::parse(table.cell(time));
        let at = at.ok_or_else(|| table.error(time, "a number, or a date such as `2024-01-31T12:00:00`"))?;
        if let Some(last) = times.last().filter(|last| !fresh && at < **last) {
            let expected = format!("{last} or later, as on the user's line before");
            return Err(table.error(time, expected));
        }
        let rating = match rating.filter(|&column| !table.cell(column).is_empty()) {
            None => None,
            Some(column) => match table.number::<f32>(column, "a number or nothing")? {
                value if value.is_finite() => Some(value),
                _ => return Err(table.error(column, "a finite number or nothing")),
            },
        };
        times.push(at);
        users.last_mut().expect("pushed above").events.push(Event { item, time: 0, rating });
    }
    let unit = TimeUnit::of(times.iter().copied());
    let (mut times, mut rounded) = (times.into_iter(), 0);
    for mut user in users {
        for (event, at) in user.events.iter_mut().zip(times.by_ref()) {
            let (time, exact) = unit.apply(at).expect("one of those that the unit fits");
            (event.time, rounded) = (time, rounded + u64::from(!exact));
        }
        log.add_user(user)?;
    }
    Ok((unit, rounded))
}
