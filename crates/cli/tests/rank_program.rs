//! `dien rank` and `dien eval --scores`, end to end.

mod common;

use std::fs;
use std::path::Path;

use common::{dien, rank, stderr, stdout, tiny, train};
use dien::prelude::*;
use serde_json::{Value, json};
use tempfile::tempdir;

#[track_caller]
fn answer(run: &Path, request: &Value) -> Value {
    let output = rank(run, &request.to_string());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output).lines().count(), 1);
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn ranks_as_eval_scores() {
    let root = tempdir().unwrap();
    let run = root.path().join("run");
    let (_, trainer) = train(&tiny(), &run);
    let arguments = ["eval", "--run", "run", "--scores", "scores.csv", "--json"];
    let output = dien(root.path(), &arguments);
    assert!(output.status.success(), "{output:?}");
    let evaluated: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(evaluated["auc"], json!(trainer.evaluate(&trainer.dataset().test()).unwrap().auc.unwrap()));

    let text = fs::read_to_string(root.path().join("scores.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("user,item,label,logit,probability"));
    let log = trainer.config().source.log(&trainer.config().data).unwrap().unwrap().0;
    let mut rows = 0;
    for line in lines {
        let [user, item, label, logit, p] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        assert!(label == "0" || label == "1");
        let (logit, p): (f32, f64) = (logit.parse().unwrap(), p.parse().unwrap());
        assert_eq!(p, 1.0 / (1.0 + (-f64::from(logit)).exp()));
        if rows < 6 {
            let events = &log.users()[log.user(user).unwrap() as usize].events;
            let event = |item: u32| {
                let item = &log.items()[item as usize];
                json!({"item": item.id, "category": item.cells[0]})
            };
            let history: Vec<Value> = events[..events.len() - 1].iter().map(|e| event(e.item)).collect();
            let request = json!({"history": history, "profile": {}, "candidates": [{"item": item}]});
            let found = answer(&run, &request);
            assert!((found["scores"][0].as_f64().unwrap() - p).abs() < 1e-5, "{found} {p}");
        }
        rows += 1;
    }
    assert_eq!(evaluated["samples"], rows);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2, "no temporary file is left");
    let nowhere = dien(root.path(), &["eval", "--run", "run", "--scores", "no/where.csv"]);
    assert!(
        !nowhere.status.success() && stderr(&nowhere).contains("no/where.csv: cannot write"),
        "{nowhere:?}"
    );
}

#[test]
fn answers_and_refuses() {
    let root = tempdir().unwrap();
    let run = root.path().join("run");
    train(&tiny(), &run);
    let none: [Value; 0] = [];
    let empty = answer(&run, &json!({"history": none, "candidates": none}));
    assert_eq!(empty, json!({"scores": [], "unknown": 0}));
    let request = json!({
        "history": [{"item": "i1"}, {"item": "nothing like it"}],
        "profile": {"user": "u1"}, "context": null,
        "candidates": [{"item": "i2"}, {"item": "i2", "category": null}, {"item": "i3"}],
    });
    let found = answer(&run, &request);
    assert_eq!((&found["unknown"], found["scores"].as_array().unwrap().len()), (&json!(1), 3));
    assert_eq!(found["scores"][0], found["scores"][1]);
    let warned = stderr(&rank(&run, &request.to_string()));
    assert!(warned.contains("warning: `profile.user` is ignored: the model has no such feature"), "{warned}");
    // Whatever an unread field holds.
    for unread in [json!(true), json!({"lat": 1}), json!([1, 2])] {
        let mut other = request.clone();
        other["profile"] = json!({ "other": unread });
        assert_eq!(answer(&run, &other)["scores"], found["scores"]);
    }
    // The file alone will do.
    assert_eq!(answer(&run.join("model.safetensors"), &request), found);

    for (request, message) in [
        ("", "request: `the whole`: found no JSON (EOF while parsing"),
        ("[1, 2]", "request: `the whole`: found a list; expected one JSON object"),
        ("{\"history\": [], \"candidates\": [],}", "found no JSON (trailing comma at line 1"),
        ("{\"candidates\": []}", "`history`: found nothing; expected a list of events, which may be empty"),
        ("{\"history\": []}", "`candidates`: found nothing; expected a list of candidates"),
        (
            "{\"histroy\": [], \"candidates\": []}",
            "`histroy`: found an unknown field; expected `history`, `histories`, `profile`, `context` or \
            `candidates`",
        ),
        ("{\"history\": {}, \"candidates\": []}", "`history`: found an object; expected a list of events"),
        (
            "{\"history\": [\"i1\"], \"candidates\": []}",
            "`history[0]`: found the text \"i1\"; expected an object",
        ),
        (
            "{\"history\": [], \"candidates\": [{\"item\": \"i1\"}, {\"itme\": \"i2\"}]}",
            "`candidates[1].itme`: found an unknown field; expected one of `item`, `category`",
        ),
        (
            "{\"history\": [{\"item\": \"i1\"}, {\"category\": \"c1\"}], \"candidates\": []}",
            "`history[1].item`: found nothing; expected the item's id, a text",
        ),
        (
            "{\"history\": [], \"candidates\": [{\"item\": true}]}",
            "`candidates[0].item`: found true; expected an id: a text, or a whole number",
        ),
        (
            "{\"history\": [], \"candidates\": [{\"item\": 1.5}]}",
            "`candidates[0].item`: found the number 1.5; expected an id: a text, or a whole number",
        ),
        (
            "{\"history\": [], \"candidates\": [{\"item\": [\"i1\"]}]}",
            "`candidates[0].item`: found a list of 1; expected an id",
        ),
        (
            "{\"history\": [], \"profile\": [], \"candidates\": []}",
            "`profile`: found a list; expected an object",
        ),
    ] {
        let output = rank(&run, request);
        assert!(!output.status.success() && output.stdout.is_empty(), "{request}: {output:?}");
        let found = stderr(&output);
        assert!(found.starts_with("error: ") && found.contains(message), "{request}\n{found}");
    }
    let output = rank(root.path(), "{}");
    assert!(!output.status.success() && stderr(&output).contains("no run (there is no `config.toml`)"));
    let unfinished = root.path().join("unfinished");
    common::start(&tiny(), &unfinished);
    let output = rank(&unfinished, "{}");
    assert!(stderr(&output).contains("no model yet (training stopped within the first epoch)"), "{output:?}");
    // What the library takes for granted.
    assert!(Request::from_json("{\"history\": [], \"candidates\": []}").unwrap().candidates.is_empty());
}
