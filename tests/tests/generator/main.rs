//! One random table, whatever writes it, gives the same vocabularies, batches and scores, to the bit.
//!
//! `DIEN_TABLES=2000 cargo test -p dien-tests --test generator` tries more tables than CI does, and
//! `DIEN_FIRST=17` begins with the table of that seed.

mod arrow;
mod malformed;
mod table;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use dien::data::schema::Schema;
use dien::data::{Cell as Value, Impressions, InMemory, Predictions, Row, RowBatch, Stream};
use dien::prelude::*;
use dien_model::Batch;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use table::{Cell, Table, rng};

const CONFIG: &str = "model.hidden = 4\nmodel.head_layers = [4]\nmodel.dropout = 0.0\ntrain.epochs = 1\n\
                      data.batch_size = 16\ndata.test_batch_size = 8\ndata.shuffle = 0";

/// What a log's reader gave.
struct Read {
    log: Impressions,
    epoch: Vec<Batch>,
    held_out: Vec<Batch>,
}

fn batches(stream: &Stream<'_>) -> Vec<Batch> {
    let mut all = vec![];
    stream
        .for_each(0, |batch| {
            all.push(batch);
            true
        })
        .unwrap();
    all
}

impl Read {
    fn of(log: Impressions) -> Read {
        let held_out = [batches(&log.validation()), batches(&log.test())].concat();
        Read { epoch: batches(&log.epoch(7, 1)), held_out, log }
    }

    fn assert_same(&self, other: &Read, what: &str) {
        assert_eq!(self.log.vocabularies(), other.log.vocabularies(), "{what}");
        assert_eq!(self.log.numbers(), other.log.numbers(), "{what}");
        assert!(!self.epoch.is_empty(), "{what}: no batch");
        assert_eq!(self.epoch, other.epoch, "{what}");
        assert_eq!(self.held_out, other.held_out, "{what}");
        assert_eq!(self.log.doubts(), other.log.doubts(), "{what}");
    }
}

/// By row its score's bits, of a model that was trained for an epoch.
fn scores(scorer: &Scorer, log: &Impressions, rows: &RowBatch) -> Vec<u32> {
    let encoded = log.scoring_batch(rows).unwrap();
    let mut scores = vec![None; rows.len()];
    for (row, score) in encoded.rows.iter().zip(scorer.score(&encoded.batch).unwrap()) {
        scores[*row as usize] = Some(score.to_bits());
    }
    scores.into_iter().map(|score| score.expect("a score for each row")).collect()
}

/// The same as the program writes them, of the schema's files.
fn predicted(scorer: &Scorer, log: &Impressions, folder: &Path) -> Vec<u32> {
    let to = folder.join("scores.csv");
    let mut out = Predictions::create(&to, &[]).unwrap();
    scorer.predict(&Dataset::from(log.clone()), &[], &mut out).unwrap();
    out.finish().unwrap();
    let text = fs::read_to_string(to).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse::<f32>().unwrap().to_bits())
        .collect()
}

fn row(table: &Table, row: usize) -> Row {
    fn value(cell: &Cell, style: u32) -> Value {
        match cell {
            Cell::Missing => Value::Missing,
            Cell::Int(x) if style.is_multiple_of(3) => {
                i64::try_from(*x).map_or(x.to_string().into(), Value::Integer)
            }
            Cell::Number(x) => Value::Number(*x),
            Cell::Bool(x) if style.is_multiple_of(2) => Value::Bool(*x),
            Cell::List(items) => items.iter().map(|item| value(item, style)).collect::<Vec<_>>().into(),
            one => one.text().into(),
        }
    }
    let style = (row as u32).wrapping_mul(2_654_435_761) >> 7;
    let mut made = Row::new();
    for (i, column) in (0_u32..).zip(&table.columns) {
        made = made.with(column.name, value(&column.cells[row], style.wrapping_add(i)));
    }
    made
}

