//! The program on a log of impressions, end to end.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::log::{OPTIONS, SCHEMA, day, workplace};
use common::{dien, fails, json, stderr, stdout, tiny};
use dien::prelude::*;
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn a_log_is_learnt_by_its_schema() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "log", "--config", "options.toml", "--json", "--out"];
    let trained = json(root, &[&train[..], &["run"]].concat());
    let auc = trained["test"]["auc"].as_f64().unwrap();
    assert!(auc > 0.8, "{trained}");
    assert!(trained["test"]["gauc"].is_f64() && trained["validation"]["auc"].is_f64());

    // From the model's file alone, and with the schema named.
    for data in [&[][..], &["--data", "log/dataset.toml"]] {
        let evaluated = json(root, &[&["eval", "--run", "run", "--json"], data].concat());
        assert_eq!(evaluated["auc"], trained["test"]["auc"]);
        assert_eq!(evaluated["samples"], trained["test"]["samples"]);
    }
    // The same bits on one thread, and after a stop.
    let again = json(root, &[&train[..], &["again", "--threads", "1", "--epochs", "2"]].concat());
    assert_eq!(again["end"], "finished");
    let resumed = json(root, &["train", "--resume", "again", "--epochs", "6", "--json"]);
    assert_eq!(resumed["test"]["auc"], trained["test"]["auc"]);
    let model = |run: &str| fs::read(root.join(run).join("last.safetensors")).unwrap();
    assert!(model("run") == model("again"));

    assert!(stdout(&dien(root, &["describe", "--run", "run"])).contains("hour"));
    // Options of every command stand before it as well as after.
    let before = stdout(&dien(root, &["--threads", "1", "--json", "eval", "--run", "run"]));
    assert_eq!(before, stdout(&dien(root, &["eval", "--run", "run", "--threads", "1", "--json"])));
    assert!(before.starts_with('{'), "{before}");
}

#[test]
fn a_candidate_is_ranked_by_its_features() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run"];
    assert!(dien(root, &train).status.success());
    let event = |i: u32| format!("{{\"item\": \"i{i}\", \"category\": \"c{}\"}}", i % 4);
    let request = format!(
        "{{\"history\": [{}, {}], \"context\": {{\"hour\": 7, \"price\": 2.5}}, \"candidates\": [{}, {}]}}",
        event(1),
        event(6),
        event(10),
        event(3)
    );
    let output = common::rank(&root.join("run"), &request);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{output:?}"));
    let score = |i: usize| answer["scores"][i].as_f64().unwrap();
    assert!(score(0) > 0.5 && score(1) < 0.5, "{answer}");
    assert_eq!(answer["unknown"], 0);
}

#[test]
fn a_row_with_something_wrong_stops_training_or_is_counted() {
    let root = workplace();
    let root = root.path();
    let path = root.join("log/day-2.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\n1,", "\n7,", 1)).unwrap();
    let train = ["train", "--data", "log", "--config", "options.toml", "--epochs", "1"];
    fails(root, &train, "day-2.csv, line ");
    fails(root, &train, "`clicked`: found 7; expected a number from 0 to 1");
    assert!(!root.join("runs").exists(), "no run is left behind where none could start");
    let output = dien(root, &[&train[..], &["--on-error", "skip"]].concat());
    assert!(output.status.success(), "{output:?}");
    let said = stderr(&output);
    assert!(said.contains("skipped 1 row") && said.contains("`clicked`: found 7"), "{said}");

    fails(root, &["train", "--data", "log/day-9.csv"], "day-9.csv: no such file");
    fs::write(root.join("log/dataset.toml"), SCHEMA.replace("kind = \"label\"", "kind = \"lable\"")).unwrap();
    fails(root, &train, "dataset.toml: line 14: unknown variant `lable`");
}

