//! The two tables of a part.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rand::rngs::ChaCha8Rng;

use super::negatives::Negatives;
use super::schema::{item_columns, seen};
use crate::behaviours::item_columns::ItemColumns;
use crate::behaviours::log::{Impression, Log, User, cell};
use crate::build::SampleBuilder;
use crate::error::DataError;
use crate::sample::draw::{self, Use};
use crate::sample::split::Split;
use crate::schema::Part;
use crate::source::{CellType, Column, Field, NestedLists, Primitive, TableWriter, TextColumn, TextLists};

/// Rows written at once.
const ROWS: usize = 1 << 14;

/// What a part has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub histories: usize,
    pub targets: usize,
    pub short_of_negatives: usize,
}

/// Writes a part's tables, and tells what is in them; no file if there are no targets.
pub(super) fn write(
    build: &SampleBuilder,
    log: &Log,
    split: &Split<'_>,
    part: Part,
    negatives: &Negatives,
    folder: &Path,
) -> Result<Written, DataError> {
    let failed = |source: io::Error| DataError::io(folder, "write")(source);
    let shape = item_columns(log);
    let (mut histories, mut targets) = (Histories::new(&shape), Targets::new(&shape));
    let mut written = Written::default();
    let mut files: Option<[TableWriter; 2]> = None;
    for (index, user) in log.users().iter().enumerate() {
        let shown = log.impressions(index);
        let share = match shown {
            None => build.share(split, user, part),
            Some(shown) => build.share_shown(split, user, shown, part),
        };
        if share.targets.is_empty() {
            continue;
        }
        let mut rng = draw::rng(Use::Build, build.seed, part as u64, index as u64);
        histories.push(log, &user.events[share.events].iter().map(|e| e.item).collect::<Vec<_>>());
        for &at in &share.targets {
            if let Some(shown) = shown {
                targets.push_shown(user, written.histories, shown[at]);
                written.targets += 1;
                continue;
            }
            let rows = targets.push(build, user, written.histories, at, negatives, &mut rng);
            written.targets += rows;
            written.short_of_negatives += usize::from(rows <= build.negatives);
        }
        written.histories += 1;
        if histories.len() >= ROWS || targets.len() >= ROWS {
            flush(log, folder, &mut files, &mut histories, &mut targets).map_err(failed)?;
        }
    }
    if written.histories > 0 {
        flush(log, folder, &mut files, &mut histories, &mut targets).map_err(failed)?;
    }
    for file in files.into_iter().flatten() {
        file.finish().map_err(failed)?;
    }
    Ok(written)
}

fn flush(
    log: &Log,
    folder: &Path,
    files: &mut Option<[TableWriter; 2]>,
    histories: &mut Histories<'_>,
    targets: &mut Targets<'_>,
) -> io::Result<()> {
    if files.is_none() {
        fs::create_dir_all(folder)?;
        let open = |name: &str, fields| TableWriter::new(File::create(folder.join(name))?, fields);
        *files = Some([
            open("histories.parquet", histories.fields())?,
            open("targets.parquet", targets.fields())?,
        ]);
    }
    let [to_histories, to_targets] = files.as_mut().expect("opened above");
    to_histories.write(histories.take())?;
    to_targets.write(targets.take(log))
}

/// Rows of the histories' table.
struct Histories<'a> {
    shape: &'a ItemColumns,
    lists: Vec<TextLists>,
    /// Of columns that list values.
    nested: Vec<NestedLists>,
    rows: usize,
}

