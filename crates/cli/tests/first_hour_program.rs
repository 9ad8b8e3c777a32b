//! What people have, handed to the program as it is.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{dien, draws, fails, json, stderr, workplace};
use tempfile::{TempDir, tempdir};

const OPTIONS: &str = "[data]\nbatch_size = 64\n[model]\nhidden = 8\ndropout = 0.0\nhead_layers = [16]\n\
                       [train]\nepochs = 4\n[optimizer]\nlr = 0.01\n";

/// A frame as pandas writes it: what is clicked is of the class that was seen last, mostly.
fn frame(rows: usize, seed: u64) -> String {
    let mut text = String::from(",user_id,ts,item_id,price,clk,nonclk,hist_items\n");
    let mut draw = draws(seed);
    for i in 0..rows {
        let seen: Vec<u64> = (0..draw(9)).map(|_| draw(40)).collect();
        let item = draw(40);
        let same = seen.last().is_some_and(|last| last % 4 == item % 4);
        let label = u8::from(same) ^ u8::from(draw(10) == 0);
        let price = if draw(9) == 0 { String::new() } else { format!("{}", draw(500) as f64 / 8.0) };
        let time = format!("2023-11-{:02} {:02}:15:00", 1 + i * 28 / rows, i % 24);
        let user = i % 97;
        writeln!(text, "{i},u{user},{time},{item},{price},{label}.0,{},\"{seen:?}\"", 1 - label).unwrap();
    }
    text
}

fn place(files: &[(&str, &str)]) -> TempDir {
    let root = tempdir().unwrap();
    fs::write(root.path().join("tiny.toml"), OPTIONS).unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// What users did: an item of the same class as the one before, mostly.
fn events(header: &str, users: u64) -> String {
    let mut text = format!("{header}\n");
    let mut draw = draws(5);
    let mut lines = vec![];
    for user in 0..users {
        let mut item = draw(60);
        for step in 0..6 + draw(8) {
            lines.push(format!("{user},{item},{},{}\n", 1_700_000_000 + 1000 * step + user, item % 6));
            item = if draw(8) == 0 { draw(60) } else { (item % 6 + 6 * draw(10)) % 60 };
        }
    }
    // In no order.
    lines.sort_by_key(|line| line.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31) ^ u32::from(byte)));
    text.extend(lines);
    text
}

fn auc(trained: &serde_json::Value) -> f64 {
    trained["test"]["auc"].as_f64().unwrap_or_else(|| panic!("{trained}"))
}

const TRAIN: [&str; 6] = ["train", "--config", "tiny.toml", "--json", "--out", "run"];