#[test]
fn rows_are_scored_in_their_order() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "log", "--config", "options.toml", "--epochs", "2", "--out", "run"];
    assert!(dien(root, &train).status.success());
    // Without labels, users or times: the features alone, and what tells the rows apart.
    let text = day(700, 3);
    let mut unlabelled = String::from("row,item,category,hour,price,seen_items,seen_categories\n");
    for (i, line) in text.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        writeln!(unlabelled, "r{i},{}", fields[2..].join(",")).unwrap();
    }
    fs::write(root.join("new.csv"), &unlabelled).unwrap();
    let predict = ["predict", "--run", "run", "--data", "new.csv", "--keep", "row,item"];
    let output = dien(root, &predict);
    assert!(output.status.success(), "{output:?}");
    let scores = stdout(&output);
    let lines: Vec<Vec<&str>> = scores.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(lines[0], ["row", "item", "score", "reason"]);
    assert_eq!(lines.len(), 701);
    for (i, (line, row)) in lines[1..].iter().zip(unlabelled.lines().skip(1)).enumerate() {
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!((line[0], line[1]), (format!("r{i}").as_str(), fields[1]));
    }
    // One row alone has the score that it has among the others.
    let mut rows = unlabelled.lines();
    let (header, row) = (rows.next().unwrap(), rows.nth(123).unwrap());
    fs::write(root.join("one.csv"), format!("{header}\n{row}\n")).unwrap();
    let alone = stdout(&dien(root, &["predict", "--run", "run", "--data", "one.csv"]));
    let score = |text: &str| text.parse::<f64>().unwrap();
    let alone = score(alone.lines().nth(1).unwrap().strip_suffix(',').unwrap());
    assert!((alone - score(lines[124][2])).abs() < 1e-6);

    // What the columns mean is the run's, whatever becomes of the schema's file.
    fs::write(
        root.join("log/dataset.toml"),
        SCHEMA.replace("max_history", "order = \"latest_first\"\nmax_history"),
    )
    .unwrap();
    assert_eq!(stdout(&dien(root, &predict)), scores);
    let other = ["predict", "--run", "run", "--data", "log/dataset.toml"];
    fails(root, &other, "log/dataset.toml: a schema that gives columns or behaviours another meaning");
    fails(root, &["train", "--resume", "run", "--epochs", "9"], "another meaning");
    fails(root, &["eval", "--run", "run"], "another meaning");
    fs::write(root.join("log/dataset.toml"), SCHEMA).unwrap();
    fails(root, &[&predict[..], &["--out", "scores.gz"]].concat(), "expected `.csv` or `.parquet`");
    fails(root, &[&predict[..], &["--keep", "nope"]].concat(), "no column `nope`");
    // One object on standard output, and nothing else.
    let told = json(root, &[&predict[..], &["--json"]].concat());
    assert_eq!((&told["rows"], &told["skipped"]), (&700.into(), &0.into()));
    let all = told["predictions"].as_array().unwrap();
    for (told, line) in all.iter().zip(&lines[1..]) {
        let fields = [told["row"].as_str().unwrap(), told["item"].as_str().unwrap()];
        assert_eq!(
            (&fields[..], told["score"].as_f64().unwrap() as f32),
            (&line[..2], line[2].parse().unwrap())
        );
        assert!(told["reason"].is_null() && told.as_object().unwrap().len() == 4, "{told}");
    }
    assert_eq!(all.len(), 700);
    // From the model's file alone.
    let alone = ["predict", "--model", "run/model.safetensors", "--data", "new.csv", "--keep", "row,item"];
    assert_eq!(stdout(&dien(root, &alone)), scores);

    // To a file, and what is wrong with a row.
    let to = ["--out", "scores.csv", "--json"];
    let told = json(root, &[&predict[..], &to].concat());
    assert_eq!((&told["rows"], &told["skipped"]), (&700.into(), &0.into()));
    assert_eq!(fs::read_to_string(root.join("scores.csv")).unwrap(), scores);
    let parquet = json(root, &[&predict[..], &["--out", "scores.parquet", "--json"]].concat());
    assert_eq!(parquet["rows"], 700);
    assert!(fs::read(root.join("scores.parquet")).unwrap().starts_with(b"PAR1"));
    fs::write(root.join("new.csv"), unlabelled.lines().next().unwrap()).unwrap();
    let none = json(root, &[&predict[..], &["--out", "none.parquet", "--json"]].concat());
    assert_eq!(none["rows"], 0);
    assert_eq!(stdout(&dien(root, &predict)), "row,item,score,reason\n");
    let strict = ["--on-error", "fail"];
    fs::write(root.join("new.csv"), unlabelled.replacen("r5,", "r5,x,", 1)).unwrap();
    fails(root, &[&predict[..], &strict, &["--out", "bad.csv"]].concat(), "new.csv");
    fails(root, &[&predict[..], &strict].concat(), "new.csv");
    let wrong = unlabelled.replacen(lines[7][1], "i1", 1);
    let price = wrong.lines().nth(7).unwrap().split(',').nth(4).unwrap().to_owned();
    let broken: Vec<String> = wrong
        .lines()
        .enumerate()
        .map(|(i, l)| if i == 7 { l.replacen(&format!(",{price},"), ",-9,", 1) } else { l.into() })
        .collect();
    fs::write(root.join("new.csv"), broken.join("\n")).unwrap();
    let wrong = "new.csv, line 8, `price`: found -9";
    fails(root, &[&predict[..], &strict, &["--out", "bad.csv"]].concat(), wrong);
    let names = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(names.filter(|n| n.contains("bad")).count() == 0, "nothing is left of what failed");
    let skipped = dien(root, &predict);
    assert!(stderr(&skipped).contains("no score for 1 rows"), "{skipped:?}");
    let kept = stdout(&skipped);
    let found: Vec<&str> = kept.lines().collect();
    assert!(
        found[7].starts_with("r6,") && found[7].contains(",,\"") && found[7].contains(wrong),
        "{}",
        found[7]
    );
    for (i, (found, before)) in found.iter().zip(scores.lines()).enumerate().filter(|(i, _)| *i != 7) {
        assert_eq!(*found, before, "{i}");
    }
    assert_eq!(found.len(), 701);
    let told = json(root, &[&predict[..], &["--json"]].concat());
    assert_eq!((&told["skipped"], &told["predictions"][6]["score"]), (&1.into(), &Value::Null));
    assert!(told["predictions"][6]["reason"].as_str().unwrap().contains(wrong), "{told}");
    let told = json(root, &[&predict[..], &["--out", "scores.parquet", "--json"]].concat());
    assert_eq!((&told["rows"], &told["skipped"]), (&700.into(), &1.into()));
}

