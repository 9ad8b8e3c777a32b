//! Every command works on a run of every source.

mod common;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{dien, draws, fails, json, list, rank, stderr, stdout, tiny, workplace};
use dien::prelude::*;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

/// The lines of a file of scores, its header aside, by the names of the columns.
fn rows(text: &str) -> Vec<HashMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(String::from).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

#[test]
fn behaviours_are_predicted_as_they_are_evaluated() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "data", "--config", "tiny.toml", "--epochs", "1", "--out", "run"];
    assert!(dien(root, &train).status.success());
    assert!(dien(root, &["eval", "--run", "run", "--scores", "scores.csv"]).status.success());
    let evaluated = rows(&fs::read_to_string(root.join("scores.csv")).unwrap());
    let predict = ["predict", "--run", "run", "--data", "data"];
    let predicted = stdout(&dien(root, &predict));
    assert!(predicted.starts_with("user,item,score,reason\n"), "{predicted}");
    let found = rows(&predicted);
    assert!(evaluated.len() > 10 && found.len() == evaluated.len());
    for (found, evaluated) in found.iter().zip(&evaluated) {
        assert_eq!((&found["user"], &found["item"]), (&evaluated["user"], &evaluated["item"]));
        assert!((number(found, "score") - number(evaluated, "probability")).abs() < 1e-6);
        assert_eq!(found["reason"], "");
    }
    // The file alone knows how a folder is read.
    let alone = ["predict", "--model", "run/model.safetensors", "--data", "data"];
    assert_eq!(stdout(&dien(root, &alone)), predicted);
    let kept = rows(&stdout(&dien(root, &[&predict[..], &["--keep", "label,user"]].concat())));
    assert!(kept.iter().zip(&evaluated).all(|(kept, of)| kept["label"] == of["label"]));
    fails(root, &[&predict[..], &["--keep", "category"]].concat(), "expected `user`, `item` or `label`");
    fails(root, &["predict", "--run", "run", "--data", "data/items.csv"], "or a user, an item and a time");

    // What is built of the folder is the same columns, and may be scored by the same model.
    let build = ["data", "build", "data", "--out", "built"];
    assert!(dien(root, &build).status.success());
    let schema = fs::read_to_string(root.join("built/dataset.toml")).unwrap();
    fs::write(root.join("built/test.toml"), schema.replacen("train/", "test/", 2)).unwrap();
    let other = ["predict", "--run", "run", "--data", "built/test.toml", "--keep", "user,item"];
    let output = dien(root, &other);
    assert!(output.status.success(), "{output:?}");
    let built = rows(&stdout(&output));
    assert!(built.iter().all(|row| (0.0..=1.0).contains(&number(row, "score"))) && built.len() > 10);
}

const SCHEMA: &str = r#"
candidate = ["item", "category", "tags"]
width = 4

[source]
files = "log.csv"

[split]
by = "group"
validation = 0.15
test = 0.25

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
at = { kind = "time" }
item = { kind = "sparse" }
category = { kind = "sparse" }
tags = { kind = "sequence" }
interests = { kind = "sequence" }
hour = { kind = "sparse" }
price = { kind = "dense", transform = "standardise" }
age = { kind = "dense", transform = { buckets = [20.0, 40.0] }, default = 30 }
seen = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories"]
max_history = 4
padding = "i0"
order = "latest_first"
"#;

fn log(rows: usize) -> String {
    let mut text =
        String::from("clicked,user,at,item,category,tags,interests,hour,price,age,seen,seen_categories\n");
    let mut draw = draws(3);
    for i in 0..rows {
        let seen: Vec<u64> = (0..draw(7)).map(|_| 1 + draw(40)).chain([0]).collect();
        let (item, interest) = (1 + draw(40), draw(3));
        let label = u8::from(seen[0] % 4 == item % 4) ^ u8::from(draw(10) == 0);
        writeln!(
            text,
            "{label},u{},{},i{item},c{},t{}|t{},in{interest}|in9,{},{},{},{},{}",
            i % 83,
            draw(1000),
            item % 4,
            item % 3,
            item % 5,
            draw(24),
            draw(500),
            if i % 7 == 0 { String::new() } else { draw(60).to_string() },
            list(&seen, |x| format!("i{x}")),
            list(&seen, |x| format!("c{}", x % 4)),
        )
        .unwrap();
    }
    text
}

