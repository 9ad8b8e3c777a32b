mod bags;
mod doubts;
mod faults;
mod id_types;
mod items;
mod memory;
#[cfg(feature = "parquet")]
mod parquet;
mod sequences;
mod tables;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dien_model::Batch;
use dien_serving::encoding::Timestamp;
use tempfile::TempDir;

use super::{Impressions, Stream};
use crate::OnError;
use crate::sample::options::DataOptions;

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4

[source]
files = "log.csv"

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
category = { kind = "sparse" }
hour = { kind = "sparse", vocabulary = { hash = 5 } }
price = { kind = "dense", transform = "standardise" }
age = { kind = "dense", transform = { buckets = [18.0, 40.0] }, default = 30 }
seen_items = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
tags = { kind = "sequence" }

[[behaviours]]
name = "clicks"
columns = ["seen_items", "seen_categories"]
max_history = 3
padding = "0"
"#;

const ROWS: &str = "\
clicked,user,item,category,hour,price,age,seen_items,seen_categories,tags
1,ann,i1,c1,7,1.0,17,i2|i3,c2|c1,t1|t2
0,ann,i2,c2,7,3.0,,i2|i3,c2|c1,
0,ann,i9,c9,8,5.0,40,i2|i3,c2|c1,t1
1,bob,i3,c1,9,1.0,99,i1|i1|i2|i3|0|0,c1|c1|c2|c1|0|0,t9
";

fn folder(schema: &str, files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let path = folder.path().join("dataset.toml");
    fs::write(&path, schema).unwrap();
    (folder, path)
}

