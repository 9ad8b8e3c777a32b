//! The program, end to end.

mod common;

use std::fs;

use common::{assert_same_bits, dien, fails, interrupted, json, stderr, stdout, workplace};
use dien::prelude::*;
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn trains_evaluates_and_describes() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "data", "--config", "tiny.toml", "--out", "run", "--json"];
    let trained = json(root, &train);
    assert_eq!(
        (&trained["run"], &trained["model"], &trained["end"]),
        (&"run".into(), &"dien".into(), &"finished".into())
    );
    for key in ["auc", "gauc", "logloss"] {
        assert!(trained["test"][key].is_f64() && trained["validation"][key].is_f64(), "{trained}");
    }
    assert_eq!(trained["test"]["samples"], 24);
    assert!(trained["train_samples_per_second"].as_f64().unwrap() > 0.0);
    assert!(!cfg!(target_os = "linux") || trained["peak_rss_bytes"].as_u64().unwrap() > 1 << 20);
    assert!((1..=3).contains(&trained["best_epoch"].as_u64().unwrap()));

    let evaluated = json(root, &["eval", "--run", "run", "--json"]);
    let also = json(root, &["eval", "--run", "run", "--data", "data", "--json", "--threads", "1"]);
    let validated = json(root, &["eval", "--run", "run", "--split", "validation", "--json"]);
    for key in ["auc", "gauc", "logloss", "samples"] {
        assert_eq!(evaluated[key], trained["test"][key]);
        assert_eq!(also[key], trained["test"][key]);
        assert_eq!(validated[key], trained["validation"][key]);
    }

    // As others evaluate: then a score depends on its batch, which it does not otherwise.
    let auc =
        |more: &[&str]| json(root, &[&["eval", "--run", "run", "--json"], more].concat())["logloss"].clone();
    let [two, all] = ["2", "999"].map(|size| ["--batch-size", size]);
    for option in ["--batch-statistics", "--pool-padding"] {
        let [few, many] = [two, all].map(|size| auc(&[&[option], &size[..]].concat()));
        assert!(few != many && many != trained["test"]["logloss"], "{option}");
    }
    let [few, many] = [two, all].map(|size| auc(&size).as_f64().unwrap());
    assert!((few - many).abs() < 1e-6);

    let described = json(root, &["describe", "--run", "run", "--json"]);
    assert_eq!(described["parameter_count"], trained["parameters"]);
    assert!(described["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "head.0.weight"));
    let text = stdout(&dien(root, &["describe", "--run", "run"]));
    assert!(
        text.contains("head.0.bias") && text.contains("trained numbers") && text.contains("= linear("),
        "{text}"
    );
    let dot = stdout(&dien(root, &["describe", "--run", "run", "--dot"]));
    assert!(dot.starts_with("digraph dien {") && dot.ends_with("}\n"), "{dot}");
    assert_eq!(described["graph"], dot);

    // The run's own configuration repeats it, from another folder and with other threads.
    let elsewhere = root.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let again = ["train", "--config", "../run/config.toml", "--out", "again", "--json", "--threads", "3"];
    let again = json(&elsewhere, &again);
    assert_eq!(again["test"], trained["test"]);
    assert_same_bits(&root.join("run"), &elsewhere.join("again"));
}

#[test]
fn says_its_progress_on_standard_error() {
    let root = workplace();
    let arguments = ["train", "--data", "data", "--config", "tiny.toml", "--model", "base", "--epochs", "1"];
    let output = dien(
        root.path(),
        &[&arguments[..], &["--targets", "last", "--batch-size", "8", "--seed", "5"]].concat(),
    );
    let (log, result) = (stderr(&output), stdout(&output));
    assert!(output.status.success(), "{log}");
    for part in
        ["base: ", "run: runs/data-base-seed5", "epoch 1/1 100 %", "samples", "/s  loss ", "ETA", "best"]
    {
        assert!(log.contains(part) || result.contains(part), "{part}: {log}{result}");
    }
    assert!(log.lines().count() < 12, "{log}");
    assert!(result.contains("best epoch 1: validation AUC ") && result.contains("test  AUC "), "{result}");
    let run = Run::open(root.path().join("runs/data-base-seed5")).unwrap();
    let config = run.config().unwrap();
    assert_eq!((config.data.targets, config.data.batch_size, config.train.seed), (TargetKind::Last, 8, 5));
    assert_eq!(config.model.hidden, 6);
}

#[test]
fn demonstrates_itself_and_names_a_command_that_works() {
    let root = tempdir().unwrap();
    let root = root.path();
    let output = dien(root, &["demo", "--users", "80", "--epochs", "1"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    for part in ["AUC    GAUC  log loss", "\nDIEN  ", "\nBaseModel  ", "(32 samples)"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let next = text.lines().last().unwrap().strip_prefix("next:  ").unwrap();
    let words: Vec<&str> = next.split_whitespace().collect();
    assert_eq!(words[0], env!("CARGO_BIN_EXE_dien"));
    let next = dien(root, &words[1..]);
    assert!(next.status.success() && !next.stdout.is_empty(), "{next:?}");
    let again = json(root, &["demo", "--users", "80", "--epochs", "1", "--json"]);
    assert_eq!((&again["dien"]["model"], &again["base"]["model"]), (&"dien".into(), &"base".into()));
    for run in ["synthetic-dien-seed1", "synthetic-dien-seed1-2", "synthetic-base-seed1-2"] {
        assert!(root.join("runs").join(run).join("model.safetensors").exists(), "{run}");
    }
}

#[test]
fn bad_configuration() {
    let root = workplace();
    let root = root.path();
    let write = |text: &str| fs::write(root.join("bad.toml"), text).unwrap();
    let train = ["train", "--data", "data", "--config", "bad.toml", "--out", "run"];
    for (text, message) in [
        (
            "[model]\nhidden = 8\ndropuot = 0.1\n",
            "bad.toml, line 3: unknown option `model.dropuot`; did you mean `model.dropout`?",
        ),
        ("[modle]\nhidden = 8\n", "bad.toml, line 1: unknown option `modle`; did you mean `model`?"),
        (
            "[model]\nhidden = \"wide\"\n",
            "bad.toml, line 2: option `model.hidden`: found \"wide\"; expected an integer of at least 1",
        ),
        (
            "[model]\ncell = \"lstm\"\n",
            "bad.toml, line 2: option `model.cell`: found \"lstm\"; expected one of `gru`, `aigru`",
        ),
        ("[model\n", "bad.toml, line 1: "),
        (
            "[model]\n\n\ndropout = 1.5\n",
            "bad.toml, line 4: option `model.dropout`: found 1.5; expected a number from 0 to below 1",
        ),
        (
            "[optimizer]\nlr = -1.0\n",
            "bad.toml, line 2: option `optimizer.lr`: found -1.0; expected a finite number above 0",
        ),
        (
            "[optimizer.schedule]\nkind = \"step-decay\"\nfactor = 2.0\nperiod = 5",
            "bad.toml, line 3: option `optimizer.schedule.factor`: found 2",
        ),
        (
            "[optimizer]\nbetas = [0.9, 1.5]\n",
            "bad.toml, line 2: option `optimizer.betas`: found [0.9, 1.5]; expected a list of 2",
        ),
        (
            "[optimizer]\nbetas = [0.9, 0.5]\n",
            "bad.toml, line 2: option `optimizer.betas[1]`: found 0.5; expected at least 0.9, for sparse",
        ),
        (
            "[train]\naverage = 0.9\nema_decay = 0.9\n",
            "bad.toml, line 2: found `train.average` and `train.ema_decay`, which is its name now",
        ),
        (
            "[data]\nbatch_size = 1\n",
            "bad.toml, line 2: option `data.batch_size`: found 1; expected an integer of at least 2",
        ),
        (
            "[data]\nbehaviours = [\"item\", \"brand\"]\n",
            "bad.toml, line 2: option `data.behaviours`: found `brand`",
        ),
        (
            "[train]\nepochs = 0\n",
            "bad.toml, line 2: option `train.epochs`: found 0; expected an integer of at least 1",
        ),
    ] {
        write(text);
        fails(root, &train, message);
    }
    write("[model]\nhidden = 8\n");
    let flag = |more: &[&str], message| fails(root, &[&train[..], more].concat(), message);
    flag(&["--epochs", "0"], "`--epochs 0`: option `train.epochs`: found 0; expected an integer of at");
    flag(&["--set", "model.dropout=2"], "`--set model.dropout=2`: option `model.dropout`: found 2");
    flag(&["--set", "model.depth=2"], "`--set model.depth=2`: unknown option `model.depth`");
    flag(
        &["--set", "model.cell=lstm"],
        "`--set model.cell=lstm`: option `model.cell`: found `lstm`; expected one",
    );
    flag(&["--set", "dropout"], "`--set dropout`: found `dropout`; expected SECTION.OPTION=VALUE");
    fails(root, &["train", "--data", "data", "--config", "none.toml"], "none.toml: cannot read: ");
    fails(
        root,
        &["train"],
        "no behaviours to train on; expected `--data PATH`, or `[source]` in a `--config` file",
    );
    assert!(!root.join("run").exists() && !root.join("runs").exists());
}

#[test]
fn bad_folders() {
    let root = workplace();
    let root = root.path();
    let train = |more: &[&str], message| {
        let arguments = ["train", "--config", "tiny.toml", "--json"];
        fails(root, &[&arguments[..], more].concat(), message);
    };
    train(
        &["--data", "nowhere"],
        "nowhere: no such folder; expected a folder with `interactions.csv` and `items.csv`",
    );
    train(
        &["--data", "data", "--out", "data"],
        "data: the folder is not empty; expected an empty or a new folder",
    );
    train(&["--data", "data", "--out", "tiny.toml/run"], "tiny.toml/run: cannot make the folder: ");
    fails(
        root,
        &["train", "--resume", "nowhere"],
        "nowhere: no run (there is no `config.toml`); expected the folder of a run",
    );
    fails(root, &["eval", "--run", "data", "--json"], "data: no run (there is no `config.toml`)");
    fails(root, &["describe", "--run", "nowhere"], "nowhere: no run");
    let resume = ["train", "--resume", "run", "--set", "optimizer.lr=0.1"];
    fails(root, &resume, "cannot be used with");
    fs::write(root.join("data/items.csv"), "item\n").unwrap();
    train(&["--data", "data"], "items.csv: a header alone; expected at least one line more");
    assert!(!root.join("runs").exists(), "no run is left behind where none could start");
}

#[test]
fn bad_model_file() {
    let root = workplace();
    let root = root.path();
    let arguments = ["train", "--data", "data", "--config", "tiny.toml", "--epochs", "1", "--out", "run"];
    assert!(dien(root, &arguments).status.success());
    let path = root.join("run/model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    fs::create_dir(root.join("trained")).unwrap();
    for file in fs::read_dir(root.join("data")).unwrap().map(|f| f.unwrap()) {
        fs::copy(file.path(), root.join("trained").join(file.file_name())).unwrap();
    }
    for command in ["eval", "describe"] {
        fails(root, &[command, "--run", "run"], "model.safetensors: no whole safetensors file");
    }
    fs::write(&path, bytes).unwrap();
    fs::write(root.join("trained/test_users.txt"), "nobody\n").unwrap();
    let arguments = ["eval", "--run", "run", "--data", "trained"];
    fails(root, &arguments, "warning: test_users.txt: ignored 1 user without behaviours");
    fails(root, &arguments, "trained: no targets in this split; expected users who are held out");
    fs::remove_file(root.join("run/vocab/item.txt")).unwrap();
    fails(root, &["train", "--resume", "run", "--epochs", "2"], "item.txt: cannot read");
}

#[test]
fn a_loss_that_is_not_finite_is_an_exit_code() {
    let root = workplace();
    let arguments =
        ["train", "--data", "data", "--config", "tiny.toml", "--lr", "1e30", "--out", "run", "--json"];
    fails(root.path(), &arguments, "step 2 (epoch 1, batch 2): the loss is not finite, first in the ");
    assert!(root.path().join("run/last.safetensors").exists());
}

/// Ctrl-C: the step is finished and saved, and the run resumed has the bits of one that was never stopped.
#[cfg(unix)]
#[test]
fn interrupted_and_resumed() {
    let root = workplace();
    let root = root.path();
    let long = ["train", "--data", "data", "--config", "tiny.toml", "--epochs", "60", "--patience", "60"];
    let whole = json(root, &[&long[..], &["--out", "whole", "--json"]].concat());

    let after = |line: &str| line.starts_with("epoch 2/60");
    let parts = [&long[..], &["--out", "parts", "--json"]].concat();
    let stdout = interrupted(root, &parts, after, "stopping after this step, then saving");
    let stopped: Value = serde_json::from_slice(&stdout).unwrap();
    assert_eq!((&stopped["end"], &stopped["test"]), (&"stopped".into(), &Value::Null));
    assert!(stopped["steps"].as_u64() < whole["steps"].as_u64());

    let resumed = json(root, &["train", "--resume", "parts", "--json", "--threads", "2"]);
    for key in ["end", "epochs", "steps", "best_epoch", "validation", "test"] {
        assert_eq!(resumed[key], whole[key], "{key}");
    }
    assert_same_bits(&root.join("whole"), &root.join("parts"));
    fails(
        root,
        &["train", "--resume", "parts", "--epochs", "1"],
        "option `train.epochs`: found 1; expected at least the 60 that the run has",
    );
    assert_same_bits(&root.join("whole"), &root.join("parts"));
    // There is nothing left to do, and it may be asked for.
    assert_eq!(json(root, &["train", "--resume", "parts", "--json"])["test"], whole["test"]);
}
