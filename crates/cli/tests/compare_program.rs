//! `dien compare`, end to end.

mod common;

use std::fs;

use common::{dien, fails, interrupted, json, stderr, stdout, workplace};
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
    let expected: Vec<&str> = ModelKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, expected);
    for row in rows {
        assert_eq!(row["seeds"], serde_json::json!([1, 2]));
        assert_eq!(row["difference"].is_null(), row["variant"] == "dien", "{row}");
    }
    // A run is the one that `dien train` makes.
    let train =
        ["train", "--data", "data", "--config", "tiny.toml", "--seed", "2", "--model", "din", "--json"];
    let alone = json(root, &train);
    let trained: Value =
        serde_json::from_slice(&fs::read(root.join("out/cells/data/din/seed2.json")).unwrap()).unwrap();
    assert_eq!(trained["test"]["auc"], alone["test"]["auc"]);

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
    let plan = "[[comparison]]\nname = 'models'\ndata = 'data'\nmodels = ['base', 'dien']\nseeds = '1'\n\
        set = ['train.epochs=1']\n[[comparison]]\nname = 'cells'\ndata = 'data'\nablations = ['cell']\n\
        seeds = '1'\nset = ['train.epochs=1']\n";
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
    for (set, message) in [
        ("model.depth=2", "error: `--set model.depth=2`: unknown option `model.depth`"),
        ("train.seed=2", "error: `--set train.seed=2`: found `train.seed`; expected `seeds` to say so"),
        ("model.hidden=0", "error: `--set model.hidden=0`: option `model.hidden`: found 0; expected"),
    ] {
        fails(root, &["compare", "--data", "data", "--models", "din", "--set", set], message);
    }
    fails(root, &["compare", "--data", "data", "--seeds", "2..1"], "expected seeds such as");
    fs::write(root.join("comparison/cells/models/base/seed1.json"), "{").unwrap();
    fails(root, &["compare", "--plan", "plan.toml"], "models/base/seed1.json: EOF");
}

/// How many runs a call trained.
fn trained(root: &std::path::Path, args: &[&str]) -> usize {
    let found = dien(root, args);
    assert!(found.status.success(), "{found:?}");
    stderr(&found).matches("AUC").count()
}

#[test]
fn a_run_is_of_its_data() {
    let root = workplace();
    let root = root.path();
    let compare = ["compare", "--data", "data", "--config", "tiny.toml", "--seeds", "1", "--models", "base"];
    assert_eq!([trained(root, &compare), trained(root, &compare)], [1, 0]);
    let file = root.join("data/items.csv");
    let items = fs::read_to_string(&file).unwrap();
    fs::write(&file, items + "another,one\n").unwrap();
    assert_eq!([trained(root, &compare), trained(root, &compare)], [1, 0]);

    let drawn = |users: &str| {
        let set = format!("source.synthetic.users={users}");
        trained(
            root,
            &["compare", "--models", "base", "--seeds", "1", "--set", "train.epochs=1", "--set", &set],
        )
    };
    assert_eq!([drawn("60"), drawn("60"), drawn("90")], [1, 0, 1]);

    fs::create_dir(root.join("other")).unwrap();
    fs::rename(root.join("data"), root.join("other/data")).unwrap();
    fails(
        root,
        &["compare", "--data", "other/data,data"],
        "found `data` and `data`, which share their files",
    );
    fs::write(root.join("plan.toml"), "comparison = []").unwrap();
    fails(root, &["compare", "--plan", "plan.toml", "--seeds", "1"], "--seeds");
}

#[test]
fn a_run_that_fails_is_named_and_the_others_go_on() {
    let root = workplace();
    let root = root.path();
    let plan = "[[comparison]]\nname = 'far'\ndata = 'data'\nmodels = ['base']\nseeds = '1'\nset = \
        ['optimizer.lr=1e30', 'train.epochs=2']\n[[comparison]]\nname = 'near'\ndata = 'data'\nmodels = \
        ['base']\nseeds = '1'\nset = ['train.epochs=1']\n";
    fs::write(root.join("plan.toml"), plan).unwrap();
    let found = dien(root, &["compare", "--plan", "plan.toml", "--threads", "1"]);
    assert!(stderr(&found).contains("warning: far base seed 1: step"), "{found:?}");
    assert!(stderr(&found).contains("near base seed 1: AUC") && found.status.success(), "{found:?}");
    let table = fs::read_to_string(root.join("comparison/results.md")).unwrap();
    assert!(table.contains("1 run is not trained yet") && table.contains("### near"), "{table}");
}

/// Ctrl-C: what is finished is kept and told, and the same command goes on.
#[cfg(unix)]
#[test]
fn an_interrupted_comparison_goes_on() {
    let root = workplace();
    let root = root.path();
    let compare = ["compare", "--data", "data", "--config", "tiny.toml", "--models", "base", "--json"];
    let many = [&compare[..], &["--seeds", "1..500", "--threads", "1"]].concat();
    let stdout = interrupted(root, &many, |line| line.contains("AUC"), "stopping: what is finished is kept");
    let found: Value = serde_json::from_slice(&stdout).unwrap();
    let seeds = found[0]["rows"][0]["seeds"].as_array().unwrap().len();
    assert!((1..500).contains(&seeds), "{found}");
    assert_eq!(trained(root, &[&compare[..], &["--seeds", "1"]].concat()), 0);
}

#[test]
fn nothing_is_trained_where_there_is_nothing_to_test() {
    let root = workplace();
    let root = root.path();
    fs::write(root.join("data/test_users.txt"), "nobody\n").unwrap();
    let compare = ["compare", "--data", "data", "--config", "tiny.toml", "--models", "base", "--seeds", "1"];
    fails(root, &compare, "data base seed 1: data: 0 test targets, 0 of them clicked; expected clicked ones");
    assert!(!root.join("comparison").exists());
}