fn rows(table: &Table) -> RowBatch {
    (0..table.rows).map(|i| row(table, i)).collect()
}

struct Folder {
    path: PathBuf,
    _kept: tempfile::TempDir,
}

impl Folder {
    fn new() -> Folder {
        let kept = tempfile::tempdir().unwrap();
        Folder { path: kept.path().to_path_buf(), _kept: kept }
    }

    fn open(&self, schema: &str, config: &Config, what: &str) -> Impressions {
        let path = self.path.join("dataset.toml");
        fs::write(&path, schema).unwrap();
        let opened = Impressions::open(&path, &config.data);
        opened.unwrap_or_else(|e| panic!("{what}: {e}\n{schema}")).0
    }
}

/// Each way to write a table, and its reading.
fn readings(table: &Table, config: &Config, rng: &mut ChaCha8Rng) -> Vec<(String, Read, Option<Folder>)> {
    let mut readings = vec![];
    for i in 0..3 {
        let dialect = text::Dialect::random(table, rng);
        let folder = Folder::new();
        for (n, piece) in (0..).zip(table.pieces(1 + i, dialect.has_header(), rng)) {
            dialect.write(&piece, &folder.path.join(dialect.name().replace('%', &n.to_string())), rng);
        }
        let schema = table.schema(&dialect.source(table, "part-*"));
        let log = folder.open(&schema, config, "CSV");
        readings.push((format!("CSV\n{schema}"), Read::of(log), Some(folder)));
    }
    let folder = Folder::new();
    for (n, piece) in (0..).zip(table.pieces(2, false, rng)) {
        text::write_json(&piece, &folder.path.join(format!("part-{n}.jsonl")), rng);
    }
    let log = folder.open(&table.schema("[source]\nfiles = \"part-*\""), config, "JSON lines");
    readings.push(("JSON lines".into(), Read::of(log), Some(folder)));
    for i in 0..3 {
        let (types, folder) = (arrow::Types::random(table, rng), Folder::new());
        let mut kept = vec![];
        for (n, piece) in (0..).zip(table.pieces(1 + i, true, rng)) {
            let batch = arrow::batch(&piece, table, &types);
            arrow::write_parquet(&batch, &folder.path.join(format!("part-{n}.parquet")), rng);
            kept.push(batch);
        }
        let what = format!("Parquet of {}", kept[0].schema());
        let log = folder.open(&table.schema("[source]\nfiles = \"part-*\""), config, &what);
        readings.push((what, Read::of(log), Some(folder)));
        let schema = Schema::parse(&table.schema(""), "schema".as_ref()).unwrap();
        let what = format!("record batches of {}", kept[0].schema());
        let log = Impressions::from_source(&schema, InMemory::from(kept), &config.data);
        readings.push((what, Read::of(log.unwrap().0), None));
    }
    readings
}

