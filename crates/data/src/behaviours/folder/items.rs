//! `items.csv`.

use std::path::Path;

use crate::behaviours::log::{Item, Log};
use crate::behaviours::table::Table;
use crate::error::DataError;

/// A log with the items, and no users yet; none if there is no such file.
pub(super) fn read(folder: &Path) -> Result<Option<Log>, DataError> {
    let Some(mut table) = Table::open(folder, "items.csv")? else { return Ok(None) };
    let item = table.column("item")?;
    let names: Vec<String> = table.header().map(str::to_string).collect();
    for name in &names {
        table.column(name)?;
    }
    let place = names.iter().position(|n| n == "item").expect("found above");
    let mut log = Log::new(names.iter().filter(|n| *n != "item").cloned());
    while table.next()? {
        let id = table.id(item)?;
        if log.item(id).is_some() {
            return Err(table.error(item, "each item once"));
        }
        let cells =
            table.cells().enumerate().filter(|(i, _)| *i != place).map(|(_, c)| c.to_string()).collect();
        log.add_item(Item { id: id.into(), cells })?;
    }
    Ok(Some(log))
}
