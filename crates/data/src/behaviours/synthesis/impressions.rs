//! Synthetic behaviours as a log of impressions, of any size.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use dien_serving::files::{self, Staged};
use rand::RngExt;

use super::SyntheticConfig;
use crate::error::DataError;
use crate::sample::draw::{self, Use};
use crate::source::{CellType, Column, Field, Primitive, TableWriter, TextColumn, TextLists};

/// Rows written at once.
const ROWS: usize = 4096;

/// What the columns mean.
const SCHEMA: &str = concat!(
    "# Synthetic impressions: the next item continues the latest course ",
    "of one of the user's interests.",
    r#"
candidate = ["item", "category"]

[source]
files = "log.parquet"

[split]
by = "group"
validation = 0.02
test = 0.05

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
time = { kind = "time" }
item = { kind = "sparse" }
category = { kind = "sparse" }
seen_items = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "seen"
columns = ["seen_items", "seen_categories"]
"#
);

/// Rows to come.
#[derive(Default)]
struct Rows {
    clicked: Primitive<i64>,
    user: TextColumn,
    time: Primitive<i64>,
    item: TextColumn,
    category: TextColumn,
    seen_items: TextLists,
    seen_categories: TextLists,
}

impl Rows {
    fn fields() -> Vec<Field> {
        vec![
            Field::new("clicked", CellType::UInt8),
            Field::new("user", CellType::Text),
            Field::new("time", CellType::Int64),
            Field::new("item", CellType::Text),
            Field::new("category", CellType::Text),
            Field::new("seen_items", CellType::Texts),
            Field::new("seen_categories", CellType::Texts),
        ]
    }

    /// The rows so far; none are left.
    fn take(&mut self) -> Vec<Column> {
        let Rows { clicked, user, time, item, category, seen_items, seen_categories } = std::mem::take(self);
        vec![
            clicked.into(),
            user.into(),
            time.into(),
            item.into(),
            category.into(),
            seen_items.into(),
            seen_categories.into(),
        ]
    }
}

/// The name of the file of impressions.
const LOG: &str = "log.parquet";

/// See [`SyntheticConfig::write_impressions`].
pub(super) fn write(synthesis: &SyntheticConfig, folder: &Path, events: u64) -> Result<(), DataError> {
    synthesis.validate()?;
    fs::create_dir_all(folder).map_err(DataError::io(folder, "make the folder"))?;
    let mut there = fs::read_dir(folder).map_err(DataError::io(folder, "read"))?;
    if let Some(Ok(entry)) = there.next() {
        let found = format!("`{}` in it", entry.file_name().to_string_lossy());
        return Err(DataError::file(folder, found, "a new or empty folder"));
    }
    let path = folder.join(LOG);
    let staged = Staged::create(&path)?;
    let written = synthesis.write_rows(staged.file()?, events);
    written.map_err(DataError::io(&path, "write"))?;
    staged.commit()?;
    Ok(files::write(&folder.join("dataset.toml"), SCHEMA.as_bytes())?)
}

impl SyntheticConfig {
    fn write_rows(&self, file: File, events: u64) -> io::Result<()> {
        let mut rows = Rows::default();
        let mut writer = TableWriter::new(file, Rows::fields())?;
        let per_category = self.places * self.items_per_place;
        let id = |item: usize| format!("i{}", item + 1);
        let category = |item: usize| format!("c{}", item / per_category + 1);
        let (mut written, mut user) = (0, 0);
        while written < events {
            let mut rng = draw::rng(Use::Synthesis, self.seed, 1, user);
            let drawn = self.user(user as usize, &mut rng);
            let (last, history) = drawn.events.split_last().expect("at least two events");
            let first = last.item as usize / per_category * per_category;
            let step = if per_category > 1 { rng.random_range(1..per_category) } else { 0 };
            let other = first + (last.item as usize - first + step) % per_category;
            let seen = |of: &dyn Fn(usize) -> String| -> Vec<String> {
                history.iter().map(|event| of(event.item as usize)).collect()
            };
            let (seen_items, seen_categories) = (seen(&id), seen(&category));
            for (clicked, item) in [(1, last.item as usize), (0, other)] {
                rows.clicked.push(Some(clicked));
                rows.user.push(Some(&drawn.id));
                // Users come one after the other; a minute between them.
                rows.time.push(Some(user as i64 * 60));
                rows.item.push(Some(&id(item)));
                rows.category.push(Some(&category(item)));
                rows.seen_items.push(seen_items.iter().map(String::as_str));
                rows.seen_categories.push(seen_categories.iter().map(String::as_str));
                written += history.len() as u64;
            }
            user += 1;
            if rows.clicked.len() >= ROWS {
                writer.write(rows.take())?;
            }
        }
        writer.write(rows.take())?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataOptions, Impressions};

    #[test]
    fn a_log_of_so_many_events_is_written_with_its_schema() {
        let root = tempfile::tempdir().unwrap();
        let (a, b) = (root.path().join("a"), root.path().join("b"));
        let synthesis = SyntheticConfig { categories: 8, ..SyntheticConfig::default() };
        synthesis.write_impressions(&a, 5000).unwrap();
        synthesis.write_impressions(&b, 5000).unwrap();
        let log = |folder: &Path| fs::read(folder.join("log.parquet")).unwrap();
        assert!(log(&a) == log(&b), "seeded");
        assert_eq!(fs::read_dir(&a).unwrap().count(), 2);
        let (log, skipped) = Impressions::open(&a.join("dataset.toml"), &DataOptions::default()).unwrap();
        assert_eq!(skipped.rows, 0);
        let (mut events, mut labels) = (0, 0.0);
        for part in [log.epoch(1, 0), log.validation(), log.test()] {
            part.for_each(0, |batch| {
                let t = &batch.targets;
                events += t.start.iter().zip(&t.end).map(|(s, e)| e - s).sum::<u32>();
                labels += t.label.iter().map(|y| y - 0.5).sum::<f32>();
                true
            })
            .unwrap();
        }
        assert!((5000..5080).contains(&events), "{events}");
        assert_eq!(labels, 0.0);
        let message = synthesis.write_impressions(&a, 10).unwrap_err().to_string();
        assert!(message.contains("expected a new or empty folder"), "{message}");
    }
}
