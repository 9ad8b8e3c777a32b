//! Taobao's `UserBehavior.csv`: user, item, category, kind of behaviour and time, without a header.

use super::folder::{Folder, plain};
use super::lines::{each_line, time, wrong};
use super::log_builder::{Cell, LogBuilder};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::time::Time;

/// The set's nine days, 25 November to 3 December 2017 in China: from its first second to the one after its
/// last.
const DAYS: [i64; 2] = [1_511_539_200, 1_512_316_800];

/// Days on both sides of the median that a cut of other days may have.
const AROUND: i64 = 30 * 86_400;

pub(super) fn is_one(name: &str) -> bool {
    plain(name).eq_ignore_ascii_case("userbehavior.csv")
}

pub(super) fn read(folder: &Folder, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
    let what = "`UserBehavior.csv`";
    let path = match folder.only(what, is_one)? {
        Some(path) => path,
        None => folder.need(what, |n| plain(n).to_lowercase().ends_with(".csv"))?,
    };
    let mut builder = LogBuilder::new(options, &["category"], &[]);
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
            builder.describe(item, [Cell::One(category)]);
        } else {
            builder.leave_out("that are no page views");
        }
        Ok(())
    })?;
    leave_out_bad_times(&mut builder);
    builder.log(&path)
}

/// Of the set as it is published some times are wrong, from before 1970 to 2037.
fn leave_out_bad_times(builder: &mut LogBuilder<'_>) {
    let mut times: Vec<Time> = builder.times().collect();
    times.sort_unstable();
    let Some(&median) = times.get(times.len() / 2) else { return };
    let of_set = |time: Time| (Time::from(DAYS[0])..Time::from(DAYS[1])).contains(&time);
    if of_set(median) {
        builder.leave_out_times("at times outside 2017-11-25 to 2017-12-03, the set's days", of_set);
    } else {
        let near = |time: Time| time.minus(median).abs() <= AROUND as f64;
        builder.leave_out_times("at times more than 30 days from the median", near);
    }
}