#[test]
fn a_frame_of_pandas_trains_as_it_is_and_the_run_describes_other_files() {
    let root =
        place(&[("log.csv", &frame(5000, 1)), ("next.csv", &frame(900, 2)), ("days/a.csv", &frame(500, 3))]);
    let root = root.path();
    let output = dien(root, &[&TRAIN[..], &["--data", "log.csv"]].concat());
    let said = stderr(&output);
    let trained: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert!(auc(&trained) > 0.8, "{trained}");
    for told in [
        "log: taken for label `clk`, user `user_id`, item `item_id`, time `ts`",
        "log: `nonclk` left out: it is 1 - `clk`",
        "`` left out: it numbers the rows",
        "log: split by `user_id`",
        "    kind = \"dense\"",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // The run says it all: the same bits again, and the same figure.
    let again = json(root, &["train", "--config", "run/config.toml", "--json", "--out", "again"]);
    assert_eq!(again["test"]["auc"], trained["test"]["auc"]);
    let bytes = |run: &str| fs::read(root.join(run).join("model.safetensors")).unwrap();
    assert!(bytes("run") == bytes("again"));
    let evaluated = json(root, &["eval", "--run", "run", "--json"]);
    assert_eq!(evaluated["auc"], trained["test"]["auc"]);
    // What is proposed to a file is the same.
    let proposed = dien(root, &["data", "inspect", "log.csv"]);
    fs::write(root.join("dataset.toml"), &proposed.stdout).unwrap();
    let described = json(root, &[&TRAIN[..5], &["described", "--data", "dataset.toml"]].concat());
    assert_eq!(described["test"]["auc"], trained["test"]["auc"]);

    // Every command takes files, folders of them and schemas alike.
    for data in ["next.csv", "days", "days/*.csv", "dataset.toml"] {
        let evaluated = json(root, &["eval", "--run", "run", "--data", data, "--json"]);
        assert!(evaluated["auc"].as_f64().unwrap() > 0.7, "{data}: {evaluated}");
        assert!(dien(root, &["data", "inspect", data]).status.success(), "{data}");
        assert!(dien(root, &["report", "--run", "run", "--data", data]).status.success(), "{data}");
    }
    let further = json(root, &["train", "--from", "run", "--data", "next.csv", "--out", "further", "--json"]);
    assert!(auc(&further) > 0.7, "{further}");
}

#[test]
fn a_table_of_events_trains_by_a_stated_protocol() {
    let text = events("user_id,item_id,timestamp,category", 600);
    let root = place(&[("events.csv", &text), ("folder/interactions.csv", &text)]);
    let root = root.path();
    for (data, run) in [("events.csv", "a"), ("folder", "b")] {
        let output = dien(root, &["train", "--config", "tiny.toml", "--json", "--out", run, "--data", data]);
        let said = stderr(&output);
        let trained: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
        assert!(auc(&trained) > 0.6, "{trained}");
        assert!(
            said.contains("the last behaviours of 60 of 600 users, a tenth by a hash of their ids"),
            "{said}"
        );
        assert!(said.contains("no negatives are given for 600 users"), "{said}");
        let evaluated = json(root, &["eval", "--run", run, "--json"]);
        assert_eq!(evaluated["auc"], trained["test"]["auc"]);
        let other = json(root, &["eval", "--run", run, "--data", data, "--json"]);
        assert_eq!(other["auc"], trained["test"]["auc"]);
    }
    // A user is explained as the run scores them.
    assert!(dien(root, &["eval", "--run", "a", "--scores", "scores.csv"]).status.success());
    let scores = fs::read_to_string(root.join("scores.csv")).unwrap();
    let row: Vec<&str> = scores.lines().nth(1).unwrap().split(',').collect();
    let explained = json(root, &["explain", "--run", "a", "--json", "--user", row[0], "--candidate", row[1]]);
    let found = explained["candidates"][0]["logit"].as_f64().unwrap();
    assert!((found - row[3].parse::<f64>().unwrap()).abs() < 1e-5, "{explained} {row:?}");
    // So they are predicted, by the model file alone, too.
    for model in ["a", "a/model.safetensors"] {
        let predicted = json(root, &["predict", "--run", model, "--data", "events.csv", "--json"]);
        let rows = predicted["predictions"].as_array().unwrap();
        let own = rows.iter().find(|own| own["user"] == row[0] && own["item"] == row[1]).unwrap();
        let (found, expected) = (own["score"].as_f64().unwrap(), row[4].parse::<f64>().unwrap());
        assert!((found - expected).abs() < 1e-6, "{own} {row:?}");
    }
    let resumed = ["train", "--resume", "a", "--epochs", "5", "--json"];
    assert!(auc(&json(root, &resumed)) > 0.6);
    fails(
        root,
        &["train", "--config", "tiny.toml", "--data", "events.csv", "--on-error", "skip"],
        "option `data.on_error`: found \"skip\"; expected no such option: it is read of a log",
    );
}

#[test]
fn labelled_rows_without_histories_get_them() {
    let mut text = String::from("member,thing,when,liked,colour,price,before\n");
    let mut draw = draws(9);
    for i in 0..6000_u64 {
        let (user, item) = (draw(120), draw(40));
        // Each likes a class of items.
        let liked = u8::from(item % 4 == user % 4) ^ u8::from(draw(10) == 0);
        let price = draw(900) as f64 / 8.0;
        writeln!(text, "{user},{item},{},{liked},c{},{price},1:{i}", 5 * i, item % 3).unwrap();
    }
    let root = place(&[("shown.csv", &text)]);
    let root = root.path();
    fails(
        root,
        &["train", "--data", "shown.csv"],
        "no column that is the user (`--user COLUMN`), nor the item (`--item COLUMN`), nor the time (`--time",
    );
    let roles = ["--user", "member", "--item", "thing", "--time", "when", "--label", "liked"];
    let output = dien(root, &[&TRAIN[..], &["--data", "shown.csv"], &roles].concat());
    let said = stderr(&output);
    let trained: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert!(auc(&trained) > 0.7, "{trained}");
    for expected in [
        "each row is a target with the label `liked`",
        "`price`, `before`: not read: of a table of events, what an item is counts",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    // Its samples are made anew wherever they are wanted.
    let evaluated = json(root, &["eval", "--run", "run", "--json"]);
    assert_eq!(evaluated["auc"], trained["test"]["auc"]);
}

#[test]
fn what_cannot_be_told_is_asked_for_and_what_is_not_read_refused() {
    let root = workplace();
    let root: &Path = root.path();
    let mut text = String::from("a,b,item,seen\n");
    (0..60)
        .for_each(|i| writeln!(text, "{},{},{},{}|{}", i % 2, i / 2 % 2, i % 9, i % 8, (i + 1) % 9).unwrap());
    fs::write(root.join("log.csv"), text).unwrap();
    let data = ["train", "--config", "tiny.toml", "--data"];
    let train = |rest: &[&'static str]| [&data[..], rest].concat();
    fails(root, &train(&["log.csv"]), "`a`, `b` may be the label: `--label COLUMN` says which");
    fails(
        root,
        &train(&["log.csv", "--label", "c"]),
        "no column `c` for the label; expected `a`, `b`, `item`, `seen`",
    );
    fails(root, &train(&["data", "--label", "a"]), "`--label`: the data says itself what its columns are");
    fails(root, &train(&["nowhere"]), "nowhere: no such folder");
    fails(root, &train(&["nowhere.csv"]), "nowhere.csv: no such file");
    fails(
        root,
        &train(&["data", "--on-error", "skip"]),
        "`data.on_error`: found \"skip\"; expected no such option",
    );
    fails(
        root,
        &train(&["data", "--set", "data.shuffle=9"]),
        "it is read of a log of impressions (a schema) alone",
    );
    fs::write(root.join("bare.csv"), "1,7,3|4,1700000000\n0,8,4|5,1700000001\n").unwrap();
    fails(root, &train(&["bare.csv"]), "bare.csv: a first line that looks like a row; expected names");
    let columns = "[columns]\ny = { kind = 'label' }\nitem = { kind = 'sparse' }\n\
                   seen = { kind = 'sequence', shares = 'item' }\n[[behaviours]]\nname = 's'\n\
                   columns = ['seen']\n";
    let schema = format!("candidate = ['item']\n[source]\nfiles = 'log.csv'\n{columns}");
    fs::write(root.join("dataset.toml"), schema).unwrap();
    fails(
        root,
        &["train", "--data", "dataset.toml", "--set", "data.max_history=5"],
        "`--set data.max_history=5`: option `data.max_history`: found 5; expected no such option: it is \
         read of behaviours",
    );
    fs::write(root.join("other.toml"), "[data]\nbatch_size = 32\nmin_count = 50\n").unwrap();
    fails(
        root,
        &["train", "--data", "dataset.toml", "--config", "other.toml"],
        "other.toml, line 3: option `data.min_count`",
    );
}
