//! Taobao's `UserBehavior.csv`: user, item, category, kind of behaviour and time, without a header.

use super::folder::{Folder, plain};
use super::log_builder::{Cell, LogBuilder};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::behaviours::table::Table;
use crate::error::DataError;
use crate::time::Time;

/// What the file has, without a header.
const COLUMNS: [&str; 5] = ["user", "item", "category", "behaviour", "timestamp"];

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
    let mut table = Table::without_header(&path, &COLUMNS)?;
    let [user, item, category, kind, at] = COLUMNS.map(|name| table.column(name));
    let (user, item, category, kind, at) = (user?, item?, category?, kind?, at?);
    while table.next()? {
        let (user, item) = (table.id(user)?, table.id(item)?);
        let time = Time::parse(table.cell(at)).ok_or_else(|| table.error(at, "a number, or a date"))?;
        match table.cell(kind) {
            "pv" => {
                builder.behaviour(user, item, time, None);
                builder.describe(item, [Cell::One(table.cell(category))]);
            }
            "buy" | "cart" | "fav" => builder.leave_out("that are no page views"),
            _ => return Err(table.error(kind, "`pv`, `buy`, `cart` or `fav`")),
        }
    }
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
