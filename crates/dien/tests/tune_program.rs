//! `dien tune`, end to end.

mod common;

use std::fs;

use common::{dien, fails, json, stderr, workplace};
use dien::prelude::*;
use serde_json::Value;

#[test]
fn a_search_halves_goes_on_and_gives_a_configuration() {
    let root = workplace();
    let root = root.path();
    let space = "'optimizer.lr' = { log = [0.001, 0.03] }\n'model.hidden' = { choice = [4, 6] }\n";
    fs::write(root.join("space.toml"), space).unwrap();
    let tune = ["tune", "--space", "space.toml", "--data", "data", "--config", "tiny.toml", "--trials", "5"];
    let short = json(
        root,
        &[
            &tune[..],
            &["--set", "train.patience=9", "--epochs", "2", "--keep", "2", "--out", "out", "--json"],
        ]
        .concat(),
    );
    let epochs = |found: &Value| -> Vec<u64> {
        found["trials"].as_array().unwrap().iter().map(|t| t["epochs"].as_u64().unwrap()).collect()
    };
    // Five trials of one epoch; three of them of a second.
    assert_eq!(epochs(&short), [2, 2, 2, 1, 1]);
    assert_eq!(short["epochs"], 8);
    let auc: Vec<f64> =
        short["trials"].as_array().unwrap().iter().map(|t| t["auc"].as_f64().unwrap()).collect();
    assert!(auc[0] >= auc[1] && auc[1] >= auc[2], "{auc:?}");

    // The same command trains nothing anew; a longer search trains on.
    let told = |out: &str, epochs: &str| {
        let rest = ["--set", "train.patience=9", "--epochs", epochs, "--keep", "2", "--out", out, "--json"];
        json(root, &[&tune[..], &rest].concat())
    };
    let model = |out: &str| fs::read(root.join(out).join("trial-1/last.safetensors")).unwrap();
    let before = model("out");
    assert_eq!(told("out", "2")["trials"], short["trials"]);
    assert!(model("out") == before);
    let longer = told("out", "4");
    assert_eq!(epochs(&longer), [4, 4, 2, 1, 1]);
    // Whether it was stopped in between does not matter.
    assert_eq!(told("once", "4")["trials"][0]["auc"], longer["trials"][0]["auc"]);

    // The best configuration is one that trains.
    let best =
        Run::open(root.join(longer["trials"][0]["folder"].as_str().unwrap())).unwrap().config().unwrap();
    let train = ["train", "--config", "out/best.toml", "--epochs", "4", "--json", "--out", "best"];
    json(root, &train);
    let trained = Run::open(root.join("best")).unwrap().config().unwrap();
    assert_eq!((trained.model, trained.optimizer), (best.model, best.optimizer));

    fs::write(root.join("space.toml"), "'model.depth' = { choice = [1] }").unwrap();
    fails(root, &tune, "unknown field `depth`");
    fs::write(root.join("space.toml"), "'model.hidden' = { choice = [0] }").unwrap();
    let message = stderr(&dien(root, &tune));
    assert!(message.contains("`model.hidden`") && message.contains("expected at least 1"), "{message}");
    fails(root, &["tune", "--space", "none.toml"], "none.toml");
}
