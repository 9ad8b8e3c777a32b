//! `dien tune`, end to end.

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{TINY, dien, fails, interrupted, json, stderr, stdout, workplace};
use dien::prelude::*;
use dien::tune::{Found, Search, Space, Trial};
use serde_json::Value;
use tempfile::tempdir;

/// A search in `root/NAME` of two rungs, of one epoch and of three.
fn search(root: &Path, name: &str, trials: usize) -> Search {
    let space = root.join("space.toml");
    fs::write(&space, "'optimizer.lr' = { log = [0.001, 0.03] }\n'model.hidden' = { choice = [4, 6] }\n")
        .unwrap();
    let mut layers = Layers::new();
    layers.text(TINY).unwrap();
    let (space, folder) = (Space::load(&space).unwrap(), root.join(name));
    Search::new(layers, space, folder).trials(trials).rungs(1, 3)
}

fn run(search: &Search) -> Found {
    search.run(&AtomicBool::new(false), &mut |_, _| ()).unwrap()
}

/// Runs it until a trial is told that fits.
fn stop_at(search: &Search, fits: impl Fn(&Trial) -> bool) -> Found {
    let stop = AtomicBool::new(false);
    let found = search.run(&stop, &mut |trial, _| stop.store(fits(trial), Ordering::Relaxed)).unwrap();
    assert!(found.stopped);
    found
}

fn seen(trials: &[Trial]) -> Vec<(usize, u64, Option<f64>)> {
    trials.iter().map(|trial| (trial.number, trial.epochs, trial.auc)).collect()
}

/// The configuration that a search in a folder has written.
fn best(folder: &Path) -> Config {
    let mut layers = Layers::new();
    layers.file(&folder.join("best.toml")).unwrap();
    layers.config().unwrap()
}

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

    // In a terminal.
    let output = dien(root, &[&tune[..], &["--epochs", "1", "--out", "text"]].concat());
    let text = stdout(&output);
    assert!(output.status.success() && text.starts_with(" 1 epochs  validation AUC 0."), "{output:?}");
    assert!(text.contains("\n5 epochs, ") && text.ends_with("train --config text/best.toml\n"), "{text}");
}