impl<'a> Histories<'a> {
    fn new(shape: &'a ItemColumns) -> Self {
        let lists = shape.single.iter().map(|_| TextLists::default()).collect();
        let nested = shape.lists.iter().map(|_| NestedLists::default()).collect();
        Histories { shape, lists, nested, rows: 0 }
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn push(&mut self, log: &Log, items: &[u32]) {
        for (lists, (_, column)) in self.lists.iter_mut().zip(&self.shape.single) {
            lists.push(items.iter().map(|&item| cell(&log.items()[item as usize], *column)));
        }
        for (nested, (_, column)) in self.nested.iter_mut().zip(&self.shape.lists) {
            for &item in items {
                nested.lists.push(log.values(cell(&log.items()[item as usize], *column)));
            }
            nested.end();
        }
        self.rows += 1;
    }

    fn fields(&self) -> Vec<Field> {
        let single = self.shape.single.iter().map(|(name, _)| (name, CellType::Texts));
        let lists = self.shape.lists.iter().map(|(name, _)| (name, CellType::TextLists));
        single.chain(lists).map(|(name, cells)| Field::new(seen(name), cells)).collect()
    }

    /// The rows so far; none are left.
    fn take(&mut self) -> Vec<Column> {
        self.rows = 0;
        let lists = self.lists.iter_mut().map(|lists| std::mem::take(lists).into());
        lists.chain(self.nested.iter_mut().map(|nested| std::mem::take(nested).into())).collect()
    }
}

/// Rows of the targets' table.
struct Targets<'a> {
    shape: &'a ItemColumns,
    history: Primitive<i64>,
    end: Primitive<i64>,
    label: Primitive<i64>,
    user: TextColumn,
    time: Primitive<i64>,
    items: Vec<u32>,
}

impl<'a> Targets<'a> {
    fn new(shape: &'a ItemColumns) -> Self {
        Targets {
            shape,
            history: Primitive::default(),
            end: Primitive::default(),
            label: Primitive::default(),
            user: TextColumn::default(),
            time: Primitive::default(),
            items: vec![],
        }
    }

    fn len(&self) -> usize {
        self.label.len()
    }

    /// The event at a place, and its negatives; how many rows that are.
    fn push(
        &mut self,
        build: &SampleBuilder,
        user: &User,
        history: usize,
        at: usize,
        negatives: &Negatives,
        rng: &mut ChaCha8Rng,
    ) -> usize {
        let event = user.events[at];
        let before = self.len();
        let mut not = vec![event.item];
        if build.exclude_history {
            not.extend(user.events[..at].iter().map(|e| e.item));
        }
        let drawn: Vec<u32> = (0..build.negatives).filter_map(|_| negatives.draw(rng, &not)).collect();
        for (label, item) in [(1, event.item)].into_iter().chain(drawn.into_iter().map(|item| (0, item))) {
            self.row(user, [history as i64, at as i64, label, event.time], item);
        }
        self.len() - before
    }

    /// What a user was shown.
    fn push_shown(&mut self, user: &User, history: usize, shown: Impression) {
        let own = [history as i64, shown.end.into(), shown.clicked.into(), shown.time];
        self.row(user, own, shown.item);
    }

    /// A row: its history, end, label and time, and its item.
    fn row(&mut self, user: &User, [history, end, label, time]: [i64; 4], item: u32) {
        self.history.push(Some(history));
        self.end.push(Some(end));
        self.label.push(Some(label));
        self.user.push(Some(&user.id));
        self.time.push(Some(time));
        self.items.push(item);
    }

    fn fields(&self) -> Vec<Field> {
        let own = [
            ("history", CellType::Int64),
            ("end", CellType::Int64),
            ("label", CellType::UInt8),
            ("user", CellType::Text),
            ("time", CellType::Int64),
        ];
        let single = self.shape.single.iter().map(|(name, _)| (name.as_str(), CellType::Text));
        let lists = self.shape.lists.iter().map(|(name, _)| (name.as_str(), CellType::Texts));
        own.into_iter().chain(single).chain(lists).map(|(name, cells)| Field::new(name, cells)).collect()
    }

    /// The rows so far; none are left.
    fn take(&mut self, log: &Log) -> Vec<Column> {
        let Targets { shape, history, end, label, user, time, items } =
            std::mem::replace(self, Targets::new(self.shape));
        let own = [history.into(), end.into(), label.into(), user.into(), time.into()];
        own.into_iter().chain(shape.read(log, &items)).collect()
    }
}