/// A run on a log: its folder, and the log's rows.
fn of_a_log() -> (TempDir, Vec<HashMap<String, String>>) {
    let root = tempdir().unwrap();
    fs::create_dir(root.path().join("log")).unwrap();
    fs::write(root.path().join("log/dataset.toml"), SCHEMA).unwrap();
    fs::write(root.path().join("log/log.csv"), log(1500)).unwrap();
    let options = "[data]\nbatch_size = 64\n[model]\nhidden = 8\nhead_layers = [16]\n[train]\nepochs = 1\n";
    fs::write(root.path().join("options.toml"), options).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run"];
    let output = dien(root.path(), &train);
    assert!(output.status.success(), "{output:?}");
    (root, rows(&log(1500)))
}

fn predict_all(root: &Path) -> Vec<f64> {
    let predict = ["predict", "--run", "run", "--data", "log/log.csv", "--keep", "user"];
    let output = dien(root, &predict);
    assert!(output.status.success(), "{output:?}");
    rows(&stdout(&output)).iter().map(|row| number(row, "score")).collect()
}

#[test]
fn a_log_is_evaluated_target_by_target() {
    let (root, log) = of_a_log();
    let root = root.path();
    let told = json(root, &["eval", "--run", "run", "--scores", "scores.csv", "--json"]);
    let evaluated = rows(&fs::read_to_string(root.join("scores.csv")).unwrap());
    assert_eq!(told["samples"].as_u64(), Some(evaluated.len() as u64));
    // Every row of a test user once, with the score that it is predicted.
    let users: Vec<&String> = evaluated.iter().map(|row| &row["user"]).collect();
    let scores = predict_all(root);
    let mut expected: Vec<(String, String, String, i64)> = vec![];
    for (row, score) in log.iter().zip(&scores).filter(|(row, _)| users.contains(&&row["user"])) {
        let label = row["clicked"].clone();
        expected.push((row["user"].clone(), row["item"].clone(), label, (score * 1e4).round() as i64));
    }
    let mut found: Vec<_> = evaluated
        .iter()
        .map(|row| {
            let score = (number(row, "probability") * 1e4).round() as i64;
            (row["user"].clone(), row["item"].clone(), row["label"].clone(), score)
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let metrics = Metrics::new(
        &evaluated.iter().map(|row| number(row, "logit") as f32).collect::<Vec<_>>(),
        &evaluated.iter().map(|row| number(row, "label") as f32).collect::<Vec<_>>(),
        &vec![0; evaluated.len()],
    );
    assert!((metrics.auc.unwrap() - told["auc"].as_f64().unwrap()).abs() < 1e-9, "{metrics:?} {told}");
    assert!(dien(root, &["report", "--run", "run", "--out", "report.html"]).status.success());
}

#[test]
fn a_row_of_a_log_is_explained_by_its_user() {
    let (root, log) = of_a_log();
    let root = root.path();
    let scores = predict_all(root);
    for user in ["u3", "u7"] {
        let of: Vec<usize> = (0..log.len()).filter(|&i| log[i]["user"] == user).collect();
        let time = |i: &usize| log[*i]["at"].parse::<i64>().unwrap();
        let latest = *of.iter().max_by_key(|i| (time(i), **i)).unwrap();
        let explained = json(root, &["explain", "--run", "run", "--user", user, "--json"]);
        let candidate = &explained["candidates"][0];
        assert_eq!(candidate["item"]["name"].as_str(), Some(log[latest]["item"].as_str()));
        let found = candidate["probability"].as_f64().unwrap();
        assert!((found - scores[latest]).abs() < 1e-5, "{found} {}", scores[latest]);
        // Its latest events, the newest of which stands first in the log, and no padding.
        let events: Vec<&str> = log[latest]["seen"].split('|').filter(|&item| item != "i0").collect();
        let said: Vec<&str> = explained["sequences"][0]["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["item"]["name"].as_str().unwrap())
            .collect();
        let newest: Vec<&str> = events.iter().take(4).rev().copied().collect();
        assert_eq!(said, newest);
        // Another of the user's rows, by its item; an item that none has against the latest row.
        let other = *of.iter().find(|&&i| log[i]["item"] != log[latest]["item"]).unwrap();
        let item = log[other]["item"].as_str();
        let all = of.iter().filter(|&&i| log[i]["item"] == item);
        let other = *all.max_by_key(|i| (time(i), **i)).unwrap();
        let explained =
            json(root, &["explain", "--run", "run", "--user", user, "--candidate", item, "--json"]);
        let found = explained["candidates"][0]["probability"].as_f64().unwrap();
        assert!((found - scores[other]).abs() < 1e-5, "{found} {}", scores[other]);
    }
    fails(root, &["explain", "--run", "run", "--user", "nobody"], "no row of the log has this user");
    // The page and the request still work.
    let page = ["explain", "--run", "run", "--user", "u3", "--out", "why.html"];
    assert!(dien(root, &page).status.success());
    fails(root, &[&page[..4], &["u3", "--out", "why.csv"]].concat(), "expected one that ends in `.html`");
    assert!(root.join("why.html").exists() && !root.join("why.csv").exists());
    let request = r#"{"history": [{"item": "i3"}], "candidates": [{"item": "i7"}]}"#;
    fs::write(root.join("request.json"), request).unwrap();
    let explained = json(root, &["explain", "--run", "run", "--request", "request.json", "--json"]);
    let answer: Value = serde_json::from_str(&stdout(&rank(&root.join("run"), request))).unwrap();
    let (found, expected) =
        (explained["candidates"][0]["probability"].as_f64(), answer["scores"][0].as_f64());
    assert!((found.unwrap() - expected.unwrap()).abs() < 1e-6);
}

#[test]
fn rows_are_scored_by_files_of_before_with_a_schema() {
    let (root, _) = of_a_log();
    let root = root.path();
    let before = predict_all(root);
    // What an earlier version wrote says neither how rows are read nor whose lists are whose.
    let bytes = fs::read(root.join("run/model.safetensors")).unwrap();
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + len]).unwrap();
    let text = header["__metadata__"]["dien"].as_str().unwrap();
    let mut metadata: Value = serde_json::from_str(text).unwrap();
    metadata["format"] = 3.into();
    for name in ["data", "request_lists"] {
        assert!(metadata["serving"].as_object_mut().unwrap().remove(name).is_some());
    }
    header["__metadata__"]["dien"] = metadata.to_string().into();
    let header = header.to_string();
    let old = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[8 + len..]].concat();
    fs::write(root.join("old.safetensors"), &old).unwrap();
    let predict = ["predict", "--run", "old.safetensors", "--data"];
    fails(
        root,
        &[&predict[..], &["log/log.csv"]].concat(),
        "a model that does not say how its rows are read",
    );
    let scored = stdout(&dien(root, &[&predict[..], &["log/dataset.toml"]].concat()));
    assert_eq!(rows(&scored).iter().map(|row| number(row, "score")).collect::<Vec<_>>(), before);
    // A run's folder has what its file lacks.
    fs::write(root.join("run/model.safetensors"), &old).unwrap();
    assert_eq!(predict_all(root), before);
    let request = r#"{"history": [], "candidates": [{"item": "i7", "interests": ["in1"]}]}"#;
    let answer = rank(&root.join("run"), request);
    assert!(answer.status.success(), "lists are the candidates': {answer:?}");
}

