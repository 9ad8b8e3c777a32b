//! Amazon's reviews and metadata, JSON lines of any year.

use std::path::Path;

use serde_json::Value;

use super::log_builder::{LogBuilder, each_line, wrong};
use super::{find, is_json, json, need};
use crate::error::DataError;
use crate::log::Log;

pub(super) fn read(path: &Path) -> Result<Log, DataError> {
    let reviews =
        need(path, "reviews, a `.json` or `.jsonl` file", |n| is_json(n) && !n.starts_with("meta"))?;
    let meta = if path.is_dir() { find(path, |n| is_json(n) && n.starts_with("meta"))? } else { None };
    let mut builder = LogBuilder::new(&["category"]);
    each_line(&reviews, |text, line| {
        let review = object(&reviews, text, line)?;
        let id = |names: &[&str]| {
            let found = names.iter().find_map(|name| review[*name].as_str()).filter(|id| !id.is_empty());
            found.ok_or_else(|| wrong(&reviews, line, names[0], &shown(&review[names[0]]), "an id, a text"))
        };
        let number = |names: &[&str]| names.iter().find_map(|name| review[*name].as_f64());
        let (user, item) = (id(&["reviewerID", "user_id"])?, id(&["asin", "parent_asin"])?);
        let at = number(&["unixReviewTime", "timestamp"]);
        let at = at.ok_or_else(|| {
            wrong(&reviews, line, "unixReviewTime", &shown(&review["unixReviewTime"]), "a number")
        })?;
        builder.behaviour(user, item, at as i64, number(&["overall", "rating"]).map(|x| x as f32));
        Ok(())
    })?;
    if let Some(meta) = &meta {
        each_line(meta, |text, line| {
            let item = object(meta, text, line)?;
            let id = ["asin", "parent_asin"].iter().find_map(|name| item[*name].as_str());
            let id = id.ok_or_else(|| wrong(meta, line, "asin", &shown(&item["asin"]), "an id, a text"))?;
            builder.describe(id, vec![category(&item).unwrap_or_default().to_owned()]);
            Ok(())
        })?;
    }
    builder.log(&reviews)
}

/// The last of the first path of categories; of the forms that have one list, its last.
fn category(item: &Value) -> Option<&str> {
    let list = |value: &'_ Value| value.as_array().filter(|list| !list.is_empty()).is_some();
    let path = match &item["categories"] {
        Value::Array(paths) if paths.first().is_some_and(list) => &paths[0],
        path @ Value::Array(_) if list(path) => path,
        _ => &item["category"],
    };
    path.as_array()?.last()?.as_str()
}

fn object(path: &Path, text: &str, line: u64) -> Result<Value, DataError> {
    let start: String = text.chars().take(60).collect();
    json::parse(text)
        .filter(Value::is_object)
        .ok_or_else(|| wrong(path, line, "the whole", &start, "an object, in JSON or as Python writes it"))
}

fn shown(value: &Value) -> String {
    value.to_string()
}
