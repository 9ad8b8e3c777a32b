//! A folder of samples: each part's tables, and the schema that says what they are.

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
use crate::schema::{Part, Split};
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
        Split::Time { validation_from: Some(a), test_from: Some(b) } if a >= b => {
            let found = format!("a validation from {a} and a test from {b}");
            return Err(DataError::log("split", found, "a validation before the test"));
        }
        _ => {}
    }
    if let Split::Time { validation_from, test_from } = build.split {
        let done = log.users().iter().flat_map(|user| &user.events).map(|event| event.time);
        let shown = (0..log.users().len()).filter_map(|user| log.impressions(user)).flatten();
        let last = done.chain(shown.map(|shown| shown.time)).max();
        for (what, from) in [("validation", validation_from), ("test", test_from)] {
            if let Some((from, last)) = from.zip(last).filter(|(from, last)| from > last) {
                let unit = read.map_or_else(Default::default, |read| read.unit);
                let found = format!("a {what} from {}", unit.show(from));
                let expected = format!("at most {}, the last time there is", unit.show(last));
                return Err(DataError::log("split", found, expected));
            }
        }
    }
    let negatives = Negatives::new(build, log)?;
    let staged = StagedFolder::create(folder)?;
    let mut built = BuildReport::default();
    let mut parts = vec![];
    for (part, name, counts) in [
        (Part::Training, "train", &mut built.training),
        (Part::Validation, "validation", &mut built.validation),
        (Part::Test, "test", &mut built.test),
    ] {
        let written = tables::write(build, log, part, &negatives, &staged.part().join(name))?;
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
    files::write(&staged.part().join("dataset.toml"), schema::of(log, &parts).to_toml().as_bytes())?;
    let summary = serde_json::json!({ "read": read, "options": build, "built": built });
    let summary = serde_json::to_string_pretty(&summary).expect("plain fields") + "\n";
    files::write(&staged.part().join("summary.json"), summary.as_bytes())?;
    staged.commit()?;
    Ok(built)
}
