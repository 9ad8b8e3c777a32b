//! `dien predict` writes as many lines as there are rows, whatever is wrong with some, or nothing.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use common::{dien, json, stderr, stdout};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::tempdir;

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4
[source]
files = "log.csv"
[columns]
clicked = { kind = "label" }
item = { kind = "sparse" }
category = { kind = "sparse" }
price = { kind = "dense" }
seen = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories"]
"#;

const HEADER: &str = "row,clicked,item,category,price,seen,seen_categories";

fn rows(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("r{i},{},i{},c{},{i}.5,i{}|i3,c1|c0", i % 2, i % 7, i % 3, i % 5)).collect()
}

fn text(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

/// The rows with one of them changed.
fn with(change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let mut rows = rows(30);
    rows[4] = change(&rows[4]);
    text(&rows)
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(vec![], Compression::default());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

fn lines_of_json() -> String {
    let object = |row: String| {
        let cells = HEADER.split(',').zip(row.split(',').map(String::from).collect::<Vec<_>>());
        let fields: serde_json::Map<_, _> = cells.map(|(name, cell)| (name.into(), cell.into())).collect();
        serde_json::Value::Object(fields).to_string() + "\n"
    };
    rows(30).into_iter().map(object).collect()
}

/// What is said of a file of 30 rows, the fifth of which has no score.
#[track_caller]
fn one_is_wrong(root: &Path, name: &str, bytes: &[u8], reason: &str) {
    fs::write(root.join(name), bytes).unwrap();
    let predict = ["predict", "--run", "run", "--data", name];
    let output = dien(root, &predict);
    assert!(output.status.success(), "{name}: {output:?}");
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (31, "score,reason"), "{name}: {text}");
    for (i, line) in lines[1..].iter().enumerate() {
        let (score, why) = line.split_once(',').unwrap();
        if i == 4 {
            assert!(score.is_empty() && why.contains(name) && why.contains(reason), "{name}: {line}");
        } else {
            assert!((0.0..=1.0).contains(&score.parse::<f64>().unwrap()) && why.is_empty(), "{name}: {line}");
        }
    }
    let told = json(root, &[&predict[..], &["--json"]].concat());
    assert_eq!((&told["rows"], &told["skipped"]), (&30.into(), &1.into()), "{name}");
    assert_eq!(told["predictions"].as_array().unwrap().len(), 30, "{name}");
    let strict = dien(root, &[&predict[..], &["--on-error", "fail", "--out", "strict.csv"]].concat());
    assert!(!strict.status.success() && stderr(&strict).contains(reason), "{name}: {strict:?}");
    assert!(!root.join("strict.csv").exists());
}

#[test]
fn a_line_a_row_or_nothing() {
    let root = tempdir().unwrap();
    let root = root.path();
    fs::create_dir(root.join("log")).unwrap();
    fs::write(root.join("log/dataset.toml"), SCHEMA).unwrap();
    fs::write(root.join("log/log.csv"), text(&rows(200))).unwrap();
    let options = "[data]\nbatch_size = 64\n[model]\nhidden = 4\nhead_layers = [8]\n[train]\nepochs = 1\n";
    fs::write(root.join("options.toml"), options).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run"];
    assert!(dien(root, &train).status.success());

    let more = with(|row| format!("{row},more"));
    one_is_wrong(root, "more.csv", &more, "8 fields; expected 7");
    let few = with(|row| row.rsplit_once(',').unwrap().0.to_owned());
    one_is_wrong(root, "few.csv", &few, "6 fields; expected 7");
    let quote = with(|row| row.replacen("r4", "\"r4", 1));
    one_is_wrong(root, "quote.csv", &quote, "closes a field");
    one_is_wrong(root, "number.csv", &with(|row| row.replace("4.5", "much")), "`price`: found");
    one_is_wrong(root, "lists.csv", &with(|row| format!("{row}|c1")), "3 ids beside 2");
    let mut bytes = text(&rows(30));
    let at = bytes.windows(4).position(|four| four == b"\nr4,").unwrap() + 1;
    bytes[at] = 0xFF;
    one_is_wrong(root, "latin.csv", &bytes, "no UTF-8");
    one_is_wrong(root, "zipped.csv.gz", &zipped(&more), "8 fields; expected 7");
    let broken = lines_of_json().replacen("\"r4\"", "\"r4", 1);
    one_is_wrong(root, "broken.jsonl", broken.as_bytes(), "expected");

    // What is wrong with a file as a whole.
    let long = zipped(&text(&rows(60_000)));
    let no_category = String::from_utf8(text(&rows(30))).unwrap().replace(",category,", ",class,");
    for (name, bytes, reason) in [
        ("cut.csv.gz", &long[..long.len() * 9 / 10], "cut off after line"),
        ("empty.csv", &[][..], "an empty file"),
        ("class.csv", no_category.as_bytes(), "no column `category`"),
        ("zero.csv", &with(|row| row.replace('c', "\0"))[..], "zero"),
    ] {
        fs::write(root.join(name), bytes).unwrap();
        common::fails(root, &["predict", "--run", "run", "--data", name], reason);
        common::fails(root, &["predict", "--run", "run", "--data", name, "--json"], reason);
        common::fails(root, &["predict", "--run", "run", "--data", name, "--out", "out.csv"], reason);
        assert!(!root.join("out.csv").exists(), "{name}");
    }
}
