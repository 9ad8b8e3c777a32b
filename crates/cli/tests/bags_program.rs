//! Events with several categories, from a log's lists of lists to scores and explanations.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{dien, draws, json, rank, stderr, stdout};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const OPTIONS: &str = "[data]\nbatch_size = 64\n[model]\nhidden = 8\nhead_layers = [16]\ndropout = 0.0\n\
                       [train]\nepochs = 4\n[optimizer]\nlr = 0.02\n";

/// An item's categories; every ninth has none.
fn categories(item: u64) -> Vec<String> {
    match item % 9 {
        0 => vec![],
        1 | 2 => vec![format!("c{}", item % 4)],
        _ => vec![format!("c{}", item % 4), format!("d{}", item % 3)],
    }
}

/// What is clicked has the categories that were seen last, or some that all like, mostly.
fn log(rows: usize) -> String {
    let (mut text, mut draw) = (String::new(), draws(7));
    for i in 0..rows {
        let seen: Vec<u64> = (0..1 + draw(6)).map(|_| draw(40)).collect();
        let item = draw(40);
        let same = item % 4 == 1 || seen.last().is_some_and(|last| last % 4 == item % 4);
        let row = json!({
            "clicked": u8::from(same) ^ u8::from(draw(10) == 0),
            "user": format!("u{}", i % 97),
            "item": format!("i{item}"),
            "categories": categories(item),
            "seen_item": seen.iter().map(|x| format!("i{x}")).collect::<Vec<_>>(),
            "seen_categories": seen.iter().map(|&x| categories(x)).collect::<Vec<_>>(),
        });
        writeln!(text, "{row}").unwrap();
    }
    text
}

/// A run on what `inspect` would propose.
fn trained() -> TempDir {
    let root = tempdir().unwrap();
    fs::write(root.path().join("log.jsonl"), log(2500)).unwrap();
    fs::write(root.path().join("options.toml"), OPTIONS).unwrap();
    let train = ["train", "--data", "log.jsonl", "--config", "options.toml", "--out", "run"];
    let output = dien(root.path(), &train);
    assert!(output.status.success(), "{output:?}");
    let told = stderr(&output) + &stdout(&output);
    assert!(told.contains("`seen_categories` (ids of `categories`)"), "{told}");
    root
}

#[test]
fn lists_of_lists_are_trained_on_predicted_ranked_and_explained() {
    let root = trained();
    let evaluated = json(root.path(), &["eval", "--run", "run", "--json"]);
    let auc = evaluated["test"]["auc"].as_f64().or_else(|| evaluated["auc"].as_f64()).unwrap();
    assert!(auc > 0.7, "{evaluated}");
    let predict = ["predict", "--run", "run", "--data", "log.jsonl", "--out", "scores.csv"];
    let output = dien(root.path(), &predict);
    assert!(output.status.success(), "{output:?}");
    let scores = fs::read_to_string(root.path().join("scores.csv")).unwrap();
    let scores: Vec<f64> = scores
        .lines()
        .skip(1)
        .map(|line| line.split(',').find_map(|cell| cell.parse().ok()).unwrap())
        .collect();
    let lines = fs::read_to_string(root.path().join("log.jsonl")).unwrap();
    assert_eq!(scores.len(), lines.lines().count());
    let ask = |request: &Value| -> Value {
        let output = rank(&root.path().join("run"), &request.to_string());
        assert!(output.status.success(), "{request}: {output:?}");
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let first = |answer: &Value| answer["scores"][0].as_f64().unwrap();
    for (line, expected) in lines.lines().zip(&scores).step_by(97) {
        let row: Value = serde_json::from_str(line).unwrap();
        let events =
            row["seen_item"].as_array().unwrap().iter().zip(row["seen_categories"].as_array().unwrap());
        let whole = json!({
            "history": events.map(|(i, c)| json!({ "item": i, "categories": c })).collect::<Vec<_>>(),
            "candidates": [{ "item": row["item"], "categories": row["categories"] }],
        });
        let events = row["seen_item"].as_array().unwrap().iter();
        let named = json!({
            "history": events.map(|item| json!({ "item": item })).collect::<Vec<_>>(),
            "candidates": [{ "item": row["item"] }],
        });
        let (whole, named) = (ask(&whole), ask(&named));
        assert!((first(&whole) - expected).abs() < 1e-5, "{line}: {whole} for {expected}");
        assert_eq!(first(&named), first(&whole), "{line}: as the item table has it");
    }
    let unknown = json!({
        "history": [{ "item": "i1", "categories": ["none", "c1"] }],
        "candidates": [{ "item": "i3", "categories": ["c3"] }],
    });
    assert_eq!(ask(&unknown)["unknown"], 1);
    let wrong = json!({ "history": [{ "item": "i1", "categories": { "a": 1 } }], "candidates": [] });
    let output = rank(&root.path().join("run"), &wrong.to_string());
    assert!(
        stderr(&output).contains("`history[0].categories`: found an object; expected a list"),
        "{output:?}"
    );
    let explained = json(root.path(), &["explain", "--run", "run", "--json", "--user", "u5"]);
    let notes = explained["sequences"][0]["events"].as_array().unwrap();
    let shown: Vec<&str> = notes.iter().map(|event| event["item"]["note"].as_str().unwrap()).collect();
    assert!(shown.iter().any(|note| note.contains("c1, d1") || note.contains(", d")), "{shown:?}");
}
