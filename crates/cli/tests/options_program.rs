//! `dien options`, and options under the names that they had before.

mod common;

use std::fs;
use std::path::Path;

use common::{assert_same_bits, dien, fails, json, stderr, stdout, workplace};
use dien::config::options;
use tempfile::tempdir;

#[test]
fn the_page_is_what_the_program_prints() {
    let root = tempdir().unwrap();
    let printed = stdout(&dien(root.path(), &["options", "--markdown"]));
    assert_eq!(printed, options::markdown());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/options.md");
    let page = fs::read_to_string(page).expect("docs/options.md");
    assert!(page == printed, "docs/options.md is not what `dien options --markdown` prints: write it anew");
}

#[test]
fn options_are_listed_by_section_and_by_name() {
    let root = tempdir().unwrap();
    let root = root.path();
    let print = |arguments: &[&str]| stdout(&dien(root, &[&["options"], arguments].concat()));
    let one = print(&["model.embedding_l2"]);
    for part in
        ["model.embedding_l2 · ", "default 0.0", "0.1 where data.targets is real", "once l2_rows", "λ/2"]
    {
        assert!(one.contains(part), "{part}: {one}");
    }
    let (all, section) = (print(&[]), print(&["optimizer"]));
    assert!(
        all.contains(&section) && all.contains(&one) && section.starts_with("optimizer.lr · "),
        "{section}"
    );
    let listed = json(root, &["options", "optimizer.schedule", "--json"]);
    let keys: Vec<&str> = listed.as_array().unwrap().iter().map(|o| o["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 6);
    assert_eq!((keys[0], &listed[0]["default"]), ("optimizer.schedule.kind", &"constant".into()));
    assert_eq!(listed[0]["choices"][1]["name"], "step-decay");
    fails(
        root,
        &["options", "model.dropuot"],
        "unknown option `model.dropuot`; did you mean `model.dropout`?",
    );
    let help = stdout(&dien(root, &["train", "--help"]));
    assert!(help.contains("Passes over the training targets, at most [`train.epochs`]"), "{help}");
    assert!(help.contains("- wide-deep:") && help.contains("- skip:"), "{help}");
}

#[test]
fn names_of_before_are_read_and_told() {
    let root = workplace();
    let root = root.path();
    let tiny = fs::read_to_string(root.join("tiny.toml")).unwrap();
    let write = |name: &str, [bucket, l2, ema]: [&str; 3]| {
        let text = tiny
            .replace("[data]", &format!("[data]\n{bucket} = 2"))
            .replace("[model]", &format!("[model]\n{l2} = 0.01"))
            .replace("[train]", &format!("[train]\n{ema} = 0.5"));
        fs::write(root.join(name), text).unwrap();
    };
    let (before, now) = (["bucket", "l2_rows", "average"], ["bucket_batches", "embedding_l2", "ema_decay"]);
    write("before.toml", before);
    write("now.toml", now);
    let train = |config: &str, out: &str| {
        dien(root, &["train", "--data", "data", "--config", config, "--epochs", "1", "--out", out])
    };
    let (old, new) = (train("before.toml", "old"), train("now.toml", "new"));
    assert!(old.status.success() && new.status.success(), "{old:?} {new:?}");
    assert_same_bits(&root.join("old"), &root.join("new"));
    let notes = |text: String| {
        text.lines().filter(|l| l.starts_with("note: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(notes(stderr(&new)), [""; 0]);
    let said = notes(stderr(&old));
    assert_eq!(said.len(), 3, "{said:?}");
    for (former, key) in [
        ("data.bucket", "data.bucket_batches"),
        ("model.l2_rows", "model.embedding_l2"),
        ("train.average", "train.ema_decay"),
    ] {
        let found = said.iter().find(|note| note.contains(&format!("`{former}`"))).expect(former);
        assert!(
            found.contains("before.toml, line ") && found.ends_with(&format!("is called `{key}` now")),
            "{found}"
        );
    }

    // A run of before, whose configuration has the names of then.
    let path = root.join("old/config.toml");
    let mut config = fs::read_to_string(&path).unwrap();
    for (now, before) in now.into_iter().zip(before) {
        assert!(config.contains(&format!("\n{now} = ")), "{config}");
        config = config.replace(&format!("\n{now} = "), &format!("\n{before} = "));
    }
    fs::write(&path, config).unwrap();
    let evaluated = dien(root, &["eval", "--run", "old", "--json"]);
    assert_eq!(
        stdout(&evaluated),
        stdout(&dien(root, &["eval", "--run", "new", "--json"])).replace("new", "old")
    );
    assert_eq!(notes(stderr(&evaluated)).len(), 3);
    for run in ["old", "new"] {
        let resumed = dien(root, &["train", "--resume", run, "--epochs", "2"]);
        assert!(resumed.status.success(), "{resumed:?}");
    }
    assert_same_bits(&root.join("old"), &root.join("new"));
    // Resumed, it has the names of now.
    assert_eq!(notes(stderr(&dien(root, &["eval", "--run", "old"]))), [""; 0]);
}
