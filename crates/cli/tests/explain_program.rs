//! `dien explain`, end to end.

mod common;

use std::fs;
use std::path::Path;

use common::{assert_page, dien, fails, stderr, stdout, tiny, train};
use dien::data::{Event, RealTarget, User};
use dien::explain::{self, Explainer};
use dien::model::CellKind;
use dien::model::config::AttentionNorm;
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

        let sequence = &explained["sequences"][0];
        let events = sequence["events"].as_array().unwrap();
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
        let trajectories = sequence["trajectories"].as_array().unwrap();
        assert!(
            trajectories.len() == 2
                && trajectories.iter().all(|t| t.as_array().unwrap().len() == events.len() + 1)
        );
        // A plane brings the states, of which the first is zero, no further apart than they are.
        let states = std::iter::once(vec![0.0; 6]).chain(events.iter().map(|e| numbers(&e["state"])));
        let states: Vec<Vec<f64>> = states.collect();
        let trajectory: Vec<Vec<f64>> = trajectories[0].as_array().unwrap().iter().map(numbers).collect();
        for (i, j) in (0..states.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
            assert!(
                apart(&trajectory[i], &trajectory[j]) <= apart(&states[i], &states[j]) + 1e-7,
                "{i} {j}: {sequence}"
            );
        }
        assert_ne!(trajectories[0], trajectories[1], "each candidate has a trajectory of its own");
    }
    // By default the last behaviour.
    let default = json(root, &["--user", rows[0][0]]);
    assert_eq!(default["candidates"][0]["item"]["name"], rows.iter().find(|r| r[2] == "1").unwrap()[1]);
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// Where labels are real, every target has a place of its own, before which its history ends.
#[test]
fn explains_the_scores_of_real_labels() {
    let root = tempdir().unwrap();
    let root = root.path();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    let drawn = synthesis.log().unwrap();
    let mut log = Log::new(drawn.columns().to_vec());
    for item in drawn.items() {
        log.add_item(item.clone()).unwrap();
    }
    for user in drawn.users() {
        let rated = |(i, event): (usize, &Event)| Event { rating: Some((1 + (i * 7) % 5) as f32), ..*event };
        let events: Vec<Event> = user.events.iter().enumerate().map(rated).collect();
        let target = |(i, event): (usize, &Event)| RealTarget {
            position: i as u32 + 1,
            item: event.item,
            label: event.rating >= Some(4.0),
        };
        let targets = events.iter().enumerate().skip(2).map(target).collect();
        log.add_user(User { events, targets, ..user.clone() }).unwrap();
    }
    let data = root.join("data");
    log.write(&data).unwrap();
    let mut config = tiny();
    config.source = Source::Folder(data);
    config.data.targets = TargetKind::Real;
    config.train.epochs = 1;
    train(&config, &root.join("run"));
    assert!(dien(root, &["eval", "--run", "run", "--scores", "scores.csv"]).status.success());
    let scores = fs::read_to_string(root.join("scores.csv")).unwrap();
    let rows: Vec<Vec<&str>> = scores.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let of_user = |user: &str| rows.iter().filter(|row| row[0] == user).collect::<Vec<_>>();
    let user = rows.iter().max_by_key(|row| of_user(row[0]).len()).unwrap()[0];
    let (own, mut ends) = (of_user(user), vec![]);
    for (i, row) in own.iter().enumerate() {
        // Of an item that is a target twice, the last is explained.
        if own[i + 1..].iter().any(|later| later[1] == row[1]) {
            continue;
        }
        let explained = json(root, &["--user", user, "--candidate", row[1]]);
        let logit: f64 = row[3].parse().unwrap();
        let found = explained["candidates"][0]["logit"].as_f64().unwrap();
        assert!((found - logit).abs() < 1e-5, "{explained}\n{row:?}");
        ends.push(explained["sequences"][0]["events"].as_array().unwrap().len());
    }
    ends.dedup();
    assert!(ends.len() > 1 && ends.is_sorted(), "histories end before their targets: {ends:?}");
    // By default the last target.
    let default = json(root, &["--user", user]);
    assert_eq!(default["candidates"][0]["item"]["name"], own.last().unwrap()[1]);
}

#[test]
fn an_event_left_out_is_a_history_without_it() {
    let root = trained(ModelKind::Dien);
    let run = Run::open(root.path().join("run")).unwrap();
    let (config, explainer, ranker) =
        (run.config().unwrap(), Explainer::from_run(&run).unwrap(), run.ranker().unwrap());
    let (log, _) = config.source.log(&config.data).unwrap().unwrap();
    let request = explain::request(&log, &config.data, "u3", None).unwrap();
    // More events than are left out at once, too.
    let long = request.history.iter().cycle().take(70).cloned().collect();
    for request in [request.clone().with_history(long), request] {
        let explanation = explainer.explain(&request).unwrap();
        let events = &explanation.sequences[0].events;
        assert_eq!(events.len(), request.history.len());
        for (i, event) in events.iter().enumerate() {
            let mut without = request.clone();
            without.history.remove(i);
            let logit = ranker.rank(&without).unwrap().logits[0];
            assert!((event.logit_without - logit).abs() < 1e-5, "{event:?} {logit}");
        }
    }
}

#[test]
fn attention_sums_to_1_by_softmax_alone() {
    for norm in [AttentionNorm::Softmax, AttentionNorm::Sigmoid] {
        let root = tempdir().unwrap();
        let root = root.path();
        let mut config = tiny();
        (config.model.attention_norm, config.train.epochs) = (norm, 1);
        train(&config, &root.join("run"));
        let output = dien(root, &["explain", "--run", "run", "--user", "u2", "--out", "why.html"]);
        assert!(output.status.success(), "{output:?}");
        let html = fs::read_to_string(root.join("why.html")).unwrap();
        let explained = json(root, &["--user", "u2"]);
        let events = explained["sequences"][0]["events"].as_array().unwrap();
        let sum: f64 = events.iter().map(|e| e["attention"].as_f64().unwrap()).sum();
        let is_one = norm == AttentionNorm::Softmax;
        assert_eq!((sum - 1.0).abs() < 1e-5, is_one, "{sum}");
        assert_eq!(html.contains("Attention sums to 1."), is_one);
        assert_eq!(html.contains("Attention is each event&#39;s own"), !is_one);
        assert_eq!(explained["attention_norm"], json!(norm));
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
        let events = &json(root, &["--user", "u2"])["sequences"][0]["events"];
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
    let trajectories = &json(root, &["--user", "u2"])["sequences"][0]["trajectories"];
    assert_eq!(trajectories[0], trajectories[1]);
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
    let mut config = tiny();
    config.source = Source::Folder(data);
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
