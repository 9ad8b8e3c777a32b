//! RecBole's atomic files: tabs between fields, and `name:type` in the header.

use std::path::{Path, PathBuf};

use super::folder::{Folder, plain};
use super::lines::{each_line, first_line, rating, time, wrong};
use super::log_builder::{Cell, LogBuilder};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::error::{DataError, quoted};

/// The parts of a benchmark's file, in their order in time.
const PARTS: [&str; 4] = ["train", "valid", "validation", "test"];

pub(super) fn is_one(name: &str) -> bool {
    plain(name).ends_with(".inter")
}

pub(super) fn read(folder: &Folder, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
    let inters = interactions(folder)?;
    let items = items(folder, &inters)?;
    let columns = match &items {
        Some(items) => header(items)?.into_iter().filter(|(name, _)| name != "item_id").collect(),
        None => vec![],
    };
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let lists: Vec<&str> =
        columns.iter().filter(|(_, kind)| is_list(kind)).map(|(n, _)| n.as_str()).collect();
    let mut builder = LogBuilder::new(options, &names, &lists);
    for path in &inters {
        read_interactions(&mut builder, path, options)?;
    }
    if let Some(items) = &items {
        read_items(&mut builder, items)?;
    }
    builder.log(&inters[0])
}

/// One `NAME.inter`, or the parts `NAME.train.inter`, `NAME.valid.inter` and `NAME.test.inter` of one.
fn interactions(folder: &Folder) -> Result<Vec<PathBuf>, DataError> {
    let what = "`NAME.inter`, or a benchmark's `NAME.train.inter`, `NAME.valid.inter` and `NAME.test.inter`";
    let names = folder.matching(is_one);
    let part = |name: &str| {
        let stem = plain(name).strip_suffix(".inter")?.rsplit_once('.')?;
        Some((PARTS.iter().position(|part| *part == stem.1)?, stem.0.to_owned()))
    };
    let mut parts: Vec<(usize, String, &str)> =
        names.iter().filter_map(|name| part(name).map(|(place, stem)| (place, stem, *name))).collect();
    parts.sort();
    let of_one = parts.len() == names.len()
        && parts.windows(2).all(|pair| pair[0].1 == pair[1].1 && pair[0].0 != pair[1].0);
    match names[..] {
        [] => Err(folder.lacks(what)),
        [name] => Ok(vec![folder.file(name)]),
        _ if of_one => Ok(parts.iter().map(|(_, _, name)| folder.file(name)).collect()),
        _ => Err(folder.ambiguous(what, &names)),
    }
}

/// The items of these interactions, if they are there.
fn items(folder: &Folder, inters: &[PathBuf]) -> Result<Option<PathBuf>, DataError> {
    let is_item = |name: &str| plain(name).ends_with(".item");
    let stem = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        plain(&name).split('.').next().unwrap_or_default().to_owned()
    };
    let own = |name: &str| is_item(name) && stem(Path::new(name)) == stem(&inters[0]);
    match folder.matching(own).is_empty() {
        true => folder.only("`NAME.item`", is_item),
        false => folder.only("`NAME.item`", own),
    }
}

fn read_interactions(
    builder: &mut LogBuilder<'_>,
    path: &Path,
    options: &ReadOptions,
) -> Result<(), DataError> {
    let fields = header(path)?;
    let place = |name: &str| fields.iter().position(|(n, _)| n == name);
    let need = |name: &str| {
        let known = quoted(fields.iter().map(|(n, _)| n));
        place(name)
            .ok_or_else(|| DataError::file(path, format!("no column `{name}`"), format!("it among {known}")))
    };
    let (user, item, at) = (need("user_id")?, need("item_id")?, need("timestamp")?);
    let score = if options.min_rating.is_some() { Some(need("rating")?) } else { place("rating") };
    let label = place("label");
    each_line(path, |text, line| {
        if line == 1 {
            return Ok(());
        }
        let cells = cells(path, text, line, fields.len())?;
        if cells[user].is_empty() || cells[item].is_empty() {
            return Err(wrong(path, line, "user_id or item_id", "", "an id"));
        }
        match label.map(|label| cells[label].parse::<f32>()) {
            Some(Ok(0.0)) => {
                builder.leave_out("with `label` 0: seen, and nothing done");
                return Ok(());
            }
            None | Some(Ok(1.0)) => {}
            Some(_) => return Err(wrong(path, line, "label", cells[label.unwrap_or(0)], "0 or 1")),
        }
        let score = rating(path, line, score.map_or("", |score| cells[score]))?;
        builder.behaviour(cells[user], cells[item], time(path, line, cells[at])?, score);
        Ok(())
    })
}

fn read_items(builder: &mut LogBuilder<'_>, path: &Path) -> Result<(), DataError> {
    let fields = header(path)?;
    let id = fields.iter().position(|(name, _)| name == "item_id");
    let id = id.ok_or_else(|| DataError::file(path, "no column `item_id`", "one"))?;
    each_line(path, |text, line| {
        if line == 1 {
            return Ok(());
        }
        let cells = cells(path, text, line, fields.len())?;
        let others = fields.iter().zip(&cells).enumerate().filter(|(i, _)| *i != id);
        let others = others.map(|(_, ((_, kind), cell))| match is_list(kind) {
            // Spaces stand between its tokens.
            true => Cell::List(cell.split(' ').collect()),
            false => Cell::One(cell),
        });
        builder.describe(cells[id], others);
        Ok(())
    })
}

fn is_list(kind: &str) -> bool {
    matches!(kind, "token_seq" | "float_seq")
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
    let Some(text) = first_line(path)? else {
        return Err(DataError::file(path, "an empty file", "a header such as `user_id:token`"));
    };
    let fields = text.split('\t').map(|field| field.split_once(':').unwrap_or((field, "token")));
    Ok(fields.map(|(name, kind)| (name.into(), kind.trim().into())).collect())
}