#[test]
fn what_is_wrong_is_named() {
    let root = workplace();
    let root = root.path();
    let tune = ["tune", "--space", "space.toml", "--data", "data", "--config", "tiny.toml", "--epochs", "1"];
    let space = |text: &str| fs::write(root.join("space.toml"), text).unwrap();
    space("'model.depth' = { choice = [1] }");
    fails(root, &tune, "space.toml, line 1: unknown option `model.depth`");
    space("\n'model.hidden' = { choice = [0] }");
    fails(root, &tune, "space.toml, line 2: option `model.hidden`: found 0; expected an integer of at least");
    space("'model.hidden' = { uniform = [4.0, 9.0] }");
    fails(root, &tune, "; for integers there is `{ integer = [LOW, HIGH] }`");
    space("'data.split_seed' = { integer = [1, 3] }");
    fails(root, &tune, "space.toml, line 1: `data.split_seed` cannot be varied: ");
    fails(root, &["tune", "--space", "none.toml"], "none.toml");

    space("'model.hidden' = { choice = [4, 6] }");
    let with = |more: &[&'static str]| [&tune[..], more].concat();
    fails(
        root,
        &with(&["--set", "data.valid_fraction=0"]),
        "data: no validation users, by whom options are chosen; expected some (`data.valid_fraction` above 0",
    );
    // What does not name a file says of which trial it is.
    fails(
        root,
        &with(&["--set", "data.targets=real"]),
        "tuning/trial-1: configuration: option `data.targets`",
    );
    // A folder that holds something else stays as it is.
    for name in ["file", "folder/trial-1"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    fs::write(root.join("file/trial-1"), "").unwrap();
    fails(root, &with(&["--out", "file"]), "file/trial-1: cannot make the folder");
    fs::write(root.join("folder/trial-1/thesis.tex"), "").unwrap();
    fails(root, &with(&["--out", "folder"]), "folder/trial-1: the folder is not empty");
    assert!(root.join("folder/trial-1/thesis.tex").exists());
}

#[test]
fn a_loss_that_is_not_finite_fails_its_trial_alone() {
    let root = workplace();
    let root = root.path();
    fs::write(root.join("space.toml"), "'optimizer.lr' = { choice = [0.001, 1e30] }").unwrap();
    let tune = ["tune", "--space", "space.toml", "--data", "data", "--config", "tiny.toml", "--epochs", "2"];
    let again = || json(root, &[&tune[..], &["--json"]].concat());
    let found = again();
    // Of the twelve that were asked for there are two.
    let trials = found["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 2, "{found}");
    assert!(trials[0]["failed"].is_null() && trials[0]["auc"].is_f64(), "{found}");
    let why = trials[1]["failed"].as_str().unwrap();
    assert!(why.starts_with("the loss is not finite at step 2 (epoch 1), first in "), "{why}");
    assert_eq!(best(&root.join("tuning")).optimizer.lr, 0.001);
    // It is remembered.
    let number = trials[1]["number"].as_u64().unwrap();
    let folder = root.join(format!("tuning/trial-{number}"));
    let written = || fs::metadata(folder.join("failure.txt")).unwrap().modified().unwrap();
    let before = written();
    assert_eq!(again()["trials"], found["trials"]);
    assert_eq!(written(), before);
    let output = dien(root, &tune);
    assert!(stdout(&output).contains(&format!("failed  trial {number}: optimizer.lr=")), "{output:?}");
    assert!(stderr(&output).contains("the space has no more than these 2 configurations"), "{output:?}");

    // Where all fail there is nothing to choose.
    fs::write(root.join("space.toml"), "'optimizer.lr' = { choice = [1e30] }").unwrap();
    let output = dien(root, &[&tune[..], &["--out", "bad", "--json"]].concat());
    assert!(!output.status.success() && stderr(&output).contains("there is none to choose"), "{output:?}");
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(found["best"].is_null() && !root.join("bad/best.toml").exists(), "{found}");
}

#[test]
fn a_trial_that_was_killed_before_its_first_checkpoint_begins_anew() {
    let root = tempdir().unwrap();
    let root = root.path();
    let whole = run(&search(root, "whole", 2));
    let left: [&[&str]; 2] = [&["config.toml"], &["config.toml", "last.safetensors", ".x.tmp"]];
    for (number, names) in (1..).zip(left) {
        let folder = root.join(format!("killed/trial-{number}"));
        fs::create_dir_all(&folder).unwrap();
        for name in names {
            let from = root.join(format!("whole/trial-{number}")).join(name);
            fs::write(folder.join(name), fs::read(from).unwrap_or_default()).unwrap();
        }
    }
    let killed = run(&search(root, "killed", 2));
    assert_eq!(seen(&killed.trials), seen(&whole.trials));
    assert!(!root.join("killed/trial-2/.x.tmp").exists());
}

#[test]
fn no_configuration_is_tried_twice() {
    let root = tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("small.toml"), "'model.hidden' = { integer = [3, 6] }").unwrap();
    let space = Space::load(&root.join("small.toml")).unwrap();
    let options = |trials: usize, name: &str| {
        let mut search = search(root, name, trials).rungs(1, 1);
        search.space = space.clone();
        let mut trials: Vec<Trial> = run(&search).trials;
        trials.sort_by_key(|trial| trial.number);
        trials.into_iter().map(|trial| trial.options).collect::<Vec<_>>()
    };
    let all = options(9, "nine");
    assert_eq!(all.len(), 4);
    assert!((1..4).all(|i| !all[..i].contains(&all[i])), "{all:?}");
    assert_eq!(options(3, "three"), all[..3], "more trials do not change the first ones");
}

/// Ctrl-C: the program says so, as `dien train` does.
#[cfg(unix)]
#[test]
fn an_interrupted_search_says_so() {
    let root = workplace();
    let root = root.path();
    fs::write(root.join("space.toml"), "'optimizer.lr' = { log = [0.001, 0.03] }").unwrap();
    let tune =
        ["tune", "--space", "space.toml", "--data", "data", "--config", "tiny.toml", "--trials", "300"];
    let after = |line: &str| line.contains("trial 1: ");
    let stdout =
        interrupted(root, &[&tune[..], &["--json"]].concat(), after, "stopping after this step, then saving");
    let found: Value = serde_json::from_slice(&stdout).unwrap();
    assert_eq!((&found["stopped"], &found["best"]), (&true.into(), &"tuning/best.toml".into()));
}

#[test]
fn an_extended_search_finds_what_one_at_once_finds() {
    let root = tempdir().unwrap();
    let root = root.path();
    let once = run(&search(root, "once", 9));
    run(&search(root, "grown", 1));
    run(&search(root, "grown", 3));
    let grown = run(&search(root, "grown", 9));
    // Trial 1 has its three epochs, which count in no rung but the last.
    assert_eq!(seen(&grown.trials), seen(&once.trials));
    assert_eq!(best(&root.join("grown")), best(&root.join("once")));
    assert!(grown.trials.iter().all(|trial| trial.trained >= trial.epochs));
    assert_eq!(grown.epochs, grown.trials.iter().map(|trial| trial.trained).sum::<u64>());
    assert!(grown.epochs >= once.epochs);
}

#[test]
fn a_stopped_extension_forgets_nothing() {
    let root = tempdir().unwrap();
    let root = root.path();
    let whole = run(&search(root, "out", 3));
    let longer = search(root, "out", 9);
    let written = || fs::read(root.join("out/best.toml")).unwrap();
    let before = written();
    // Stopped before it came to anything new.
    let stopped = stop_at(&longer, |_| true);
    assert_eq!(seen(&stopped.trials[..3]), seen(&whole.trials));
    assert!(stopped.trials[3..].iter().all(|trial| trial.trained == 0 && trial.auc.is_none()));
    assert_eq!(stopped.epochs, whole.epochs);
    assert!(written() == before && stopped.best.is_some());
    // Stopped after a new trial, which may be better.
    let stopped = stop_at(&longer, |trial| trial.number == 4);
    let aucs: Vec<f64> = stopped.trials.iter().filter_map(|trial| trial.auc).collect();
    assert!(aucs.len() == 4 && aucs.is_sorted_by(|a, b| a >= b), "{aucs:?}");
    assert_eq!(best(&longer.folder).optimizer, stopped.trials[0].config.optimizer);
    // Then it goes on as if nothing had been.
    assert_eq!(seen(&run(&longer).trials), seen(&run(&search(root, "once", 9)).trials));
    // One of fewer trials does not know whether it has a better one.
    let before = written();
    stop_at(&search(root, "out", 1), |_| true);
    assert!(written() == before);
}
