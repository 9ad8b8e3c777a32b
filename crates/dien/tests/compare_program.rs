//! `dien compare`, end to end.

mod common;

use std::fs;

use common::{dien, fails, json, stderr, stdout, workplace};
use dien::prelude::*;
use serde_json::Value;

#[test]
fn every_model_is_compared_and_none_is_trained_twice() {
    let root = workplace();
    let root = root.path();
    let compare =
        ["compare", "--data", "data", "--config", "tiny.toml", "--seeds", "1..2", "--out", "out", "--json"];
    let found = json(root, &compare);
    let rows = found[0]["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["variant"].as_str().unwrap()).collect();
    assert_eq!(names, ModelKind::ALL.map(ModelKind::name));
    for row in rows {
        assert_eq!(row["seeds"], serde_json::json!([1, 2]));
        assert_eq!(row["difference"].is_null(), row["variant"] == "dien", "{row}");
    }
    // A cell is the run that `dien train` makes.
    let train =
        ["train", "--data", "data", "--config", "tiny.toml", "--seed", "2", "--model", "din", "--json"];
    let alone = json(root, &train);
    let cell: Value =
        serde_json::from_slice(&fs::read(root.join("out/cells/data/din/seed2.json")).unwrap()).unwrap();
    assert_eq!(cell["test"]["auc"], alone["test"]["auc"]);

    // Nothing is trained again, and one that is gone is.
    let stamp = || fs::metadata(root.join("out/cells/data/din/seed1.json")).unwrap().modified().unwrap();
    let before = stamp();
    fs::remove_file(root.join("out/cells/data/base/seed1.json")).unwrap();
    let again = dien(root, &compare);
    assert_eq!(serde_json::from_str::<Value>(&stdout(&again)).unwrap()[0]["rows"][0]["auc"], rows[0]["auc"]);
    assert_eq!((stamp(), stderr(&again).matches("AUC").count()), (before, 1), "{again:?}");

    let table = fs::read_to_string(root.join("out/results.md")).unwrap();
    assert!(table.contains("### data") && table.contains("| gru-attention |"), "{table}");
    assert!(fs::read_to_string(root.join("out/data.svg")).unwrap().starts_with("<svg"));
    assert!(fs::read_to_string(root.join("out/results.json")).unwrap().contains("\"logloss\""));
}

#[test]
fn a_plan_has_several_comparisons_and_reports_what_there_is() {
    let root = workplace();
    let root = root.path();
    let plan = "[[comparison]]\nname = 'models'\ndata = 'data'\nmodels = ['base', 'dien']\nseeds = '1'\nset = ['train.epochs=1']\n\
                [[comparison]]\nname = 'cells'\ndata = 'data'\nablations = ['cell']\nseeds = '1'\nset = ['train.epochs=1']\n";
    fs::write(root.join("plan.toml"), plan).unwrap();
    let nothing = json(root, &["compare", "--plan", "plan.toml", "--report", "--json"]);
    assert_eq!((&nothing[0]["missing"], &nothing[1]["missing"]), (&2.into(), &5.into()));
    let all = json(root, &["compare", "--plan", "plan.toml", "--json", "--threads", "1"]);
    assert_eq!((&all[0]["missing"], all[1]["rows"].as_array().unwrap().len()), (&0.into(), 5));
    assert_eq!(all[1]["rows"][3]["variant"], "cell=augru");
    // DIEN's own cell is trained once, whatever it is called.
    for what in ["auc", "seconds"] {
        assert_eq!(all[0]["rows"][1][what], all[1]["rows"][3][what]);
    }
    fs::remove_file(root.join("comparison/cells/cells/cell=augru/seed1.json")).unwrap();
    let again = dien(root, &["compare", "--plan", "plan.toml"]);
    assert!(stdout(&again).contains("| cell=augru |") && !stderr(&again).contains("AUC"), "{again:?}");

    fs::write(root.join("doc.md"), "Above.\n<!-- compare: cells -->\n<!-- /compare -->\nBelow.\n").unwrap();
    dien(root, &["compare", "--plan", "plan.toml", "--report", "--fill", "doc.md"]);
    let filled = fs::read_to_string(root.join("doc.md")).unwrap();
    assert!(filled.contains("| cell=augru |") && filled.ends_with("<!-- /compare -->\nBelow.\n"), "{filled}");
    fs::write(root.join("none.md"), "Nothing here.\n").unwrap();
    fails(root, &["compare", "--plan", "plan.toml", "--report", "--fill", "none.md"], "no place for a table");

    fails(root, &["compare", "--data", "data", "--models", "dni"], "found `dni`; expected one of base");
    fails(root, &["compare", "--data", "nowhere", "--models", "din"], "nowhere");
    fails(root, &["compare", "--data", "data", "--seeds", "2..1"], "expected seeds such as");
    fs::write(root.join("comparison/cells/models/base/seed1.json"), "{").unwrap();
    fails(root, &["compare", "--plan", "plan.toml"], "models/base/seed1.json: EOF");
}
