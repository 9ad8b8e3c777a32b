//! What the program makes of ids, and what it says of those that it does not know.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{dien, draws, fails, json, rank, stderr, stdout};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SCHEMA: &str = r#"
candidate = ["item"]
source = { files = "log.csv" }
split = { by = "group", validation = 0.2, test = 0.2 }
behaviours = [{ name = "seen", columns = ["seen"] }]
width = 4

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
hour = { kind = "sparse", vocabulary = { hash = 1000 } }
seen = { kind = "sequence", shares = "item" }
"#;

const OPTIONS: &str =
    "[data]\nbatch_size = 64\n[model]\nhidden = 8\nhead_layers = [16]\n[train]\nepochs = 1\n";

/// Rows of items and hours, which `write` writes.
fn rows(write: impl Fn(u64) -> String) -> String {
    let (mut text, mut draw) = (String::from("clicked,user,item,hour,seen\n"), draws(7));
    for i in 0..600 {
        let seen: Vec<String> = (0..1 + draw(4)).map(|_| write(100 + draw(40))).collect();
        let (item, hour) = (write(100 + draw(40)), write(draw(24)));
        writeln!(text, "{},{},{item},{hour},{}", draw(2), i % 60, seen.join("|")).unwrap();
    }
    text
}

/// A log of integers, and a run on it.
fn workplace() -> TempDir {
    let root = tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
    fs::create_dir(root.path().join("log")).unwrap();
    write("log/dataset.toml", SCHEMA);
    write("log/log.csv", &rows(|id| id.to_string()));
    write("options.toml", OPTIONS);
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run", "--json"];
    let trained = json(root.path(), &train);
    assert_eq!(trained["test_out_of_vocabulary"][0]["candidates"]["oov"], 0, "{trained}");
    assert_eq!(trained["validation_out_of_vocabulary"][0]["table"], "item", "{trained}");
    root
}

fn predict(root: &Path, text: &str) -> (String, Value, String) {
    fs::write(root.join("new.csv"), text).unwrap();
    let args = ["predict", "--run", "run", "--data", "new.csv", "--out", "scores.csv", "--json"];
    let output = dien(root, &args);
    assert!(output.status.success(), "{output:?}");
    let told = serde_json::from_str(&stdout(&output)).unwrap();
    (fs::read_to_string(root.join("scores.csv")).unwrap(), told, stderr(&output))
}

#[test]
fn an_id_is_what_it_is_however_it_is_written() {
    let root = workplace();
    let root = root.path();
    assert_eq!(
        fs::read_to_string(root.join("run/vocab/types.json")).unwrap(),
        "{\n  \"hour\": \"integer\",\n  \"item\": \"integer\"\n}\n"
    );
    assert!(fs::read_to_string(root.join("run/dataset.toml")).unwrap().contains("type = \"integer\""));
    let (expected, told, said) = predict(root, &rows(|id| id.to_string()));
    assert_eq!(told["out_of_vocabulary"][0]["histories"]["oov"], 0, "{told}");
    assert_eq!(said, "");
    for write in [|id: u64| format!("{id}.0"), |id: u64| format!(" {id}"), |id: u64| format!("+{id}")] {
        assert!(predict(root, &rows(write)).0 == expected, "{}", write(7));
    }
    // A request's number, or a text of it.
    let scores = |history: Value, candidate: Value, hour: Value| {
        let request = json!({"history": [{"item": history}], "candidates": [{"item": candidate}],
                             "context": {"hour": hour}});
        let output = rank(&root.join("run"), &request.to_string());
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    };
    let expected = scores(json!(103), json!(120), json!(7));
    assert!(expected.contains("\"unknown\":0"), "{expected}");
    assert_eq!(scores(json!("103"), json!("120.0"), json!("7")), expected);
    assert_eq!(scores(json!(103.0), json!(" 120"), json!(7.0)), expected);
}

#[test]
fn ids_that_the_model_does_not_know_are_told() {
    let root = workplace();
    let root = root.path();
    let (_, told, said) = predict(root, &rows(|id| format!("x{id}")));
    let item = &told["out_of_vocabulary"][0];
    assert_eq!((&item["table"], &item["candidates"]), (&json!("item"), &json!({"ids": 600, "oov": 600})));
    assert_eq!(item["histories"]["ids"], item["histories"]["oov"]);
    assert!(said.contains("out of vocabulary: `item`: 100 % of 600 in candidates, 100 % of"), "{said}");
    assert!(
        said.contains("warning: 100 % of the ids of `item` in candidates are out of vocabulary"),
        "{said}"
    );
    assert!(said.contains("`hour`: 100 % of 600 in context"), "{said}");
    // A few are said without a warning, by `eval` too.
    let few = rows(|id| if id == 120 { "x".into() } else { id.to_string() });
    let (_, _, said) = predict(root, &few);
    assert!(said.contains("out of vocabulary: `item`: ") && !said.contains("warning"), "{said}");
    fs::write(root.join("log/log.csv"), few).unwrap();
    let output = dien(root, &["eval", "--run", "run", "--json"]);
    let evaluated: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(evaluated["out_of_vocabulary"][0]["candidates"]["oov"].as_u64() > Some(0), "{evaluated}");
    assert!(stderr(&output).contains("out of vocabulary: `item`: "), "{output:?}");
}

#[test]
fn a_split_of_nothing_and_what_may_be_a_mistake_are_told_before_training() {
    let root = workplace();
    let root = root.path();
    let schema = SCHEMA.replace("test = 0.2", "test = 0.0001");
    fs::write(root.join("log/dataset.toml"), schema).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "other"];
    fails(root, &train, "no row that tests, of 600 rows");
    fs::write(root.join("log/dataset.toml"), SCHEMA).unwrap();
    let clicks = rows(|id| id.to_string()).replace("\n0,", "\n1,");
    fs::write(root.join("log/log.csv"), clicks).unwrap();
    let output = dien(root, &train);
    assert!(stderr(&output).contains("warning: every one of the"), "{output:?}");
}