#[test]
fn samples_are_built_of_behaviours() {
    let root = tempdir().unwrap();
    let root = root.path();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    synthesis.log().unwrap().write(&root.join("data")).unwrap();
    fs::write(root.join("options.toml"), OPTIONS.replace("epochs = 6", "epochs = 1")).unwrap();
    let built = json(root, &["data", "build", "data", "--out", "samples", "--negatives", "2", "--json"]);
    let [training, test] = ["training", "test"].map(|part| built[part][1].as_u64().unwrap());
    assert!(training > 100 && training % 3 == 0 && test > 0, "{built}");
    let train = ["train", "--data", "samples", "--config", "options.toml", "--json"];
    let trained = json(root, &train);
    assert_eq!(trained["test"]["samples"].as_u64(), Some(test));

    // Rows that look back on a table of histories are scored, too: as the test did.
    let schema = fs::read_to_string(root.join("samples/dataset.toml")).unwrap();
    let to_test = schema.replacen("train/", "test/", 2);
    fs::write(root.join("samples/new.toml"), to_test).unwrap();
    let run = trained["run"].as_str().unwrap();
    let predict = ["predict", "--run", run, "--data", "samples/new.toml", "--keep", "label"];
    let predicted = stdout(&dien(root, &predict));
    let rows = predicted.lines().skip(1).map(|line| line.strip_suffix(',').unwrap().split_once(',').unwrap());
    let number = |text: &str| text.parse::<f32>().unwrap();
    let (labels, scores): (Vec<f32>, Vec<f32>) = rows.map(|(a, b)| (number(a), number(b))).unzip();
    let found = Metrics::new(&scores, &labels, &vec![0; labels.len()]);
    let auc = trained["test"]["auc"].as_f64().unwrap();
    assert!((found.auc.unwrap() - auc).abs() < 1e-6 && labels.len() as u64 == test, "{found:?}");
    let files = ["predict", "--run", run, "--data", "samples/test/targets.parquet"];
    fails(root, &files, "a `dataset.toml` whose `[source]` names both");

    // Nobody named for the test, and no negatives: both are the command's to draw.
    for file in ["test_users.txt", "negatives.csv"] {
        fs::remove_file(root.join("data").join(file)).unwrap();
    }
    // By time, each user's last behaviour.
    let by_time = ["--targets", "last", "--validation-from", "5", "--test-from", "7"];
    let said = dien(root, &[&["data", "build", "data", "--out", "timed"], &by_time[..]].concat());
    assert!(stdout(&said).contains("train --data timed"), "{said:?}");
    fails(root, &["data", "build", "data", "--out", "samples"], "samples: a folder that is not empty");
    fails(root, &["data", "build", "nowhere", "--out", "x"], "nowhere: no such file or folder");
    fails(root, &["data", "build", "data", "--out", "x", "--min-history", "99"], "no training target");
    assert!(!root.join("x").exists());
}

#[cfg(unix)]
#[test]
fn what_is_interrupted_leaves_no_file() {
    let root = tempdir().unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dien"))
        .args(["data", "synth", "--out", "drawn", "--events", "9000000000"])
        .current_dir(root.path())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = || fs::read_dir(root.path().join("drawn")).is_ok_and(|mut files| files.next().is_some());
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = |name: &str| {
        std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap()
    };
    assert!(kill("-TERM").success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!begun());
}

