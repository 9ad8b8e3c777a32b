//! Taobao's `UserBehavior.csv`: user, item, category, kind of behaviour and time, without a header.

use std::path::Path;

use super::log_builder::{LogBuilder, each_line, time, wrong};
use super::{need, plain};
use crate::error::DataError;
use crate::log::Log;

pub(super) fn read(path: &Path) -> Result<Log, DataError> {
    let path = need(path, "`UserBehavior.csv`", |n| plain(n).to_lowercase().ends_with(".csv"))?;
    let mut builder = LogBuilder::new(&["category"]);
    each_line(&path, |text, line| {
        let fields: Vec<&str> = text.split(',').collect();
        let [user, item, category, kind, at] = fields[..] else {
            let expected = "a user, an item, a category, a behaviour and a time";
            return Err(wrong(&path, line, "the whole", text, expected));
        };
        if !matches!(kind, "pv" | "buy" | "cart" | "fav") {
            return Err(wrong(&path, line, "behaviour", kind, "`pv`, `buy`, `cart` or `fav`"));
        }
        if user.is_empty() || item.is_empty() {
            return Err(wrong(&path, line, "user or item", "", "an id"));
        }
        let at = time(&path, line, at)?;
        if kind == "pv" {
            builder.behaviour(user, item, at, None);
            builder.describe(item, vec![category.into()]);
        }
        Ok(())
    })?;
    builder.log(&path)
}