#[test]
fn requests_are_answered_line_by_line() {
    let (root, _) = of_a_log();
    let requests = [
        r#"{"history": [{"item": "i3"}], "candidates": [{"item": "i7"}, {"item": "i8"}]}"#,
        "",
        r#"{"history": []}"#,
        r#"{"history": [], "candidates": [{"item": "i9"}]}"#,
    ];
    let input = root.path().join("requests.jsonl");
    fs::write(&input, requests.join("\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dien"))
        .args(["rank", "--model", "run/model.safetensors", "--lines"])
        .current_dir(root.path())
        .stdin(fs::File::open(&input).unwrap())
        .output()
        .unwrap();
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), output.status.code()), (3, Some(1)));
    for (line, request) in [(&lines[0], requests[0]), (&lines[2], requests[3])] {
        let alone: Value = serde_json::from_str(&stdout(&rank(&root.path().join("run"), request))).unwrap();
        assert_eq!(*line, alone);
    }
    assert!(lines[1]["error"].as_str().unwrap().contains("`candidates`: found nothing"), "{}", lines[1]);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let (root, _) = of_a_log();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dien"))
        .args(["predict", "--run", "run", "--data", "log/log.csv", "--keep", "user,item,seen"])
        .current_dir(root.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !stderr(&output).contains("error"), "{output:?}");
}

