//! `negatives.csv`.

use std::collections::HashSet;
use std::path::Path;

use crate::behaviours::log::Log;
use crate::behaviours::table::Table;
use crate::error::DataError;

/// Fixes the negative of each user, if there is such a file; returns how many lines name a user without
/// behaviours.
pub(super) fn read(folder: &Path, log: &mut Log) -> Result<usize, DataError> {
    let Some(mut table) = Table::open(folder, "negatives.csv")? else { return Ok(0) };
    let (user, item) = (table.column("user")?, table.column("item")?);
    let mut unknown = HashSet::new();
    while table.next()? {
        let id = table.id(user)?;
        let negative = log.item(table.id(item)?).ok_or_else(|| table.error(item, "an item of items.csv"))?;
        let fresh = match log.user(id) {
            Some(index) => log.user_mut(index).negative.replace(negative).is_none(),
            None => unknown.insert(id.to_string()),
        };
        if !fresh {
            return Err(table.error(user, "each user once"));
        }
    }
    Ok(unknown.len())
}
