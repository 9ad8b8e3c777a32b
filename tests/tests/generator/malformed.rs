//! Files with something wrong in them: as many scores as rows, in order, where rows can be told apart; else
//! an error and no file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dien::data::OnError;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;

use super::table::{Cell, Table, rng};
use super::{CONFIG, Config, Dataset, Folder, Impressions, Predictions, Scorer, arrow, text};

/// A score for each row, none where there is none; else what was wrong.
fn predict(scorer: &Scorer, log: &Impressions, folder: &Path) -> Result<Vec<Option<u32>>, String> {
    let (to, before) = (folder.join("scores.csv"), names(folder));
    let mut out = Predictions::create(&to, &[]).unwrap();
    let done = match scorer.predict(&Dataset::from(log.clone()), &[], &mut out) {
        Ok(done) => done,
        Err(e) => {
            drop(out);
            assert_eq!(names(folder), before, "a file was left");
            return Err(e.to_string());
        }
    };
    out.finish().unwrap();
    let written = fs::read_to_string(&to).unwrap();
    fs::remove_file(to).unwrap();
    let score = |line: &str| match line.split(',').next().unwrap().trim_matches('"') {
        "" => None,
        score => Some(score.parse::<f32>().unwrap().to_bits()),
    };
    let scores: Vec<Option<u32>> = written.lines().skip(1).map(score).collect();
    assert_eq!(scores.len() as u64, done.rows);
    let without = scores.iter().filter(|score| score.is_none()).count() as u64;
    assert_eq!(without, done.skipped.rows);
    assert_eq!(done.skipped.first.is_empty(), without == 0, "a reason for what has no score");
    Ok(scores)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    fs::read_dir(folder).unwrap().map(name).collect()
}

/// A log that is scored, and the same one that an error ends.
struct Setting {
    skip: Impressions,
    fail: Impressions,
    scorer: Scorer,
    folder: Folder,
    file: std::path::PathBuf,
    expected: Vec<Option<u32>>,
}

impl Setting {
    /// Of a folder whose one file is written already.
    fn new(folder: Folder, schema: &str, name: &str, what: &str) -> Option<Setting> {
        let mut config: Config = CONFIG.parse().unwrap();
        let path = folder.path.join("dataset.toml");
        fs::write(&path, schema).unwrap();
        // A split may leave nothing to train on.
        let (fail, _) = Impressions::open(&path, &config.data).ok()?;
        config.data.on_error = OnError::Skip;
        let skip = folder.open(schema, &config, what);
        let scorer = Scorer::untrained(&config.model, skip.features(), 3).unwrap();
        let expected = predict(&scorer, &fail, &folder.path).unwrap();
        assert!(expected.iter().all(Option::is_some), "{what}");
        Some(Setting { skip, fail, scorer, file: folder.path.join(name), folder, expected })
    }

    fn check(&self, what: &str) -> [Result<Vec<Option<u32>>, String>; 2] {
        let found = [&self.skip, &self.fail].map(|log| predict(&self.scorer, log, &self.folder.path));
        match &found {
            [Ok(skipped), Ok(all)] => assert_eq!(skipped, all, "{what}"),
            [Ok(skipped), Err(_)] => assert!(skipped.contains(&None), "{what}: an error of no row"),
            [Err(_), Err(_)] => {}
            [Err(e), Ok(_)] => panic!("{what}: {e}, where errors are skipped"),
        }
        found
    }
}

/// Changes a cell, or a list's length, so that no row can be scored with it.
fn spoil(table: &mut Table, row: usize, rng: &mut ChaCha8Rng) {
    let name = *["price", "seen", "seen_categories"].choose(rng).unwrap();
    let column = table.columns.iter_mut().find(|column| column.name == name).unwrap();
    match &mut column.cells[row] {
        Cell::List(items) => items.push(Cell::Int(7)),
        cell => *cell = Cell::Text("cheap".into()),
    }
}

