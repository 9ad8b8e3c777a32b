//! `dien compare` and `dien tune` on a log that nobody has described.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{draws, fails, json};
use tempfile::tempdir;

/// Names tell neither the label nor the user.
fn log() -> String {
    let mut text = String::from("y,who,what,past_what\n");
    let mut draw = draws(4);
    for row in 0..900 {
        let past: Vec<u64> = (0..draw(8)).map(|_| draw(30)).collect();
        let item = draw(30);
        let label = u8::from(past.last().is_some_and(|last| last % 3 == item % 3) || draw(5) == 0);
        let past: Vec<String> = past.iter().map(u64::to_string).collect();
        writeln!(text, "{label},u{},{item},{}", row % 120, past.join("|")).unwrap();
    }
    text
}

#[test]
fn flags_and_the_schemas_keys_work_as_in_train() {
    let root = tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("log.csv"), log()).unwrap();
    let log = ["--data", "log.csv", "--label", "y", "--user", "who", "--item", "what"];
    let set = ["--set", "model.hidden=4", "--set", "model.head_layers=[4]", "--set", "train.epochs=1"];
    let args = [&["compare"], &log[..], &set[..]].concat();
    let found =
        json(root, &[&args[..], &["--ablations", "min-count,repeats", "--seeds", "1", "--json"]].concat());
    let rows = found[0]["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["variant"].as_str().unwrap()).collect();
    for name in ["min-count=1", "min-count=10", "repeats=keep", "repeats=merge-consecutive", "repeats=first"]
    {
        assert!(names.contains(&name), "{found}");
    }
    fails(root, &[&args[..], &["--ablations", "targets"]].concat(), "its schema says");
    let shared = [&args[..], &["--models", "base", "--set", "data.max_history=3"]].concat();
    fails(root, &shared, "or `schema.max_history` over it");
    fails(root, &["compare", "--label", "y", "--models", "base"], "--data");

    fs::write(root.join("space.toml"), "'schema.max_history' = { choice = [1, 5] }\n").unwrap();
    let tune = [&["tune", "--space", "space.toml", "--trials", "2", "--epochs", "1"], &log[..]].concat();
    let found = json(root, &[&tune[..], &set[..4], &["--json"]].concat());
    assert_eq!(found["trials"].as_array().unwrap().len(), 2, "{found}");
    let best = fs::read_to_string(root.join("tuning/best.toml")).unwrap();
    assert!(best.contains("[schema]\nmax_history = "), "{best}");
    assert!(best.contains("label") || best.contains("kind = \\\"label\\\""), "{best}");
    fs::write(root.join("space.toml"), "'data.max_history' = { choice = [1, 5] }\n").unwrap();
    fails(root, &[&tune[..], &["--out", "other"]].concat(), "of a log there is `schema.max_history`");
    fs::write(root.join("space.toml"), "'schema.repeats' = { choice = ['first'] }\n").unwrap();
    fails(root, &["tune", "--space", "space.toml", "--out", "third"], "`schema.repeats` is read of a log");
    fails(root, &["tune", "--space", "space.toml", "--label", "y"], "--data");
}
