//! Synthetic behaviours as a log of impressions, of any size.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt8Array};
use dien_serving::files::{self, Staged};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use rand::RngExt;

use super::SyntheticConfig;
use crate::draw::{self, Use};
use crate::error::DataError;

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
    clicked: Vec<u8>,
    user: Vec<String>,
    time: Vec<i64>,
    item: Vec<String>,
    category: Vec<String>,
    seen_items: ListBuilder<StringBuilder>,
    seen_categories: ListBuilder<StringBuilder>,
}

impl Rows {
    /// The rows so far; none are left.
    fn take(&mut self) -> RecordBatch {
        let texts = |of: &mut Vec<String>| -> ArrayRef { Arc::new(StringArray::from(std::mem::take(of))) };
        let columns: [(&str, ArrayRef); 7] = [
            ("clicked", Arc::new(UInt8Array::from(std::mem::take(&mut self.clicked)))),
            ("user", texts(&mut self.user)),
            ("time", Arc::new(Int64Array::from(std::mem::take(&mut self.time)))),
            ("item", texts(&mut self.item)),
            ("category", texts(&mut self.category)),
            ("seen_items", Arc::new(self.seen_items.finish())),
            ("seen_categories", Arc::new(self.seen_categories.finish())),
        ];
        RecordBatch::try_from_iter(columns).expect("columns of one length")
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
    written.map_err(|e| DataError::io(&path, "write")(e.into()))?;
    staged.commit()?;
    Ok(files::write(&folder.join("dataset.toml"), SCHEMA.as_bytes())?)
}

impl SyntheticConfig {
    fn write_rows(&self, file: File, events: u64) -> Result<(), ParquetError> {
        let mut rows = Rows::default();
        let mut writer = ArrowWriter::try_new(file, rows.take().schema(), None)?;
        let per_category = self.places * self.items_per_place;
        let (mut written, mut user) = (0, 0);
        while written < events {
            let mut rng = draw::rng(Use::Synthesis, self.seed, 1, user);
            let drawn = self.user(user as usize, &mut rng);
            let (last, history) = drawn.events.split_last().expect("at least two events");
            let first = last.item as usize / per_category * per_category;
            let step = if per_category > 1 { rng.random_range(1..per_category) } else { 0 };
            let other = first + (last.item as usize - first + step) % per_category;
            for (clicked, item) in [(1, last.item as usize), (0, other)] {
                rows.clicked.push(clicked);
                rows.user.push(drawn.id.clone());
                // Users come one after the other; a minute between them.
                rows.time.push(user as i64 * 60);
                rows.item.push(format!("i{}", item + 1));
                rows.category.push(format!("c{}", item / per_category + 1));
                for event in history {
                    rows.seen_items.values().append_value(format!("i{}", event.item + 1));
                    let category = event.item as usize / per_category + 1;
                    rows.seen_categories.values().append_value(format!("c{category}"));
                }
                rows.seen_items.append(true);
                rows.seen_categories.append(true);
                written += history.len() as u64;
            }
            user += 1;
            if rows.clicked.len() >= ROWS {
                writer.write(&rows.take())?;
            }
        }
        writer.write(&rows.take())?;
        writer.close()?;
        Ok(())
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
