//! Metrics beyond AUC, as the program tells and uses them.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{dien, draws, fails, json, stderr, stdout};
use serde_json::Value;
use tempfile::tempdir;

/// Six candidates a user, one of them clicked: mostly the one of the category that was seen last.
fn log(users: u64, weighted: bool) -> String {
    let mut text = String::from("clicked,user,item,seen,weight\n");
    let mut draw = draws(3);
    for user in 0..users {
        let seen: Vec<u64> = (0..1 + draw(6)).map(|_| draw(40)).collect();
        let last = seen[seen.len() - 1] % 4;
        let clicked = draw(6);
        for place in 0..6 {
            let item = 4 * draw(10) + if place == clicked { last } else { draw(4) };
            let seen: Vec<String> = seen.iter().map(|i| format!("i{i}")).collect();
            // Rows of weight 0 say the contrary of what is so.
            let is_wrong = weighted && draw(2) == 0;
            let (label, weight) = (u8::from((place == clicked) != is_wrong), u8::from(!is_wrong));
            writeln!(text, "{label},u{user},i{item},{},{weight}", seen.join("|")).unwrap();
        }
    }
    text
}

fn workplace(root: &Path, weighted: bool) {
    let weight = if weighted { "weight = { kind = \"weight\" }" } else { "" };
    let schema = format!(
        r#"
candidate = ["item"]
width = 8
[source]
files = "log.csv"
[split]
by = "group"
validation = 0.2
test = 0.3
[columns]
clicked = {{ kind = "label" }}
user = {{ kind = "group" }}
item = {{ kind = "sparse" }}
seen = {{ kind = "sequence", shares = "item" }}
{weight}
[[behaviours]]
name = "seen"
columns = ["seen"]
"#
    );
    fs::write(root.join("dataset.toml"), schema).unwrap();
    fs::write(root.join("log.csv"), log(1500, weighted)).unwrap();
    let options = "[data]\nbatch_size = 64\n[model]\nhidden = 8\ndropout = 0.0\nhead_layers = [16]\n\
                   [train]\nepochs = 6\n[optimizer]\nlr = 0.01\n";
    fs::write(root.join("options.toml"), options).unwrap();
}

const TRAIN: &[&str] = &["train", "--data", "dataset.toml", "--config", "options.toml", "--out", "run"];

/// The best by a metric, counted from 1, of the run's epochs that stand so far.
fn best_of(root: &Path, pointer: &str, is_better: fn(f64, f64) -> bool) -> u64 {
    let text = fs::read_to_string(root.join("run/metrics.jsonl")).unwrap();
    let mut best = (0, f64::NAN);
    for line in text.lines() {
        let epoch: Value = serde_json::from_str(line).unwrap();
        let value = epoch.pointer(pointer).unwrap_or_else(|| panic!("{line}")).as_f64().unwrap();
        if best.0 == 0 || is_better(value, best.1) {
            best = (epoch["epoch"].as_u64().unwrap(), value);
        }
    }
    best.0
}

#[test]
fn the_order_of_candidates_is_told_and_chooses_the_epoch() {
    let root = tempdir().unwrap();
    let root = root.path();
    workplace(root, false);
    let trained = json(root, &[TRAIN, &["--set", "train.monitor=ndcg@3", "--json"]].concat());
    assert_eq!(trained["best_epoch"], best_of(root, "/validation/ranking/ndcg", |a, b| a > b));
    assert_eq!(trained["monitor"], "ndcg@3");
    let eval = ["eval", "--run", "run", "--split", "validation", "--top-k", "3"];
    let evaluated = json(root, &[&eval[..], &["--json"]].concat());
    assert_eq!(evaluated["ranking"], trained["validation"]["ranking"]);
    let ranking = &evaluated["ranking"];
    assert_eq!((&ranking["k"], &ranking["candidates"]), (&3.into(), &6.0.into()));
    // One click a user: a hit is all of the clicks. By chance it were a half.
    assert_eq!(ranking["recall"], ranking["hit_rate"]);
    assert!(ranking["hit_rate"].as_f64().unwrap() > 0.7, "{evaluated}");
    let said = stdout(&dien(root, &eval));
    assert!(said.contains("  HR@3 0.") && said.contains("  MRR@3 0."), "{said}");
    assert!(json(root, &["eval", "--run", "run", "--json"]).get("ranking").is_none());
    // A run goes on by the metric that it began with.
    let resumed = json(root, &["train", "--resume", "run", "--epochs", "7", "--json"]);
    assert_eq!(resumed["best_epoch"], best_of(root, "/validation/ranking/ndcg", |a, b| a > b));
}

#[test]
fn the_lowest_log_loss_chooses_the_epoch() {
    let root = tempdir().unwrap();
    let root = root.path();
    workplace(root, false);
    let trained = json(root, &[TRAIN, &["--set", "train.monitor=logloss", "--json"]].concat());
    assert_eq!(trained["best_epoch"], best_of(root, "/validation/logloss", |a, b| a < b));
    let wrong = [TRAIN, &["--set", "train.monitor=ndcg"]].concat();
    fails(root, &wrong, "train.monitor");
    fails(root, &wrong, "expected auc, gauc, logloss, or hr@K");
}

#[test]
fn rows_of_weight_0_count_nothing() {
    let root = tempdir().unwrap();
    let root = root.path();
    workplace(root, true);
    let output = dien(root, &[TRAIN, &["--json"]].concat());
    let trained: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(trained["test"]["weighted"], true);
    let auc = trained["test"]["auc"].as_f64().unwrap();
    assert!(auc > 0.65, "as labels of weight 0 are the contrary, it were about 0.5: {trained}");
    // With some 30 users' rows to choose the epoch by, this is told.
    let schema = fs::read_to_string(root.join("dataset.toml")).unwrap();
    fs::write(root.join("dataset.toml"), schema.replace("validation = 0.2", "validation = 0.02")).unwrap();
    let output =
        dien(root, &["train", "--data", "dataset.toml", "--config", "options.toml", "--epochs", "1"]);
    assert!(stderr(&output).contains("warning: validation is small"), "{output:?}");
}