fn try_table(seed: u64) {
    let (table, rng) = (Table::random(seed), &mut rng(seed ^ 0x5eed));
    let mut config: Config = CONFIG.parse().unwrap();
    config.data.negatives_per_event = usize::from(rng.random::<bool>());
    let schema = Schema::parse(&table.schema(""), "schema".as_ref()).unwrap();
    let pieces = table.pieces(3, true, rng).iter().map(rows).collect::<Vec<_>>();
    let log = match Impressions::from_source(&schema, InMemory::from(pieces), &config.data) {
        Ok((log, skipped)) => {
            assert_eq!(skipped.rows, 0, "table {seed}");
            log
        }
        // The split may hold all rows out, or give a part none.
        Err(e) => {
            let e = e.to_string();
            return assert!(e.contains("trains") || e.contains("split"), "table {seed}: {e}");
        }
    };
    check_ids(&table, &log, seed);
    let reference = Read::of(log);
    let train = |log: &Impressions| {
        let mut trainer = Trainer::new(&config, Dataset::from(log.clone())).unwrap();
        trainer.train(&mut ()).unwrap();
        trainer.keep_latest().unwrap();
        trainer.into_scorer()
    };
    let scorer = train(&reference.log);
    let all = rows(&table);
    let expected = scores(&scorer, &reference.log, &all);
    let readings = readings(&table, &config, rng);
    let trained = rng.random_range(0..readings.len());
    let mut in_one_file: Option<Vec<u32>> = None;
    for (i, (what, read, folder)) in readings.iter().enumerate() {
        let what = format!("table {seed}: {what}");
        read.assert_same(&reference, &what);
        if let Some(folder) = folder {
            let found = predicted(&scorer, &read.log, &folder.path);
            assert_near(&found, &expected, &what);
            if read.log.report().files.len() == 1 {
                let first = in_one_file.get_or_insert_with(|| found.clone());
                assert_eq!(found, *first, "{what}: scores");
            }
        }
        if i == trained {
            assert_eq!(scores(&train(&read.log), &read.log, &all), expected, "{what}: scores after training");
        }
    }
    // In another order of its rows a table has the same ids, and each row its score.
    let mut order: Vec<usize> = (0..table.rows).collect();
    order.shuffle(rng);
    let shuffled = table.take(&order);
    let source = InMemory::from(vec![rows(&shuffled)]);
    let other = Impressions::from_source(&schema, source, &config.data).unwrap().0;
    assert_eq!(other.vocabularies(), reference.log.vocabularies(), "table {seed}, shuffled");
    let found = scores(&scorer, &reference.log, &rows(&shuffled));
    let expected: Vec<u32> = order.iter().map(|&row| expected[row]).collect();
    assert_near(&found, &expected, &format!("table {seed}, shuffled"));
}

/// Rows that are scored beside others, as files are cut otherwise, may differ in the last bits: some of a
/// model's sums depend on where in its batch a row stands.
fn assert_near(found: &[u32], expected: &[u32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (row, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        assert!(found.abs_diff(expected) <= 4, "{what}: row {row}: {found} for {expected}");
    }
}

/// That the vocabularies hold the ids that the table has, as counted here.
fn check_ids(table: &Table, log: &Impressions, seed: u64) {
    let of = |name: &str| &table.columns.iter().find(|column| column.name == name).unwrap().cells;
    // Without a split every row trains.
    if log.schema().split.is_some() || log.schema().behaviours[0].padding.is_some() {
        return;
    }
    for (name, columns) in [
        ("item", &["item", "seen"][..]),
        ("category", &["category", "seen_categories"]),
        ("tags", &["tags"]),
        ("brands", &["brands", "seen_brands"]),
        ("who", &["user"]),
    ] {
        let vocabulary = log.vocabularies().get(name).unwrap();
        if vocabulary.hashed_ids().is_some() {
            continue;
        }
        let mut counts = BTreeMap::<String, u64>::new();
        for cell in columns.iter().flat_map(|column| of(column)).flat_map(Cell::leaves) {
            if let Some(text) = cell.text() {
                *counts.entry(text).or_default() += 1;
            }
        }
        let spec = &log.schema().columns[name].vocabulary;
        let least = if matches!(spec, Some(dien::data::schema::VocabularySpec::MinCount(2))) { 2 } else { 1 };
        let expected: Vec<&String> = counts.iter().filter(|(_, n)| **n >= least).map(|(id, _)| id).collect();
        let mut found: Vec<&str> = vocabulary.tokens().collect();
        found.sort_unstable();
        assert_eq!(found, expected, "table {seed}: ids of `{name}`");
    }
}

#[test]
fn whatever_writes_a_table_it_is_the_same() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |n| n.parse().unwrap());
    let (first, tables) = (number("DIEN_FIRST", 1), number("DIEN_TABLES", 60));
    let differ: Vec<u64> =
        (first..first + tables).filter(|&seed| catch_unwind(|| try_table(seed)).is_err()).collect();
    assert!(differ.is_empty(), "tables {differ:?} of {tables}: see above");
}
