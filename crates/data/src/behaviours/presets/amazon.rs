//! Amazon's reviews and metadata, JSON lines of any year.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::folder::{Folder, is_json, plain};
use super::json;
use super::lines::{each_line, first_line, wrong};
use super::log_builder::{Cell, LogBuilder};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::time::Time;

/// Who reviewed, by the year's names.
const USER: [&str; 2] = ["reviewerID", "user_id"];

/// What was reviewed. Since 2023 `asin` is one colour or size of the product `parent_asin`, which is what the
/// metadata describes; before, `asin` was the product.
const ITEM: [&str; 2] = ["parent_asin", "asin"];

const TIME: [&str; 2] = ["unixReviewTime", "timestamp"];

/// Whether a folder has reviews.
pub(super) fn is_there(folder: &Folder) -> bool {
    !of_kind(folder, is_review).is_empty()
}

pub(super) fn read(folder: &Folder, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
    let mut reviews = of_kind(folder, is_review);
    if reviews.is_empty() {
        // A file that begins with something else: reading it says what is wrong.
        reviews = folder.matching(|n| is_json(n) && !n.starts_with("meta"));
    }
    if reviews.is_empty() {
        return Err(folder.lacks("reviews, a `.json` or `.jsonl` file"));
    }
    let metas = of_kind(folder, is_meta);
    one_a_category(folder, "the reviews of a category", &reviews)?;
    one_a_category(folder, "the metadata of a category", &metas)?;
    let mut builder = LogBuilder::new(options, &["category"], &[]);
    let paths: Vec<_> = reviews.iter().map(|name| folder.file(name)).collect();
    for path in &paths {
        read_reviews(&mut builder, path)?;
    }
    for name in &metas {
        read_meta(&mut builder, &folder.file(name))?;
    }
    builder.log(&paths[0])
}

fn read_reviews(builder: &mut LogBuilder<'_>, path: &Path) -> Result<(), DataError> {
    each_line(path, |text, line| {
        let review = object(path, text, line)?;
        let rating = ["overall", "rating"].iter().find_map(|name| review[*name].as_f64());
        let (user, item) = (id(path, line, &review, USER)?, id(path, line, &review, ITEM)?);
        let at = TIME.iter().find_map(|name| match &review[*name] {
            Value::Number(number) => Time::parse(&number.to_string()),
            Value::String(text) => Time::parse(text),
            _ => None,
        });
        let at = at.ok_or_else(|| wrong(path, line, TIME[0], &review[TIME[0]].to_string(), "a number"))?;
        builder.behaviour(user, item, at, rating.map(|x| x as f32));
        Ok(())
    })
}

fn read_meta(builder: &mut LogBuilder<'_>, path: &Path) -> Result<(), DataError> {
    each_line(path, |text, line| {
        let item = object(path, text, line)?;
        let id = id(path, line, &item, ITEM)?;
        if builder.has_item(id) {
            builder.describe(id, [Cell::One(category(&item).unwrap_or_default())]);
        }
        Ok(())
    })
}

/// The last of the first path of categories; of the forms that have one list, its last; of an item with an
/// empty one, its `main_category`.
fn category(item: &Value) -> Option<&str> {
    let list = |value: &'_ Value| value.as_array().filter(|list| !list.is_empty()).is_some();
    let path = match &item["categories"] {
        Value::Array(paths) if paths.first().is_some_and(list) => &paths[0],
        path @ Value::Array(_) if list(path) => path,
        _ => &item["category"],
    };
    let last = path.as_array().and_then(|path| path.last()?.as_str()).filter(|last| !last.is_empty());
    last.or_else(|| item["main_category"].as_str())
}

/// The names of the JSON files whose first line passes.
fn of_kind(folder: &Folder, is_kind: fn(&Value) -> bool) -> Vec<&str> {
    let begins = |name: &str| {
        let line = first_line(&folder.at(name)).ok().flatten();
        line.and_then(|line| json::parse(&line)).is_some_and(|value| is_kind(&value))
    };
    folder.matching(|name| is_json(name) && begins(name))
}

fn is_review(value: &Value) -> bool {
    let has = |names: [&str; 2]| names.iter().any(|name| value[*name].is_string());
    has(USER) && has(ITEM)
}

fn is_meta(value: &Value) -> bool {
    let has = |names: [&str; 2]| names.iter().any(|name| value[*name].is_string());
    !has(USER) && has(ITEM)
}

/// That no category is there twice: `Beauty` and its core `Beauty_5`, a file and its `.gz`.
fn one_a_category(folder: &Folder, what: &str, names: &[&str]) -> Result<(), DataError> {
    let mut of: HashMap<String, Vec<&str>> = HashMap::new();
    for &name in names {
        let stem = plain(name).rsplit_once('.').map_or(name, |(stem, _)| stem);
        let stem = ["reviews_", "meta_"].iter().find_map(|start| stem.strip_prefix(start)).unwrap_or(stem);
        let core = stem.rsplit_once('_').filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()));
        of.entry(core.map_or(stem, |(stem, _)| stem).to_lowercase()).or_default().push(name);
    }
    match of.values().find(|names| names.len() > 1) {
        Some(names) => Err(folder.ambiguous(what, names)),
        None => Ok(()),
    }
}

fn id<'a>(path: &Path, line: u64, of: &'a Value, names: [&str; 2]) -> Result<&'a str, DataError> {
    let found = names.iter().find_map(|name| of[*name].as_str()).filter(|id| !id.is_empty());
    // The name that all years have in common, or the oldest.
    let name = if names == ITEM { "asin" } else { names[0] };
    found.ok_or_else(|| wrong(path, line, name, &of[name].to_string(), "an id, a text"))
}

fn object(path: &Path, text: &str, line: u64) -> Result<Value, DataError> {
    let start: String = text.chars().take(60).collect();
    let expected = "an object a line, in JSON or as Python writes it";
    json::parse(text).filter(Value::is_object).ok_or_else(|| wrong(path, line, "the whole", &start, expected))
}
