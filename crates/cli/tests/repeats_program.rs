//! Repeated behaviours: what is left out of a history is left out in training, evaluation, prediction and
//! requests alike.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{dien, draws, json, rank, stderr, stdout};
use serde_json::{Value, json};
use tempfile::tempdir;

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4
[source]
files = "train.csv"
[test]
files = "test.csv"
[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
category = { kind = "sparse" }
seen = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
[[behaviours]]
name = "seen"
columns = ["seen", "seen_categories"]
max_history = 7
padding = "none"
order = "latest_first"
"#;

const TINY: [&str; 6] = ["--epochs", "1", "--set", "model.hidden=4", "--set", "model.head_layers=[4]"];

/// The history of each user, oldest first, and the candidate. Rare items are out of vocabulary.
type Rows = BTreeMap<String, (Vec<u64>, u64)>;

fn table(rows: u64, seed: u64) -> (String, Rows) {
    let mut text = String::from("clicked,user,item,category,seen,seen_categories\n");
    let (mut draw, mut all) = (draws(seed), Rows::new());
    for row in 0..rows {
        let mut item = 0;
        let history = (0..draw(14)).map(|_| {
            item = match draw(3) {
                0 => item,
                1 => draw(5),
                _ => 1000 * seed + draw(300),
            };
            item
        });
        let (history, candidate, user) = (history.collect::<Vec<_>>(), draw(5), format!("u{seed}-{row}"));
        let cells = |name: &dyn Fn(u64) -> String| {
            // The latest first, filled up at the end.
            let mut cells: Vec<String> = history.iter().rev().map(|&item| name(item)).collect();
            cells.resize(14, "none".into());
            cells.join("|")
        };
        let (items, categories) =
            (cells(&|item| format!("i{item}")), cells(&|item| format!("c{}", item % 3)));
        writeln!(text, "{},{user},i{candidate},c{},{items},{categories}", draw(2), candidate % 3).unwrap();
        all.insert(user, (history, candidate));
    }
    (text, all)
}

/// What stays, by its definition.
fn kept(repeats: &str, history: &[u64]) -> Vec<u64> {
    let stays = |&place: &usize| match repeats {
        "merge-consecutive" => place == 0 || history[place - 1] != history[place],
        "first" => !history[..place].contains(&history[place]),
        "last" => !history[place + 1..].contains(&history[place]),
        _ => true,
    };
    (0..history.len()).filter(stays).map(|place| history[place]).collect()
}

/// The rows by how many events of theirs are read, as `eval --by` counts them.
fn lengths(root: &Path, run: &str) -> BTreeMap<String, u64> {
    let bounds: Vec<String> = (1..16).map(|n| n.to_string()).collect();
    let by = format!("history_length:{}", bounds.join("/"));
    let told = json(root, &["eval", "--run", run, "--by", &by, "--scores", "scores.csv", "--json"]);
    let slice = |slice: &Value| (slice["value"].as_str().unwrap().into(), slice["rows"].as_u64().unwrap());
    told["slices"][0]["slices"].as_array().unwrap().iter().map(slice).collect()
}

fn counted(of: impl Iterator<Item = usize>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for length in of {
        let value = if length == 0 { "< 1".into() } else { format!("[{length}, {})", length + 1) };
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// Logits by user and item, as evaluation has them.
fn scores(root: &Path) -> BTreeMap<(String, String), f64> {
    let text = fs::read_to_string(root.join("scores.csv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        ((fields[0].to_owned(), fields[1].to_owned()), fields[3].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-4, "{a} {b}");
}

#[test]
fn repeats_of_a_log_are_left_out_everywhere() {
    let root = tempdir().unwrap();
    let root = root.path();
    let ((train, training), (test, rows)) = (table(300, 1), table(60, 2));
    fs::write(root.join("train.csv"), train).unwrap();
    fs::write(root.join("test.csv"), test).unwrap();
    fs::write(root.join("dataset.toml"), SCHEMA).unwrap();
    let mut found = vec![];
    for repeats in ["keep", "merge-consecutive", "first", "last"] {
        let (run, set) = (format!("run-{repeats}"), format!("schema.repeats={repeats}"));
        let trained = dien(
            root,
            &[&["train", "--data", "dataset.toml", "--out", &run, "--set", &set], &TINY[..]].concat(),
        );
        assert!(trained.status.success(), "{trained:?}");
        let all: usize = training.values().map(|(history, _)| history.len()).sum();
        let stay: usize = training.values().map(|(history, _)| kept(repeats, history).len()).sum();
        let note = format!("note: `seen`: {} of {all} behaviours", all - stay);
        assert_eq!(stderr(&trained).contains(&note), repeats != "keep", "{note}\n{}", stderr(&trained));
        let expected = rows.values().map(|(history, _)| kept(repeats, history).len().min(7));
        assert_eq!(lengths(root, &run), counted(expected), "{repeats}");
        let scores = scores(root);
        found.push(scores.values().sum::<f64>());
        // Rows that are predicted, from the run and from its model file alone.
        for model in [run.clone(), format!("{run}/model.safetensors")] {
            let args = ["predict", "--run", &model, "--data", "test.csv", "--keep", "user,item"];
            for line in stdout(&dien(root, &args)).lines().skip(1) {
                let fields: Vec<&str> = line.split(',').collect();
                let logit = scores[&(fields[0].to_owned(), fields[1].to_owned())];
                close(fields[2].parse().unwrap(), 1.0 / (1.0 + (-logit).exp()));
            }
        }
        // Requests, whose histories are as they happened.
        for (user, (history, candidate)) in rows.iter().take(12) {
            let item = format!("i{candidate}");
            let logit = scores[&(user.clone(), item.clone())];
            let told = json(root, &["explain", "--run", &run, "--user", user, "--json"]);
            close(told["candidates"][0]["logit"].as_f64().unwrap(), logit);
            let events = told["sequences"][0]["events"].as_array().unwrap();
            assert_eq!(events.len(), kept(repeats, history).len().min(7));
            let record = |n: u64| json!({"item": format!("i{n}"), "category": format!("c{}", n % 3)});
            let history: Vec<Value> = history.iter().map(|&n| record(n)).collect();
            let request = json!({"history": history, "candidates": [record(*candidate)]});
            let answer = rank(&root.join(&run), &request.to_string());
            let answer: Value =
                serde_json::from_str(&stdout(&answer)).unwrap_or_else(|_| panic!("{answer:?}"));
            close(answer["scores"][0].as_f64().unwrap(), 1.0 / (1.0 + (-logit).exp()));
        }
    }
    found.dedup();
    assert_eq!(found.len(), 4, "four readings, four models");
    // A schema may say it itself; the other is refused.
    fs::write(root.join("dataset.toml"), format!("{SCHEMA}repeats = \"first\"\n")).unwrap();
    let again = json(root, &["eval", "--run", "run-first", "--data", "dataset.toml", "--json"]);
    assert!(again["auc"].is_number(), "{again}");
    let other = dien(root, &["predict", "--run", "run-keep/model.safetensors", "--data", "dataset.toml"]);
    assert!(stderr(&other).contains("another meaning than the model's"), "{other:?}");
}

fn behaviours(root: &Path) -> Rows {
    let mut text = String::from("user,item,timestamp\n");
    let (mut draw, mut users) = (draws(9), Rows::new());
    for user in 0..240 {
        let (mut item, mut all) = (0, vec![]);
        for time in 0..3 + draw(10) {
            item = if draw(2) == 0 { item } else { draw(9) };
            writeln!(text, "u{user},i{item},{time}").unwrap();
            all.push(item);
        }
        let last = all.pop().unwrap();
        users.insert(format!("u{user}"), (all, last));
    }
    fs::create_dir(root.join("data")).unwrap();
    fs::write(root.join("data/interactions.csv"), text).unwrap();
    users
}

/// That test users' histories are what stays of theirs, and that their scores are explained as they are.
fn assert_run(root: &Path, run: &str, repeats: &str, users: &Rows) {
    let found = lengths(root, run);
    let scores = scores(root);
    let tested = scores.keys().map(|(user, _)| kept(repeats, &users[user].0).len());
    assert_eq!(found, counted(tested), "{repeats}");
    for ((user, item), &logit) in scores.iter().take(8) {
        let told = json(root, &["explain", "--run", run, "--user", user, "--candidate", item, "--json"]);
        close(told["candidates"][0]["logit"].as_f64().unwrap(), logit);
    }
}

#[test]
fn repeats_of_behaviours_are_left_out_everywhere() {
    let root = tempdir().unwrap();
    let root = root.path();
    let users = behaviours(root);
    for repeats in ["merge-consecutive", "first"] {
        let (run, set) = (format!("run-{repeats}"), format!("data.repeats={repeats}"));
        let args = [&["train", "--data", "data", "--out", &run, "--set", &set], &TINY[..]].concat();
        let trained = dien(root, &args);
        assert!(stderr(&trained).contains("repeat others of their user"), "{trained:?}");
        assert_run(root, &run, repeats, &users);
        let built = format!("built-{repeats}");
        let args = ["data", "build", "data", "--out", &built, "--targets", "last", "--repeats", repeats];
        assert!(dien(root, &args).status.success());
        let run = format!("run-built-{repeats}");
        json(root, &[&["train", "--data", &built, "--out", &run, "--json"], &TINY[..]].concat());
        assert_run(root, &run, repeats, &users);
    }
    let last = dien(root, &["train", "--data", "data", "--set", "data.repeats=last"]);
    assert!(stderr(&last).contains("found `last`; expected one of"), "{last:?}");
    let last = dien(root, &["train", "--data", "built-first", "--set", "schema.repeats=last"]);
    assert!(stderr(&last).contains("what comes later would tell"), "{last:?}");
}