/// That every row is somewhere: `[read, training, validation, test, skipped]`.
#[track_caller]
fn conserved(rows: &Value) -> [u64; 5] {
    let rows = ["read", "training", "validation", "test", "skipped"].map(|name| rows[name].as_u64().unwrap());
    assert_eq!(rows[0], rows[1..].iter().sum::<u64>(), "{rows:?}");
    rows
}

#[test]
fn every_row_is_used_held_out_or_skipped() {
    let (root, rows) = of_a_log();
    let root = root.path();
    // A label that is none, a number that is none, a line with a field too many, lists of two lengths.
    let mut lines: Vec<String> = log(1500).lines().map(String::from).collect();
    lines[5].replace_range(..1, "7");
    lines[80].push_str(",more");
    lines[90].push_str("|c1");
    lines[900].replace_range(..1, "x");
    fs::write(root.join("log/log.csv"), lines.join("\n")).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--on-error", "skip", "--json"];
    let trained = json(root, &train);
    let [read, training, validation, test, skipped] = conserved(&trained["rows"]);
    assert_eq!((read, skipped), (1500, 4));
    assert_eq!(trained["test"]["samples"].as_u64(), Some(test));
    assert_eq!(trained["validation"]["samples"].as_u64(), Some(validation));
    assert!(training > 0 && rows.len() == 1500);
    let run = trained["run"].as_str().unwrap();
    let said = stdout(&dien(root, &["eval", "--run", run]));
    assert!(said.starts_with("1500 rows read: "), "{said}");
    let evaluated = json(root, &["eval", "--run", run, "--split", "validation", "--json"]);
    let found = conserved(&evaluated["rows"]);
    assert_eq!((found[0], found[2]), (1500, validation));
    assert_eq!(evaluated["samples"].as_u64(), Some(validation));

    // Of behaviours it is those of the parts' users.
    let root = workplace();
    let root = root.path();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    let log = synthesis.log().unwrap();
    let events = |test: bool| {
        log.users().iter().filter(|user| user.test == test).map(|user| user.events.len() as u64).sum::<u64>()
    };
    let (lines, test) = (events(false) + events(true), events(true));
    let train =
        ["train", "--data", "data", "--config", "tiny.toml", "--epochs", "1", "--json", "--out", "run"];
    let trained = json(root, &train);
    let found = conserved(&trained["rows"]);
    assert_eq!((found[0], found[3], found[4]), (lines, test, 0));
    assert!(found[1] > 0 && found[2] > 0);
}
