//! RecBole's atomic files: tabs between fields, and `name:type` in the header.

use std::path::Path;

use super::log_builder::{LogBuilder, each_line, rating, time, wrong};
use super::{find, need};
use crate::error::DataError;
use crate::log::Log;

pub(super) fn read(path: &Path) -> Result<Log, DataError> {
    let inter = need(path, "`NAME.inter`", |n| n.ends_with(".inter"))?;
    let items = if path.is_dir() { find(path, |n| n.ends_with(".item"))? } else { None };
    let columns = match &items {
        Some(items) => header(items)?.into_iter().filter(|(name, _)| name != "item_id").collect(),
        None => vec![],
    };
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut builder = LogBuilder::new(&names);
    let fields = header(&inter)?;
    let place = |name: &str| fields.iter().position(|(n, _)| n == name);
    let need = |name: &str| {
        let known = crate::error::quoted(fields.iter().map(|(n, _)| n));
        place(name).ok_or_else(|| {
            DataError::file(&inter, format!("no column `{name}`"), format!("it among {known}"))
        })
    };
    let (user, item, at, score) = (need("user_id")?, need("item_id")?, need("timestamp")?, place("rating"));
    each_line(&inter, |text, line| {
        if line == 1 {
            return Ok(());
        }
        let cells = cells(&inter, text, line, fields.len())?;
        if cells[user].is_empty() || cells[item].is_empty() {
            return Err(wrong(&inter, line, "user_id or item_id", "", "an id"));
        }
        let score = rating(&inter, line, score.map_or("", |score| cells[score]))?;
        builder.behaviour(cells[user], cells[item], time(&inter, line, cells[at])?, score);
        Ok(())
    })?;
    if let Some(items) = &items {
        let fields = header(items)?;
        let id = fields.iter().position(|(name, _)| name == "item_id");
        let id = id.ok_or_else(|| DataError::file(items, "no column `item_id`", "one"))?;
        each_line(items, |text, line| {
            if line == 1 {
                return Ok(());
            }
            let cells = cells(items, text, line, fields.len())?;
            let values = fields.iter().zip(&cells).enumerate().filter(|(i, _)| *i != id);
            let values = values.map(|(_, ((_, kind), cell))| match kind.as_str() {
                // Sequences have spaces between their tokens.
                "token_seq" | "float_seq" => cell.split(' ').collect::<Vec<_>>().join("|"),
                _ => (*cell).to_owned(),
            });
            builder.describe(cells[id], values.collect());
            Ok(())
        })?;
    }
    builder.log(&inter)
}

fn cells<'a>(path: &Path, text: &'a str, line: u64, columns: usize) -> Result<Vec<&'a str>, DataError> {
    let cells: Vec<&str> = text.split('\t').collect();
    match cells.len() == columns {
        true => Ok(cells),
        false => Err(wrong(
            path,
            line,
            "the whole",
            text,
            &format!("{columns} fields between tabs, as in the header"),
        )),
    }
}

/// Names and types.
fn header(path: &Path) -> Result<Vec<(String, String)>, DataError> {
    let mut found = vec![];
    each_line(path, |text, line| {
        if line == 1 {
            found = text
                .split('\t')
                .map(|f| f.split_once(':').unwrap_or((f, "token")))
                .map(|(n, t)| (n.into(), t.into()))
                .collect();
        }
        Ok(())
    })?;
    match found.is_empty() {
        true => Err(DataError::file(path, "an empty file", "a header such as `user_id:token`")),
        false => Ok(found),
    }
}
