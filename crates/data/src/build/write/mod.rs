//! A folder of samples: each part's tables, and the schema that says what they are.

mod items;
mod negatives;
mod parts;
mod schema;
mod tables;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use dien_serving::files::{self, StagedFolder};

use super::{BuildReport, SampleBuilder};
use crate::behaviours::log::Log;
use crate::behaviours::presets::LogReport;
use crate::error::DataError;
use crate::sample;
use crate::schema::{Part, Split, TimeCut};
use negatives::Negatives;

/// See [`SampleBuilder::write`].
pub(super) fn write(
    build: &SampleBuilder,
    log: &Log,
    read: Option<&LogReport>,
    folder: &Path,
) -> Result<BuildReport, DataError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(DataError::file(folder, "a folder that is not empty", "a new or an empty one"));
    }
    if let Some(name) = log.columns().iter().find(|name| schema::RESERVED.contains(&name.as_str())) {
        let expected = "other names than the targets' own columns have";
        return Err(DataError::log("items", format!("a column `{name}`"), expected));
    }
    let mut names = log.columns().iter().map(String::as_str).chain(["item"]).map(schema::seen);
    if let Some(name) = names.find(|seen| log.columns().contains(seen)) {
        let expected = "other names than those of the histories' columns";
        return Err(DataError::log("items", format!("a column `{name}`"), expected));
    }
    if folder.file_name().is_none() {
        return Err(DataError::file(folder, "a folder without a name of its own", "a new folder's"));
    }
    match build.split {
        Split::Group { validation, test, .. } if validation + test >= 1.0 => {
            let found = format!("shares of {validation} and {test}");
            return Err(DataError::log("split", found, "shares that leave some users to train on"));
        }
        _ => {}
    }
    let resolved = SampleBuilder { split: resolve(build, log, read)?, ..build.clone() };
    let of = sample::split::Split::of_log(log, &resolved.split);
    let negatives = Negatives::new(&resolved, log, &of)?;
    let staged = StagedFolder::create(folder)?;
    let mut built = BuildReport::default();
    let mut parts = vec![];
    for (part, name, counts) in [
        (Part::Training, "train", &mut built.training),
        (Part::Validation, "validation", &mut built.validation),
        (Part::Test, "test", &mut built.test),
    ] {
        let written = tables::write(&resolved, log, &of, part, &negatives, &staged.part().join(name))?;
        *counts = [written.histories, written.targets];
        built.short_of_negatives += written.short_of_negatives;
        if counts[1] > 0 {
            parts.push(part);
        }
    }
    if built.training[1] == 0 {
        let expected = format!("training users with at least {} behaviours before one", build.min_history);
        return Err(DataError::log("log", "no training target", expected));
    }
    items::write(log, &staged.part().join(schema::ITEMS))?;
    files::write(
        &staged.part().join("dataset.toml"),
        schema::of(log, &parts, build.repeats).to_toml().as_bytes(),
    )?;
    let summary = serde_json::json!({ "read": read, "options": build, "built": built });
    let summary = serde_json::to_string_pretty(&summary).expect("plain fields") + "\n";
    files::write(&staged.part().join("summary.json"), summary.as_bytes())?;
    staged.commit()?;
    Ok(built)
}

/// The split with cuts in the unit of the log's times, before its last one.
fn resolve(build: &SampleBuilder, log: &Log, read: Option<&LogReport>) -> Result<Split, DataError> {
    let Split::Time { validation_from, test_from } = build.split else { return Ok(build.split.clone()) };
    let done = log.users().iter().flat_map(|user| &user.events).map(|event| event.time);
    let shown = (0..log.users().len()).filter_map(|user| log.impressions(user)).flatten();
    let last = done.chain(shown.map(|shown| shown.time)).max().unwrap_or_default();
    let unit = read.map_or_else(Default::default, |read| read.unit);
    let cut = |what: &str, from: Option<TimeCut>| {
        let Some(from) = from else { return Ok(None) };
        let wrong = |expected| DataError::log("split", format!("a {what} from {from}"), expected);
        let Some(at) = from.in_unit(unit, last) else {
            let last = unit.show(last);
            return Err(wrong(format!("a number, as the times, up to {last}, are no dates since 1970")));
        };
        match at > last {
            true => Err(wrong(format!("at most {}, the last time there is", unit.show(last)))),
            false => Ok(Some(at)),
        }
    };
    let (validation, test) = (cut("validation", validation_from)?, cut("test", test_from)?);
    if let Some((validation, test)) = validation.zip(test).filter(|(a, b)| a >= b) {
        let [validation, test] = [validation, test].map(|at| unit.show(at));
        let found = format!("a validation from {validation} and a test from {test}");
        return Err(DataError::log("split", found, "a validation before the test"));
    }
    Ok(Split::Time { validation_from: validation.map(Into::into), test_from: test.map(Into::into) })
}