#[test]
fn a_log_is_looked_at_and_drawn() {
    let root = workplace();
    let root = root.path();
    let proposed = stdout(&dien(root, &["data", "inspect", "log/day-*.csv"]));
    assert!(proposed.contains("seen_items") && proposed.contains("kind = \"sequence\""), "{proposed}");
    fails(root, &["data", "inspect", "nothing.csv"], "nothing.csv: no such file");
    let synth = ["data", "synth", "--out", "drawn", "--events", "20000", "--categories", "5"];
    let said = stdout(&dien(root, &synth));
    assert!(said.contains("train --data drawn/dataset.toml"), "{said}");
    let train = ["train", "--data", "drawn", "--config", "options.toml", "--epochs", "1", "--json"];
    assert!(json(root, &train)["test"]["samples"].as_u64().unwrap() > 10);
    fails(root, &synth, "drawn: `");
}

#[test]
fn a_new_day_trains_the_model_further() {
    let root = workplace();
    let root = root.path();
    let train = ["train", "--data", "log", "--config", "options.toml", "--out", "run"];
    assert!(dien(root, &train).status.success());
    // The next day has the same users' behaviours, and items that were never seen.
    let next = root.join("next");
    fs::create_dir(&next).unwrap();
    fs::write(next.join("dataset.toml"), SCHEMA).unwrap();
    fs::write(next.join("day-3.csv"), day(1500, 3).replace(",i7,", ",new,").replace("i9|", "i999|")).unwrap();
    let arguments = ["train", "--from", "run", "--data", "next", "--out"];
    let further = json(root, &[&arguments[..], &["further", "--epochs", "1", "--json"]].concat());
    // One epoch goes on where the other run was: a fresh one is far from that.
    let fresh = ["train", "--data", "next", "--config", "options.toml", "--epochs", "1", "--json"];
    let [further_loss, fresh_loss] =
        [&further, &json(root, &fresh)].map(|run| run["test"]["logloss"].as_f64().unwrap());
    assert!(further_loss < fresh_loss - 0.02, "{further_loss} against {fresh_loss}");
    // Old ids are what they were, and new ones come after them.
    let tokens = |run: &str| fs::read_to_string(root.join(run).join("vocab/item.txt")).unwrap();
    let (before, after) = (tokens("run"), tokens("further"));
    assert!(after.starts_with(&before) && after.lines().count() == before.lines().count() + 2);
    assert!(after.contains("new\n") && after.contains("i999\n"));
    // Steps go on too.
    let progress = stdout(&dien(root, &["describe", "--run", "further", "--json"]));
    assert!(progress.contains("parameter_count"), "{progress}");
    // The run that came of it can be stopped and resumed, and trained further, as any other.
    let resumed = json(root, &["train", "--resume", "further", "--epochs", "2", "--json"]);
    assert_eq!(resumed["end"], "finished");
    assert!(
        dien(
            root,
            &[&["train", "--from", "further", "--data", "log", "--epochs", "1", "--out"][..], &["third"]]
                .concat()
        )
        .status
        .success()
    );
    fails(
        root,
        &[&arguments[..], &["x", "--set", "model.hidden=9"]].concat(),
        "another model than the configuration's",
    );
    fails(root, &["train", "--from", "nowhere", "--data", "next"], "nowhere: no run");
    // It is said which parameters it goes on from, and that the best are others, where they are.
    let metrics = root.join("run/metrics.jsonl");
    let epochs = fs::read_to_string(&metrics).unwrap();
    let flag = |line: &str, is_best: bool| {
        let other = format!("\"is_best\":{}", !is_best);
        line.replace(&other, &format!("\"is_best\":{is_best}")) + "\n"
    };
    let count = epochs.lines().count();
    assert!(count > 1, "{epochs}");
    for (best, told) in [(count, ""), (1, "; its best epoch, in `model.safetensors`, is 1")] {
        let lines = epochs.lines().enumerate().map(|(i, line)| flag(line, i + 1 == best));
        fs::write(&metrics, lines.collect::<String>()).unwrap();
        let out = format!("after-{best}");
        let output = dien(root, &[&arguments[..], &[out.as_str(), "--epochs", "1"]].concat());
        let from = format!("from: run/last.safetensors, the latest parameters, of epoch {count}{told}\n");
        assert!(stderr(&output).contains(&from), "{output:?}");
    }
    assert!(!root.join("x").exists());
}
