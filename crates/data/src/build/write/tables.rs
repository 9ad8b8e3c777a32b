//! The two tables of a part.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt8Array};
use parquet::arrow::ArrowWriter;
use rand::rngs::ChaCha8Rng;

use super::negatives::Negatives;
use super::schema::{Shape, seen};
use crate::build::SampleBuilder;
use crate::draw::{self, Use};
use crate::error::DataError;
use crate::log::{Log, User};
use crate::schema::Part;

/// Rows written at once.
const ROWS: usize = 1 << 14;

/// Writes a part's tables, and tells how many histories and targets there are; no file if there are none.
pub(super) fn write(
    build: &SampleBuilder,
    log: &Log,
    part: Part,
    negatives: &Negatives,
    folder: &Path,
) -> Result<[usize; 2], DataError> {
    let failed = |source: io::Error| DataError::io(folder, "write")(source);
    let shape = Shape::of(log);
    let (mut histories, mut targets) = (Histories::new(&shape), Targets::new(&shape));
    let mut written = [0, 0];
    let mut files: Option<[ArrowWriter<File>; 2]> = None;
    let named = log.users().iter().any(|user| user.test);
    for (index, user) in log.users().iter().enumerate() {
        let share = build.share(named, user, part);
        if share.targets.is_empty() {
            continue;
        }
        let mut rng = draw::rng(Use::Build, build.seed, part as u64, index as u64);
        histories.push(log, &user.events[share.events].iter().map(|e| e.item).collect::<Vec<_>>());
        for &at in &share.targets {
            written[1] += targets.push(build, log, user, written[0], at, negatives, &mut rng);
        }
        written[0] += 1;
        if histories.len() >= ROWS || targets.len() >= ROWS {
            flush(folder, &mut files, &mut histories, &mut targets).map_err(failed)?;
        }
    }
    if written[0] > 0 {
        flush(folder, &mut files, &mut histories, &mut targets).map_err(failed)?;
    }
    for file in files.into_iter().flatten() {
        file.close().map_err(|e| failed(e.into()))?;
    }
    Ok(written)
}

fn flush(
    folder: &Path,
    files: &mut Option<[ArrowWriter<File>; 2]>,
    histories: &mut Histories<'_>,
    targets: &mut Targets<'_>,
) -> io::Result<()> {
    let batches = [histories.take(), targets.take()];
    if files.is_none() {
        fs::create_dir_all(folder)?;
        let open = |name: &str, batch: &RecordBatch| -> io::Result<ArrowWriter<File>> {
            Ok(ArrowWriter::try_new(File::create(folder.join(name))?, batch.schema(), None)?)
        };
        *files = Some([open("histories.parquet", &batches[0])?, open("targets.parquet", &batches[1])?]);
    }
    for (file, batch) in files.as_mut().expect("opened above").iter_mut().zip(&batches) {
        file.write(batch)?;
    }
    Ok(())
}

/// Lists of texts.
#[derive(Default)]
struct Lists(ListBuilder<StringBuilder>);

impl Lists {
    fn push<'a>(&mut self, list: impl IntoIterator<Item = &'a str>) {
        list.into_iter().for_each(|text| self.0.values().append_value(text));
        self.0.append(true);
    }

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Rows of the histories' table.
struct Histories<'a> {
    shape: &'a Shape,
    lists: Vec<Lists>,
    rows: usize,
}

impl<'a> Histories<'a> {
    fn new(shape: &'a Shape) -> Self {
        Histories { shape, lists: shape.single.iter().map(|_| Lists::default()).collect(), rows: 0 }
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn push(&mut self, log: &Log, items: &[u32]) {
        for (lists, (_, column)) in self.lists.iter_mut().zip(&self.shape.single) {
            lists.push(items.iter().map(|&item| self.shape.cell(log, item, *column)));
        }
        self.rows += 1;
    }

    fn take(&mut self) -> RecordBatch {
        self.rows = 0;
        let columns =
            self.shape.single.iter().zip(&mut self.lists).map(|((name, _), l)| (seen(name), l.take()));
        RecordBatch::try_from_iter(columns).expect("columns of one length")
    }
}

/// Rows of the targets' table.
struct Targets<'a> {
    shape: &'a Shape,
    history: Vec<i64>,
    end: Vec<i64>,
    label: Vec<u8>,
    user: Vec<String>,
    time: Vec<i64>,
    single: Vec<Vec<String>>,
    lists: Vec<Lists>,
}

impl<'a> Targets<'a> {
    fn new(shape: &'a Shape) -> Self {
        Targets {
            shape,
            history: vec![],
            end: vec![],
            label: vec![],
            user: vec![],
            time: vec![],
            single: vec![vec![]; shape.single.len()],
            lists: shape.lists.iter().map(|_| Lists::default()).collect(),
        }
    }

    fn len(&self) -> usize {
        self.label.len()
    }

    /// The event at a place, and its negatives; how many rows that are.
    fn push(
        &mut self,
        build: &SampleBuilder,
        log: &Log,
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
            self.history.push(history as i64);
            self.end.push(at as i64);
            self.label.push(label);
            self.user.push(user.id.clone());
            self.time.push(event.time);
            for (cells, (_, column)) in self.single.iter_mut().zip(&self.shape.single) {
                cells.push(self.shape.cell(log, item, *column).to_owned());
            }
            for (lists, (_, column)) in self.lists.iter_mut().zip(&self.shape.lists) {
                let cell = self.shape.cell(log, item, Some(*column));
                lists.push(cell.split('|').filter(|token| !token.is_empty()));
            }
        }
        self.len() - before
    }

    fn take(&mut self) -> RecordBatch {
        let numbers = |of: &mut Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(std::mem::take(of))) };
        let texts = |of: &mut Vec<String>| -> ArrayRef { Arc::new(StringArray::from(std::mem::take(of))) };
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("history", numbers(&mut self.history)),
            ("end", numbers(&mut self.end)),
            ("label", Arc::new(UInt8Array::from(std::mem::take(&mut self.label)))),
            ("user", texts(&mut self.user)),
            ("time", numbers(&mut self.time)),
        ];
        columns
            .extend(self.shape.single.iter().zip(&mut self.single).map(|((n, _), c)| (n.as_str(), texts(c))));
        columns
            .extend(self.shape.lists.iter().zip(&mut self.lists).map(|((n, _), l)| (n.as_str(), l.take())));
        RecordBatch::try_from_iter(columns).expect("columns of one length")
    }
}
