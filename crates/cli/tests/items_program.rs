//! A run on a log is asked as one on a folder is: by its items alone.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{dien, draws, list, rank, stderr, stdout};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SCHEMA: &str = r#"
candidate = ["sku", "category", "tags"]
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
sku = { kind = "sparse" }
category = { kind = "sparse" }
tags = { kind = "sequence" }
interests = { kind = "sequence" }
hour = { kind = "sparse" }
seen = { kind = "sequence", shares = "sku" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories"]
"#;

const OPTIONS: &str = "[data]\nbatch_size = 64\n[model]\nhidden = 8\nhead_layers = [16]\n\
                       [train]\nepochs = 1\n[optimizer]\nlr = 0.02\n";

fn log(rows: usize) -> String {
    let mut text = String::from("clicked,user,sku,category,tags,interests,hour,seen,seen_categories\n");
    let mut draw = draws(7);
    for i in 0..rows {
        let seen: Vec<u64> = (0..1 + draw(6)).map(|_| draw(40)).collect();
        let (sku, interest) = (draw(40), draw(3));
        let same = seen.last().is_some_and(|last| last % 4 == sku % 4) || interest == sku % 3;
        writeln!(
            text,
            "{},u{},{},c{},t{}|t{},in{interest}|in9,{},{},{}",
            u8::from(same) ^ u8::from(draw(10) == 0),
            i % 97,
            100 + sku,
            sku % 4,
            sku % 3,
            sku % 5,
            draw(24),
            list(&seen, |x| (100 + x).to_string()),
            list(&seen, |x| format!("c{}", x % 4)),
        )
        .unwrap();
    }
    text
}

fn trained() -> TempDir {
    let root = tempdir().unwrap();
    fs::create_dir(root.path().join("log")).unwrap();
    fs::write(root.path().join("log/dataset.toml"), SCHEMA).unwrap();
    fs::write(root.path().join("log/log.csv"), log(2000)).unwrap();
    fs::write(root.path().join("options.toml"), OPTIONS).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run"];
    let output = dien(root.path(), &train);
    assert!(output.status.success(), "{output:?}");
    root
}

#[test]
fn items_are_known_by_their_ids() {
    let root = trained();
    let ask = |request: &Value| {
        let output = rank(&root.path().join("run"), &request.to_string());
        assert!(output.status.success(), "{request}: {output:?}");
        (serde_json::from_str::<Value>(&stdout(&output)).unwrap(), stderr(&output))
    };
    let whole = |sku: u64| {
        let x = sku - 100;
        let tags = [format!("t{}", x % 3), format!("t{}", x % 5)];
        json!({"sku": sku, "category": format!("c{}", x % 4), "tags": tags})
    };
    let event = |sku: u64| json!({"sku": sku, "category": format!("c{}", (sku - 100) % 4)});
    let profile = json!({"interests": ["in1", "in9"]});
    let request = |event: &dyn Fn(u64) -> Value, candidate: &dyn Fn(u64) -> Value| {
        json!({
            "history": [event(103), event(110)], "candidates": [candidate(107), candidate(122)],
            "profile": profile, "context": {"hour": 7},
        })
    };
    let (expected, said) = ask(&request(&event, &whole));
    assert_eq!((expected["unknown"].as_u64(), said.as_str()), (Some(0), ""));
    // By the column's own name, or as an item; a number is one id, however it is written.
    for alone in
        [&|sku| json!({"sku": sku}), &|sku| json!({"item": format!("{sku}.0")})] as [&dyn Fn(u64) -> Value; 2]
    {
        assert_eq!(ask(&request(alone, alone)).0, expected);
    }
    // What is of the user stands once, in the profile or the context, which stands over it.
    let alone = |sku| json!({"item": sku});
    let mut other = request(&alone, &alone);
    other["profile"]["interests"] = json!(["in2"]);
    let (changed, _) = ask(&other);
    assert_ne!(changed["scores"], expected["scores"]);
    other["context"]["interests"] = json!("in1|in9");
    assert_eq!(ask(&other).0, expected);
    // What is read elsewhere is told so.
    other["profile"]["tags"] = json!(["t1"]);
    other["profile"]["age"] = json!(7);
    let (_, said) = ask(&other);
    assert!(said.contains("`profile.tags` is ignored: `tags` is read from `candidates[..]`"), "{said}");
    assert!(said.contains("`profile.age` is ignored: the model has no such feature"), "{said}");
    other["candidates"][0]["interests"] = json!(["in1"]);
    let refused = rank(&root.path().join("run"), &other.to_string());
    let said = stderr(&refused);
    let expected = "`candidates[0].interests`: found a feature of the user or the moment; expected it once a \
                    request: `interests` is read from `profile` or `context`";
    assert!(!refused.status.success() && said.contains(expected), "{said}");
}

#[test]
fn a_row_is_ranked_as_it_is_predicted() {
    let root = trained();
    let predicted = stdout(&dien(root.path(), &["predict", "--run", "run", "--data", "log/log.csv"]));
    let scores: Vec<f64> =
        predicted.lines().skip(1).map(|line| line[..line.len() - 1].parse().unwrap()).collect();
    let log = log(2000);
    assert_eq!(scores.len(), 2000);
    for (row, expected) in log.lines().skip(1).zip(scores).take(12) {
        let cells: Vec<&str> = row.split(',').collect();
        let history: Vec<Value> = cells[7].split('|').map(|sku| json!({"item": sku})).collect();
        let request = json!({
            "history": history, "candidates": [{"item": cells[2]}],
            "profile": {"interests": cells[5]}, "context": {"hour": cells[6]},
        });
        let answer: Value =
            serde_json::from_str(&stdout(&rank(&root.path().join("run"), &request.to_string()))).unwrap();
        let found = answer["scores"][0].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-5, "{row}: {found} {expected}");
    }
}
