//! `dien report`, end to end.

mod common;

use std::fs;

use common::{assert_page, dien, fails, stdout, tiny, train};
use dien::prelude::*;
use serde_json::{Value, json};
use tempfile::tempdir;

fn one_epoch() -> Config {
    let mut config = tiny();
    config.train.epochs = 1;
    config
}

#[test]
fn a_run_on_a_page() {
    let root = tempdir().unwrap();
    let root = root.path();
    let (report, trainer) = train(&tiny(), &root.join("run"));
    let output = dien(root, &["report", "--run", "run"]);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    let best = report.best_epoch.unwrap();
    assert!(text.starts_with(&format!("3 epochs, the best is epoch {best}\ntest  AUC 0.")), "{text}");
    assert!(text.ends_with("page: run/report.html\n"), "{text}");
    let html = fs::read_to_string(root.join("run/report.html")).unwrap();
    assert_page(&html);
    for part in
        ["Losses", "Validation", "best: 0.", "Calibration", "AUC by length of history", "embedding_width = 4"]
    {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("<svg").count(), 5);

    let arguments = ["report", "--run", "run", "--out", "page.html", "--json"];
    let output = dien(root, &arguments);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let test = trainer.evaluate(&trainer.dataset().test()).unwrap();
    assert_eq!((&found["test"]["auc"], &found["test"]["samples"]), (&json!(test.auc), &json!(test.samples)));
    assert_eq!((&found["best_epoch"], &found["out"]), (&json!(best), &json!("page.html")));
    for (epoch, expected) in found["epochs"].as_array().unwrap().iter().zip(&report.epochs) {
        assert_eq!(epoch["target_loss"], json!(expected.target_loss));
    }
    let targets =
        |list: &Value| list.as_array().unwrap().iter().map(|x| x["targets"].as_u64().unwrap()).sum();
    let whole: [u64; 2] = [&found["test"]["calibration"]["bins"], &found["test"]["by_history"]].map(targets);
    assert_eq!(whole, [test.samples as u64; 2]);
    assert_eq!(html, fs::read_to_string(root.join("page.html")).unwrap(), "the same run, the same page");
}

#[test]
fn other_data_has_a_page_of_its_own() {
    let root = tempdir().unwrap();
    let root = root.path();
    let Source::Synthetic(mut synthesis) = tiny().source else { panic!("tiny is synthetic") };
    synthesis.seed = 2;
    synthesis.log().unwrap().write(&root.join("other")).unwrap();
    train(&one_epoch(), &root.join("run"));
    let report = |more: &[&str]| {
        let output = dien(root, &[&["report", "--run", "run"], more].concat());
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    };
    let own = report(&[]);
    let page = || fs::read_to_string(root.join("run/report.html")).unwrap();
    let before = page();
    let other = report(&["--data", "other"]);
    assert!(other.contains("\ntest on other  AUC 0.") && own.contains("\ntest  AUC 0."), "{other}{own}");
    assert!(other.ends_with("page: run/report-other.html\n"), "{other}");
    assert_eq!(page(), before, "the run's own page stays");
    let html = fs::read_to_string(root.join("run/report-other.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("dien on synthetic, tested on other") && !before.contains("tested on"));
    let tested_on = |more: &[&str]| -> Value {
        let found: Value = serde_json::from_str(&report(&[more, &["--json"]].concat())).unwrap();
        found["tested_on"].clone()
    };
    assert_eq!((tested_on(&["--data", "other"]), tested_on(&[])), (json!("other"), Value::Null));
    report(&["--data", "other", "--out", "page.html"]);
    assert_eq!(fs::read_to_string(root.join("page.html")).unwrap(), html);
}

#[test]
fn names_are_escaped_and_what_is_missing_is_said() {
    let root = tempdir().unwrap();
    let root = root.path();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    let data = root.join("<b>&");
    synthesis.log().unwrap().write(&data).unwrap();
    let mut config = tiny();
    config.source = Source::Folder(data);
    config.data.valid_fraction = 0.0;
    config.train.epochs = 1;
    config.model.kind = ModelKind::Base;
    train(&config, &root.join("run"));
    let output = dien(root, &["report", "--run", "run"]);
    assert!(output.status.success() && stdout(&output).starts_with("1 epoch\ntest  AUC "), "{output:?}");
    let html = fs::read_to_string(root.join("run/report.html")).unwrap();
    assert_page(&html);
    assert!(html.contains("base on &lt;b&gt;&amp;") && !html.contains("<b>"));
    assert!(html.contains("No epoch has a validation AUC."));
    // Without a validation no epoch was chosen.
    let last = "that of epoch 1 of 1, the last: there is no validation AUC.";
    assert!(html.contains(last) && !html.contains("validated best"));
    // The run's own data is no other data.
    assert_eq!(dien(root, &["report", "--run", "run", "--data", "<b>&"]).stdout, output.stdout);
    assert_eq!(fs::read_to_string(root.join("run/report.html")).unwrap(), html);
}

#[test]
fn what_is_wrong_is_named() {
    let root = tempdir().unwrap();
    let root = root.path();
    fails(root, &["report", "--run", "run"], "run: no run (there is no `config.toml`)");
    common::start(&tiny(), &root.join("unfinished"));
    fails(root, &["report", "--run", "unfinished"], "no model yet (training stopped within the first epoch)");
    train(&one_epoch(), &root.join("run"));
    fails(root, &["report", "--run", "run", "--out", "no/where.html"], "no/where.html: cannot write");
    fails(root, &["report", "--run", "run", "--data", "nowhere"], "nowhere");
}
