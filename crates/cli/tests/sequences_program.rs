//! The program on a log with two sequences of behaviours: clicks, and purchases that decide.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{assert_page, dien, draws, stderr, stdout};
use dien::prelude::*;
use serde_json::Value;
use tempfile::tempdir;

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4
source = { files = "log.csv" }
split = { by = "group", validation = 0.15, test = 0.25 }

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
category = { kind = "sparse" }
seen_items = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
bought_items = { kind = "sequence", shares = "item" }
bought_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "clicks"
columns = ["seen_items", "seen_categories"]
max_history = 6

[[behaviours]]
name = "bought"
columns = ["bought_items", "bought_categories"]
max_history = 4
"#;

const OPTIONS: &str = "[data]\nbatch_size = 64\n[model]\nhidden = 8\ndropout = 0.0\nhead_layers = [16]\n\
                       [train]\nepochs = 6\n[optimizer]\nlr = 0.01\n";

/// Rows whose candidates have the category that was bought last, or not; clicks say nothing.
fn rows() -> String {
    let mut text = String::from(
        "clicked,user,item,category,seen_items,seen_categories,bought_items,bought_categories\n",
    );
    let mut draw = draws(7);
    for i in 0..4000 {
        let seen: Vec<u64> = (0..draw(8)).map(|_| draw(40)).collect();
        let bought: Vec<u64> = (0..1 + draw(5)).map(|_| draw(40)).collect();
        let candidate = draw(40);
        let label = u8::from(bought.last().is_some_and(|last| last % 4 == candidate % 4));
        let list =
            |of: &[u64], name: char, modulo: u64| common::list(of, |x| format!("{name}{}", x % modulo));
        let lists = [(&seen, 'i', 40), (&seen, 'c', 4), (&bought, 'i', 40), (&bought, 'c', 4)];
        let [a, b, c, d] = lists.map(|(of, name, modulo)| list(of, name, modulo));
        writeln!(text, "{label},u{},i{candidate},c{},{a},{b},{c},{d}", i % 97, candidate % 4).unwrap();
    }
    text
}

#[test]
fn two_sequences_train_predict_and_rank() {
    let root = tempdir().unwrap();
    let root = root.path();
    for (name, text) in [("dataset.toml", SCHEMA), ("log.csv", &rows()), ("options.toml", OPTIONS)] {
        fs::write(root.join(name), text).unwrap();
    }
    let train = |kind: &str, run: &str| -> Value {
        let options =
            [OPTIONS, "", ""].concat().replace("[model]\n", &format!("[model]\nkind = \"{kind}\"\n"));
        fs::write(root.join("options.toml"), options).unwrap();
        let data = ["train", "--data", "dataset.toml", "--config", "options.toml", "--json", "--out", run];
        serde_json::from_str(&stdout(&dien(root, &data))).unwrap()
    };
    let trained = train("dien", "run");
    assert!(trained["test"]["auc"].as_f64().unwrap() > 0.9, "{trained}");
    assert!(stdout(&dien(root, &["describe", "--run", "run"])).contains("group.bought.evolution"));

    // A service's answer is the log's.
    let header = "item,category,seen_items,seen_categories,bought_items,bought_categories\n";
    fs::write(root.join("new.csv"), format!("{header}i7,c3,i1|i2,c1|c2,i3,c3\ni8,c0,i1|i2,c1|c2,i3,c3\n"))
        .unwrap();
    let predict = ["predict", "--run", "run", "--data", "new.csv", "--keep", "item"];
    let predicted = stdout(&dien(root, &predict));
    let scores: Vec<f64> =
        predicted.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let request = r#"{"history": [{"item": "i1", "category": "c1"}, {"item": "i2", "category": "c2"}],
        "histories": {"bought": [{"item": "i3", "category": "c3"}]},
        "candidates": [{"item": "i7", "category": "c3"}, {"item": "i8", "category": "c0"}]}"#;
    let ranker = Ranker::load(root.join("run/model.safetensors")).unwrap();
    let answer = ranker.rank(&Request::from_json(request).unwrap()).unwrap();
    assert!(answer.probabilities()[0] > 0.8 && answer.probabilities()[1] < 0.2, "{answer:?}");
    for (found, expected) in answer.probabilities().iter().zip(scores) {
        assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
    }
    let refused = common::rank(&root.join("run"), &request.replace("\"bought\"", "\"sold\""));
    let message = stderr(&refused);
    assert!(
        !refused.status.success() && message.contains("histories.sold") && message.contains("`bought`"),
        "{message}"
    );

    // What was bought moved the score, and what was clicked hardly.
    fs::write(root.join("request.json"), request).unwrap();
    let explain = ["explain", "--run", "run", "--request", "request.json", "--out", "why.html", "--json"];
    let explained: Value = serde_json::from_str(&stdout(&dien(root, &explain))).unwrap();
    for (candidate, score) in explained["candidates"].as_array().unwrap().iter().zip(answer.probabilities()) {
        assert!((candidate["probability"].as_f64().unwrap() - score).abs() < 1e-5, "{candidate} {score}");
    }
    let changes = |sequence: usize| -> Vec<f64> {
        let events = explained["sequences"][sequence]["events"].as_array().unwrap();
        events.iter().map(|event| event["change"].as_f64().unwrap()).collect()
    };
    let (clicked, bought) = (changes(0), changes(1));
    assert!((clicked.len(), bought.len()) == (2, 1) && bought[0] < -1.0, "{explained}");
    assert!(clicked.iter().all(|change| change.abs() < -bought[0]), "{clicked:?} {bought:?}");
    let html = fs::read_to_string(root.join("why.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("Past behaviours of bought") && html.matches("<svg").count() == 4);
    let user = ["explain", "--run", "run", "--user", "u1", "--json"];
    let explained: Value = serde_json::from_str(&stdout(&dien(root, &user))).unwrap();
    assert_eq!(explained["sequences"][1]["name"], "bought", "{explained}");
    assert!(dien(root, &["report", "--run", "run"]).status.success());
    assert_page(&fs::read_to_string(root.join("run/report.html")).unwrap());

    // The baseline reads both sequences, too.
    assert!(train("base", "base")["test"]["auc"].as_f64().unwrap() > 0.6);
}
