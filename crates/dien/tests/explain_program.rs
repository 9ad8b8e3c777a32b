//! `dien explain`, end to end.

mod common;

use std::fs;
use std::path::Path;

use common::{assert_page, dien, fails, stderr, stdout, tiny, train};
use dien::explain::{self, Explainer};
use dien::model::CellKind;
use dien::prelude::*;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// A trained run in `run`.
fn trained(kind: ModelKind) -> TempDir {
    trained_with(kind, CellKind::Augru)
}

fn trained_with(kind: ModelKind, cell: CellKind) -> TempDir {
    let root = tempdir().unwrap();
    let mut config = tiny();
    (config.model.kind, config.model.cell) = (kind, cell);
    config.train.epochs = 1;
    train(&config, &root.path().join("run"));
    root
}

#[track_caller]
fn json(root: &Path, arguments: &[&str]) -> Value {
    let output = dien(root, &[&["explain", "--run", "run", "--json"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output).lines().count(), 1);
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn explains_the_scores_that_eval_gives() {
    let root = trained(ModelKind::Dien);
    let root = root.path();
    assert!(dien(root, &["eval", "--run", "run", "--scores", "scores.csv"]).status.success());
    let scores = fs::read_to_string(root.join("scores.csv")).unwrap();
    let rows: Vec<Vec<&str>> = scores.lines().skip(1).take(4).map(|line| line.split(',').collect()).collect();
    for row in &rows {
        let explained = json(root, &["--user", row[0], "--candidate", row[1]]);
        let candidate = &explained["candidates"][0];
        assert_eq!(candidate["item"]["name"], row[1]);
        let logit: f64 = row[3].parse().unwrap();
        assert!((candidate["logit"].as_f64().unwrap() - logit).abs() < 1e-5, "{explained}\n{row:?}");
        // The last behaviour and the log's negative are seen side by side, whichever was asked for.
        assert_eq!(explained["candidates"].as_array().unwrap().len(), 2);

        let group = &explained["groups"][0];
        let events = group["events"].as_array().unwrap();
        let sum: f64 = events.iter().map(|e| e["attention"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        for event in events {
            let (with, without) = (&candidate["logit"], &event["logit_without"]);
            let change = without.as_f64().unwrap() - with.as_f64().unwrap();
            assert!((event["change"].as_f64().unwrap() - change).abs() < 1e-5);
            assert!((0.0..=1.0).contains(&event["update"].as_f64().unwrap()));
            assert_eq!(event["state"].as_array().unwrap().len(), 6);
        }
        assert!(events.iter().any(|e| e["change"].as_f64().unwrap().abs() > 1e-5), "{explained}");
        let courses = group["courses"].as_array().unwrap();
        assert!(
            courses.len() == 2 && courses.iter().all(|c| c.as_array().unwrap().len() == events.len() + 1)
        );
        assert_eq!(courses[0][0], courses[1][0], "both begin at zero");
    }
    // By default the last behaviour.
    let default = json(root, &["--user", rows[0][0]]);
    assert_eq!(default["candidates"][0]["item"]["name"], rows.iter().find(|r| r[2] == "1").unwrap()[1]);
}

#[test]
fn an_event_left_out_is_a_history_without_it() {
    let root = trained(ModelKind::Dien);
    let run = Run::open(root.path().join("run")).unwrap();
    let (config, explainer, ranker) =
        (run.config().unwrap(), Explainer::of_run(&run).unwrap(), Ranker::of_run(&run).unwrap());
    let (log, _) = config.source.log().unwrap().unwrap();
    let request = explain::request(&log, &config.data, "u3", None).unwrap();
    let explanation = explainer.explain(&request).unwrap();
    for (i, event) in explanation.groups[0].events.iter().enumerate() {
        let mut without = request.clone();
        without.history.remove(i);
        let logit = ranker.rank(&without).unwrap().logits[0];
        assert!((event.logit_without - logit).abs() < 1e-5, "{event:?} {logit}");
    }
}

#[test]
fn draws_bars_and_a_page() {
    let root = trained(ModelKind::Dien);
    let root = root.path();
    let output = dien(root, &["explain", "--run", "run", "--user", "u1", "--out", "why.html"]);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    for part in ["candidate  i", "logit", "probability 0.", "beside it  i", "attention", "update gate", "█"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().count() < 30 && text.ends_with("page: why.html\n"), "{text}");
    let html = fs::read_to_string(root.join("why.html")).unwrap();
    assert_page(&html);
    for part in
        ["For user u1", ">attention</text>", ">update gate</text>", "less the logit", "second component ("]
    {
        assert!(html.contains(part), "{part}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.matches("<svg").count() == 2);
    assert_eq!(fs::read_dir(root).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn models_without_an_evolution_say_so() {
    for (kind, says, pictures) in [
        (ModelKind::Base, "neither attention nor evolution", 1),
        (ModelKind::Din, "an attention, but no evolution", 1),
        (ModelKind::GruAttention, "an attention, but no evolution", 1),
        (ModelKind::Agru, "", 2),
    ] {
        let root = trained(kind);
        let root = root.path();
        let output = dien(root, &["explain", "--run", "run", "--user", "u2", "--out", "why.html"]);
        assert!(output.status.success() && stdout(&output).contains(says), "{output:?}");
        let html = fs::read_to_string(root.join("why.html")).unwrap();
        assert_page(&html);
        assert!(html.contains(says) && html.matches("<svg").count() == pictures, "{kind:?}");
        let events = &json(root, &["--user", "u2"])["groups"][0]["events"];
        assert!(events[0]["change"].is_number());
        assert_eq!(events[0]["attention"].is_number(), kind != ModelKind::Base);
        assert_eq!(events[0]["update"].is_number(), kind == ModelKind::Agru);
    }
}

#[test]
fn a_cell_without_attention_has_gates_and_a_path() {
    let root = trained_with(ModelKind::Dien, CellKind::Gru);
    let root = root.path();
    let output = dien(root, &["explain", "--run", "run", "--user", "u2", "--out", "why.html"]);
    let text = stdout(&output);
    assert!(output.status.success() && text.contains("(this model's cell takes no attention)"), "{output:?}");
    assert!(text.contains("update gate") && !text.contains(" attention  "), "{text}");
    let html = fs::read_to_string(root.join("why.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("The interest&#39;s path") && !html.contains(">attention</text>"));
    // What takes no attention makes the same of a history, whatever the candidate.
    let courses = &json(root, &["--user", "u2"])["groups"][0]["courses"];
    assert_eq!(courses[0], courses[1]);
}

#[test]
fn requests_and_their_names() {
    let root = trained(ModelKind::Dien);
    let root = root.path();
    let name = "<b>&\"it's\"";
    let request = json!({
        "history": [{"item": "i1"}, {"item": name}, {"item": "i5"}],
        "profile": {"user": "u1"},
        "candidates": [{"item": name}, {"item": "i2"}],
    });
    fs::write(root.join("request.json"), request.to_string()).unwrap();
    let arguments = ["explain", "--run", "run", "--request", "request.json", "--out", "why.html"];
    let output = dien(root, &arguments);
    assert!(output.status.success() && stdout(&output).contains(name), "{output:?}");
    assert!(stderr(&output).contains("warning: `profile.user` is ignored"), "{output:?}");
    let html = fs::read_to_string(root.join("why.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("&lt;b&gt;&amp;&quot;it&#39;s&quot;") && !html.contains("<b>"));
    let explained = json(root, &["--request", "request.json"]);
    assert_eq!(
        (&explained["unknown"], &explained["candidates"][0]["item"]["name"]),
        (&json!(2), &json!(name))
    );
    // Nothing to look back on is no reason to fail.
    fs::write(root.join("request.json"), r#"{"history": [], "candidates": [{"item": "i2"}]}"#).unwrap();
    let output = dien(root, &arguments);
    assert!(output.status.success() && stdout(&output).contains("no past behaviour"), "{output:?}");
    assert_page(&fs::read_to_string(root.join("why.html")).unwrap());
}

#[test]
fn items_are_called_by_their_titles() {
    let root = tempdir().unwrap();
    let root = root.path();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    let data = root.join("data");
    synthesis.log().unwrap().write(&data).unwrap();
    let items = fs::read_to_string(data.join("items.csv")).unwrap();
    let titled = items.lines().enumerate().map(|(i, line)| match i {
        0 => format!("{line},title\n"),
        _ => format!("{line},<i>Film {i}\n"),
    });
    fs::write(data.join("items.csv"), titled.collect::<String>()).unwrap();
    let mut config = Config { source: Source::Folder(data), ..tiny() };
    config.train.epochs = 1;
    train(&config, &root.join("run"));
    let output = dien(root, &["explain", "--run", "run", "--user", "u1", "--out", "why.html"]);
    assert!(output.status.success() && stdout(&output).contains("candidate  <i>Film "), "{output:?}");
    let html = fs::read_to_string(root.join("why.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("&lt;i&gt;Film ") && !html.contains("<i>"));
    let named = &json(root, &["--user", "u1"])["candidates"][0]["item"];
    assert!(named["title"].as_str().unwrap().starts_with("<i>Film "), "{named}");
    assert!(named["name"].as_str().unwrap().starts_with('i'), "{named}");
}

#[test]
fn what_is_wrong_is_named() {
    let root = trained(ModelKind::Dien);
    let root = root.path();
    let fails = |more: &[&str], message: &str| fails(root, &[&["explain", "--run"], more].concat(), message);
    fails(
        &["run", "--user", "nobody"],
        "`--user nobody`: no such user in the log; expected one of its 60, such as `u",
    );
    fails(
        &["run", "--user", "u1", "--candidate", "nothing"],
        "`--candidate nothing`: no such item in the item table; expected one of its ",
    );
    fails(&["elsewhere", "--user", "u1"], "elsewhere: no run (there is no `config.toml`)");
    fails(&["run"], "--user <USER>");
    fails(&["run", "--user", "u1", "--request", "r.json"], "cannot be used with");
    fails(&["run", "--request", "none.json"], "none.json: cannot read: ");
    fs::write(root.join("r.json"), r#"{"history": [], "candidates": []}"#).unwrap();
    fails(
        &["run", "--request", "r.json"],
        "request: `candidates`: found an empty list; expected at least one",
    );
    fails(&["run", "--user", "u1", "--out", "no/where.html"], "no/where.html: cannot write");
}