fn options() -> DataOptions {
    DataOptions::default().with_batch_size(4).with_shuffle(0).with_negatives_per_event(1)
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

fn failure(path: &Path, options: &DataOptions) -> String {
    match Impressions::open(path, options) {
        Ok(_) => panic!("no error"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn rows_become_ids_and_equal_histories_one() {
    let (_folder, path) = folder(SCHEMA, &[("log.csv", ROWS)]);
    let (log, skipped) = Impressions::open(&path, &options()).unwrap();
    assert_eq!(skipped.rows, 0);
    let names: Vec<_> =
        log.features().tables.iter().map(|t| (t.name.as_str(), t.num_embeddings, t.embedding_dim)).collect();
    // Items i1, i2, i3, i9 and what is out of vocabulary; ages below 18, below 40 and above; hours by hash.
    assert_eq!(names, [("item", 5, 4), ("category", 4, 4), ("hour", 6, 4), ("age", 4, 4), ("tags", 4, 4)]);
    assert_eq!(log.features().dense, ["price"]);
    let all = batches(&log.epoch(1, 0));
    let [batch] = &all[..] else { panic!("{} batches", all.len()) };
    batch.validate(log.features()).unwrap();
    assert_eq!(log.epoch(1, 0).targets(), Some(4));
    assert_eq!(log.epoch(1, 0).len(), Some(1));

    // Ann's three rows share a history; Bob's keeps its latest three events, its padding gone.
    assert_eq!(batch.histories.len(), 2);
    let item = |token: &str| log.vocabularies().get("item").unwrap().id(token);
    let history = |target: usize| -> Vec<u32> {
        let history = batch.targets.history[target] as usize;
        let bounds = &batch.histories.offsets[history..history + 2];
        batch.histories.ids[0][bounds[0] as usize..bounds[1] as usize].to_vec()
    };
    let at = |token: &str| batch.targets.candidate[0].iter().position(|&id| id == item(token)).unwrap();
    for (token, label, seen) in [
        ("i1", 1.0, vec!["i2", "i3"]),
        ("i2", 0.0, vec!["i2", "i3"]),
        ("i9", 0.0, vec!["i2", "i3"]),
        ("i3", 1.0, vec!["i1", "i2", "i3"]),
    ] {
        let seen: Vec<u32> = seen.into_iter().map(item).collect();
        assert_eq!((batch.targets.label[at(token)], history(at(token))), (label, seen), "{token}");
    }
    // Ages 17, none (30), 40, 99: buckets 0, 1, 2, 2.
    let ages = ["i1", "i2", "i9", "i3"].map(|token| batch.targets.sparse[1][at(token)]);
    assert_eq!(ages, [1, 2, 3, 3]);
    // Prices 1, 3, 5, 1: mean 2.5, deviation √2.75.
    let prices = ["i1", "i2", "i9"].map(|token| batch.targets.dense[0][at(token)]);
    for (found, raw) in prices.into_iter().zip([1.0, 3.0, 5.0]) {
        assert!((f64::from(found) - (raw - 2.5) / 2.75_f64.sqrt()).abs() < 1e-6);
    }
    let tags = |token: &str| {
        let (lists, at) = (&batch.targets.multi_hot[0], at(token));
        lists.offsets[at + 1] - lists.offsets[at]
    };
    assert_eq!(["i1", "i2", "i9", "i3"].map(tags), [2, 0, 1, 1]);
    let groups: HashSet<u32> = ["i1", "i2", "i9"].map(|token| batch.targets.group_id[at(token)]).into();
    assert!(groups.len() == 1 && !groups.contains(&batch.targets.group_id[at("i3")]));
}

/// Users, and times that go up.
fn long(rows: usize) -> String {
    let mut text = String::from("clicked,user,time,item,seen\n");
    for i in 0..rows {
        let seen: Vec<String> = (0..i % 5).map(|j| format!("i{}", (i * 7 + j) % 19)).collect();
        writeln!(text, "{},u{},{},i{},{}", i % 2, i % 23, i / 3, i % 17, seen.join("|")).unwrap();
    }
    text
}

const LONG: &str = r#"
candidate = ["item"]
source = { files = "*.csv" }
behaviours = [{ name = "seen", columns = ["seen"] }]

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
time = { kind = "time" }
item = { kind = "sparse" }
seen = { kind = "sequence", shares = "item" }
"#;

/// Label, candidate and history of every target, in any order.
fn content(batches: &[Batch]) -> Vec<(u32, u32, Vec<u32>)> {
    let mut all = vec![];
    for batch in batches {
        for t in 0..batch.targets.len() {
            let h = batch.targets.history[t] as usize;
            let start = batch.histories.offsets[h];
            let window = (start + batch.targets.start[t]) as usize..(start + batch.targets.end[t]) as usize;
            let history = batch.histories.ids[0][window].to_vec();
            all.push((batch.targets.label[t] as u32, batch.targets.candidate[0][t], history));
        }
    }
    all.sort();
    all
}

#[test]
fn an_epoch_is_every_row_once_whatever_is_held() {
    let text = long(500);
    let (_folder, path) = folder(LONG, &[("log.csv", &text)]);
    let epoch = |shuffle, seed, epoch| {
        let options = DataOptions::default().with_batch_size(32).with_shuffle(shuffle);
        let (log, _) = Impressions::open(&path, &options).unwrap();
        let all = batches(&log.epoch(seed, epoch));
        assert_eq!(Some(all.len()), log.epoch(seed, epoch).len());
        assert_eq!(all.len(), 16, "every batch but the last is full");
        all
    };
    let whole = epoch(10_000, 1, 0);
    for other in [epoch(0, 1, 0), epoch(100, 1, 0), epoch(100, 1, 1), epoch(100, 2, 0)] {
        assert_eq!(content(&whole), content(&other));
    }
    assert_eq!(epoch(100, 1, 0), epoch(100, 1, 0), "seeded");
    assert!(epoch(100, 1, 0) != epoch(100, 1, 1) && epoch(100, 1, 0) != epoch(100, 2, 0));
}

#[test]
fn an_epoch_goes_on_where_it_stopped() {
    let (_folder, path) = folder(LONG, &[("log.csv", &long(300))]);
    let options = DataOptions::default().with_batch_size(16).with_shuffle(64);
    let (log, _) = Impressions::open(&path, &options).unwrap();
    let all = batches(&log.epoch(3, 1));
    for from in [0, 1, 5, 18, 19] {
        let (mut rest, mut left) = (vec![], 4);
        log.epoch(3, 1)
            .for_each(from, |batch| {
                rest.push(batch);
                left -= 1;
                left > 0
            })
            .unwrap();
        let to = (from + 4).min(all.len());
        assert_eq!(rest, all[from.min(to)..to], "from {from}");
    }
}

#[test]
fn parts_share_no_group_and_no_time() {
    for (split, key) in [
        ("{ by = 'group', validation = 0.3, test = 0.2, seed = 5 }", 1),
        ("{ by = 'time', validation_from = 60, test_from = 80 }", 2),
    ] {
        let text = long(300);
        let schema = format!("split = {split}\n{LONG}");
        let (_folder, path) = folder(&schema, &[("log.csv", &text)]);
        let options = DataOptions::default().with_batch_size(32);
        let (log, _) = Impressions::open(&path, &options).unwrap();
        let parts = [log.epoch(1, 0), log.validation(), log.test()].map(|part| content(&batches(&part)));
        assert!(parts.iter().all(|part| !part.is_empty()));
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 300, "{split}");
        // What trains is counted, and nothing else.
        let fields: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split(',').collect()).collect();
        let split = log.schema().split.clone().unwrap();
        let trains =
            |row: &Vec<&str>| split.part(row[1], row[2].parse().unwrap()) == crate::schema::Part::Training;
        let keys = |side| fields.iter().filter(|r| trains(r) == side).map(|r| r[key]).collect::<HashSet<_>>();
        assert!(keys(true).is_disjoint(&keys(false)), "{split:?}");
        let tokens: HashSet<&str> = fields
            .iter()
            .filter(|r| trains(r))
            .flat_map(|r| std::iter::once(r[3]).chain(r[4].split('|').filter(|t| !t.is_empty())))
            .collect();
        let known: HashSet<&str> = log.vocabularies().get("item").unwrap().tokens().collect();
        assert_eq!(tokens, known);
    }
}

/// 2023-11-17 began 1,700,179,200 seconds after 1970.
#[test]
fn a_cut_by_date_means_the_same_whatever_times_count() {
    let form = |write: &dyn Fn(u64) -> String| {
        let mut text = String::from("clicked,user,time,item,seen\n");
        for i in 0..40 {
            let (item, time) = (i % 7, write(1_700_179_200 + 3600 * i - 20 * 3600));
            writeln!(text, "{},u{i},{time},i{item},i{}", i % 2, (i + 1) % 7).unwrap();
        }
        text
    };
    let forms = [
        form(&|seconds| seconds.to_string()),
        form(&|seconds| format!("{seconds}.0")),
        form(&|seconds| format!("{seconds}000")),
        form(&|seconds| format!("{seconds}000000")),
        form(&|seconds| Timestamp::new(seconds as i64, 0).to_string()),
    ];
    for cuts in
        ["2023-11-17, test_from = 2023-11-17T12:00:00Z", "'2023-11-17', test_from = '2023-11-17 12:00'"]
    {
        for text in &forms {
            let schema = format!("split = {{ by = 'time', validation_from = {cuts} }}\n{LONG}");
            let (_folder, path) = folder(&schema, &[("log.csv", text)]);
            let (log, _) = Impressions::open(&path, &options()).unwrap();
            let parts = [log.epoch(1, 0), log.validation(), log.test()];
            assert_eq!(parts.map(|part| content(&batches(&part)).len()), [20, 12, 8], "{text}");
        }
    }
    let schema = format!("split = {{ by = 'time', test_from = 2023-11-17 }}\n{LONG}");
    let (_folder, path) = folder(&schema, &[("log.csv", &form(&|seconds| (seconds % 1000).to_string()))]);
    let message = failure(&path, &options());
    assert!(message.contains("line 2, `time`: found 200; expected a time since 1970"), "{message}");
    let schema = format!("split = {{ by = 'time', validation_from = 7, test_from = 2023-11-17 }}\n{LONG}");
    let (_folder, path) = folder(&schema, &[("log.csv", &forms[0])]);
    let message = failure(&path, &options());
    assert!(message.contains("a validation from 7; expected two numbers or two dates"), "{message}");
}

#[test]
fn weights_are_read() {
    let rows = "y,user,w,item,seen\n1,a,2.5,i1,i2\n0,a,0,i2,\n";
    let schema = format!("{LONG}w = {{ kind = 'weight' }}\n")
        .replace("clicked", "y")
        .replace("time = { kind = \"time\" }\n", "");
    let (_folder, path) = folder(&schema, &[("log.csv", rows)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let all = batches(&log.epoch(1, 0));
    let mut weights = all[0].targets.weight.clone();
    weights.sort_by(f32::total_cmp);
    assert_eq!(weights, [0.0, 2.5]);
    let (_folder, path) = folder(&schema, &[("log.csv", &rows.replace("2.5", "-1"))]);
    assert!(failure(&path, &options()).ends_with("line 2, `w`: found -1; expected a number of at least 0"));
}

#[test]
fn labels_are_truth_values_or_numbers_from_0_to_1() {
    let rows = ROWS.replace("\n1,ann", "\nTRUE,ann").replace("\n0,ann,i2", "\nFalse,ann,i2");
    let rows = rows.replace("\n1,bob", "\n0.25,bob");
    let (_folder, path) = folder(SCHEMA, &[("log.csv", &rows)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let mut labels: Vec<f32> =
        batches(&log.epoch(1, 0)).iter().flat_map(|b| b.targets.label.clone()).collect();
    labels.sort_by(f32::total_cmp);
    assert_eq!(labels, [0.0, 0.0, 0.25, 1.0]);
    let doubts = log.report().warnings();
    let soft =
        "1 of 4 training rows have labels between 0 and 1, of which AUC and GAUC count those above 0.5";
    assert!(doubts.iter().any(|doubt| doubt.starts_with(soft)), "{doubts:?}");
}
