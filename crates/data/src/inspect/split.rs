//! Which rows might be held out.

use super::TableStats;
use crate::schema::{ColumnKind, Part, Schema, Split};

/// The shares that validate and test.
const SHARE: f64 = 0.1;

/// Seeds that are tried until each part has a group.
const SEEDS: u64 = 64;

/// A split that leaves something to each part, by group or else by time; and what is said of it.
pub(super) fn split(stats: &TableStats, schema: &Schema) -> (Option<Split>, String) {
    let column = |kind| {
        let (name, _) = schema.of_kind(kind).next()?;
        stats.columns.iter().find(|c| c.name() == name)
    };
    if let Some(groups) = column(ColumnKind::Group) {
        let by = |seed| Split::Group { validation: SHARE, test: SHARE, seed };
        let parts = |split: &Split| {
            let mut parts = [false; 3];
            groups.ids().iter().for_each(|id| parts[split.part(id, 0) as usize] = true);
            parts == [true; 3]
        };
        if let Some(split) = (0..SEEDS).map(by).find(|split| parts(split)) {
            let name = groups.name();
            return (Some(split), format!("split by `{name}`: a tenth of them validates, a tenth tests"));
        }
    }
    if let Some(times) = column(ColumnKind::Time)
        && let Some([validation, test]) = times.times().and_then(super::times::TimeStats::cuts)
    {
        let told = format!(
            "split by `{}`: from {validation} on rows validate, from {test} on they test",
            times.name()
        );
        let split = Split::Time { validation_from: Some(validation), test_from: Some(test) };
        return (Some(split), told);
    }
    let said = "nothing validates or tests, and the last epoch is kept: a column of kind `group` or `time` \
                and a `[split]`, or files of their own in `[validation]` and `[test]`, change that";
    (None, said.into())
}

const _: () = assert!(Part::Training as usize == 0 && Part::Test as usize == 2);
