//! `targets_real.csv`.

use std::path::Path;

use crate::behaviours::log::{Log, RealTarget};
use crate::behaviours::table::Table;
use crate::error::DataError;

/// Adds the real targets, if the file is there.
pub(super) fn read(folder: &Path, log: &mut Log) -> Result<(), DataError> {
    let Some(mut table) = Table::open(folder, "targets_real.csv")? else { return Ok(()) };
    let [user, position, item, label] =
        [table.column("user")?, table.column("position")?, table.column("item")?, table.column("label")?];
    while table.next()? {
        let index =
            log.user(table.id(user)?).ok_or_else(|| table.error(user, "a user of interactions.csv"))?;
        let target = log.item(table.id(item)?).ok_or_else(|| table.error(item, "an item of items.csv"))?;
        let events = &log.users()[index as usize].events;
        let place: u32 = table.number(position, "a whole number from 1")?;
        let event = (place as usize).checked_sub(1).and_then(|i| events.get(i));
        let Some(event) = event else {
            return Err(table
                .error(position, format!("one of the user's {} behaviours, counted from 1", events.len())));
        };
        if event.item != target {
            let there = &log.items()[event.item as usize].id;
            return Err(table.error(item, format!("`{there}`, the item at the user's position {place}")));
        }
        let label = match table.cell(label) {
            "0" => false,
            "1" => true,
            _ => return Err(table.error(label, "0 or 1")),
        };
        let targets = &mut log.user_mut(index).targets;
        if let Some(last) = targets.last().filter(|last| place <= last.position) {
            let expected = format!("a position above {}, the user's last", last.position);
            return Err(table.error(position, expected));
        }
        targets.push(RealTarget { position: place, item: target, label });
    }
    Ok(())
}
