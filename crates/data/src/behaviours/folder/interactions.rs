//! `interactions.csv`.

use std::path::Path;

use dien_serving::encoding::canonical;
use indexmap::IndexMap;

use crate::behaviours::log::{Event, Item, Log, User};
use crate::behaviours::table::Table;
use crate::error::DataError;
use crate::roles::Role;
use crate::time::{Time, TimeUnit};

/// What is to know of what was read.
pub(super) struct Read {
    /// The unit of the times.
    pub unit: TimeUnit,
    /// How many are the nearest there are in it.
    pub rounded: u64,
    /// What was decided where the file says nothing.
    pub told: Vec<String>,
}

/// Adds the users and their events, and, if so, their items.
pub(super) fn read(folder: &Path, log: &mut Log, add_items: bool) -> Result<Read, DataError> {
    let mut table = Table::require(folder, "interactions.csv")?;
    let mut told = vec![];
    let mut named = |name: &str, role: Role| {
        let (column, other) = table.column_like(name, role)?;
        told.extend(other.map(|other| format!("interactions.csv: `{other}` is taken for the {name}")));
        Ok::<_, DataError>(column)
    };
    let user = named("user", Role::User)?;
    let item = named("item", Role::Item)?;
    let time = named("timestamp", Role::Time)?;
    let rating = table.optional("rating")?;
    let mut users: IndexMap<String, (User, Vec<Time>)> = IndexMap::new();
    while table.next()? {
        let id = table.id(user)?;
        let key = canonical(id);
        let place = match users.get_index_of(&*key) {
            Some(place) => place,
            None => {
                let new = (User { id: id.into(), ..User::default() }, vec![]);
                users.insert_full(key.into_owned(), new).0
            }
        };
        let id = table.id(item)?;
        let known = match log.item(id) {
            None if add_items => Some(log.add_item(Item { id: id.into(), cells: vec![] })?),
            known => known,
        };
        let item = known.ok_or_else(|| table.error(item, "an item of items.csv"))?;
        let at = Time::parse(table.cell(time));
        let at = at.ok_or_else(|| table.error(time, "a number, or a date such as `2024-01-31T12:00:00`"))?;
        let rating = match rating.filter(|&column| !table.cell(column).is_empty()) {
            None => None,
            Some(column) => match table.number::<f32>(column, "a number or nothing")? {
                value if value.is_finite() => Some(value),
                _ => return Err(table.error(column, "a finite number or nothing")),
            },
        };
        let (user, times) = &mut users[place];
        user.events.push(Event { item, time: 0, rating });
        times.push(at);
    }
    let unit = TimeUnit::of(users.values().flat_map(|(_, times)| times).copied());
    let mut rounded = 0;
    for (mut user, times) in users.into_values() {
        for (event, at) in user.events.iter_mut().zip(&times) {
            let (time, exact) = unit.apply(*at).expect("one of those that the unit fits");
            (event.time, rounded) = (time, rounded + u64::from(!exact));
        }
        if !times.is_sorted() {
            let mut order: Vec<usize> = (0..times.len()).collect();
            order.sort_by_key(|&at| times[at]);
            user.events = order.into_iter().map(|at| user.events[at]).collect();
        }
        log.add_user(user)?;
    }
    Ok(Read { unit, rounded, told })
}