/// Rows that are wrong have no score, all others theirs.
fn try_rows(seed: u64) {
    let (table, rng) = (Table::random(seed), &mut rng(seed ^ 0xbad));
    let dialect = text::Dialect::random(&table, rng);
    let (mut spoilt, mut wrong) = (table.take(&(0..table.rows).collect::<Vec<_>>()), BTreeSet::new());
    for _ in 0..rng.random_range(1..4) {
        let row = rng.random_range(0..table.rows);
        if wrong.insert(row) {
            spoil(&mut spoilt, row, rng);
        }
    }
    let (csv, schema) = (dialect.name().replace('%', "0"), table.schema(&dialect.source(&table, "part-*")));
    let json = (String::from("part-0.jsonl"), table.schema("[source]\nfiles = \"part-*\""));
    for (name, schema) in [(csv, schema), json] {
        let folder = Folder::new();
        let write = |table: &Table, rng: &mut ChaCha8Rng| match name.ends_with("jsonl") {
            true => text::write_json(table, &folder.path.join(&name), rng),
            false => dialect.write(table, &folder.path.join(&name), rng),
        };
        write(&table, rng);
        let what = format!("table {seed}, rows {wrong:?} of {name}\n{schema}");
        let copy = folder.path.join(&name);
        let right = fs::read(&copy).unwrap();
        write(&spoilt, rng);
        let bad = fs::read(&copy).unwrap();
        fs::write(&copy, right).unwrap();
        let Some(setting) = Setting::new(folder, &schema, &name, &what) else { return };
        fs::write(&setting.file, bad).unwrap();
        let [skipped, failed] = setting.check(&what);
        let one = |row: usize| if wrong.contains(&row) { None } else { setting.expected[row] };
        assert_eq!(skipped.unwrap(), (0..table.rows).map(one).collect::<Vec<_>>(), "{what}");
        assert!(failed.is_err(), "{what}");
        // A column that is not there is a fault of the file, or of each row of JSON lines.
        let mut without = table.take(&(0..table.rows).collect::<Vec<_>>());
        without.columns.retain(|column| column.name != "tags");
        if name.ends_with("jsonl") || schema.contains("names = ") {
            continue;
        }
        dialect.write(&without, &setting.file, rng);
        let [skipped, _] = setting.check(&what);
        assert!(skipped.unwrap_err().contains("tags"), "{what}");
    }
}

/// Bytes that are cut off, lost, doubled or others.
fn damage(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> usize {
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..6) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, *b"\"'\\".choose(rng).unwrap()),
        2 => bytes[at] = 0xff,
        3 => drop(bytes.remove(at)),
        4 => bytes.insert(at, 0),
        _ => bytes[at] = rng.random(),
    }
    at
}

/// Bytes that are wrong: whatever was read before them has its score.
fn try_bytes(seed: u64) {
    let (table, rng) = (Table::random(seed), &mut rng(seed ^ 0xb17e5));
    let (dialect, types) = (text::Dialect::random(&table, rng), arrow::Types::random(&table, rng));
    let json = table.schema("[source]\nfiles = \"part-*\"");
    for (name, schema) in [
        (dialect.name().replace('%', "0"), table.schema(&dialect.source(&table, "part-*"))),
        ("part-0.jsonl".into(), json.clone()),
        ("part-0.parquet".into(), json),
    ] {
        let folder = Folder::new();
        let file = folder.path.join(&name);
        match &*name {
            "part-0.jsonl" => text::write_json(&table, &file, rng),
            "part-0.parquet" => arrow::write_parquet(&arrow::batch(&table, &table, &types), &file, rng),
            _ => dialect.write(&table, &file, rng),
        }
        let what = format!("table {seed}, bytes of {name}\n{schema}");
        let Some(setting) = Setting::new(folder, &schema, &name, &what) else { return };
        let right = fs::read(&setting.file).unwrap();
        for _ in 0..8 {
            let mut bytes = right.clone();
            let at = damage(&mut bytes, rng);
            fs::write(&setting.file, &bytes).unwrap();
            let [Ok(scores), _] = setting.check(&what) else { continue };
            if !name.ends_with("jsonl") {
                continue;
            }
            // A line of JSON lines is a row, whatever is in it.
            let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            assert_eq!(scores.len(), lines.count(), "{what}");
            let before = right[..at].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(scores[..before], setting.expected[..before], "{what}");
        }
    }
}

#[test]
fn a_row_that_cannot_be_scored_has_a_line_of_its_own() {
    (1..=40).for_each(try_rows);
}

#[test]
fn damaged_files_are_errors_without_output_or_have_a_score_a_row() {
    (1..=40).for_each(try_bytes);
}
