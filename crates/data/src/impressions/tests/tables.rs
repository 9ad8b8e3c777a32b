//! Histories in a table of their own.

use std::fmt::Write as _;
use std::fs;

use super::{batches, content, failure, folder};
use crate::{DataOptions, EncodedLog, Event, Impressions, Item, Log, RealTarget, TargetKind, User};

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 18

[source]
histories = "histories.csv"
files = "targets.csv"

[columns]
item = { kind = "sparse", vocabulary = { file = "item.txt" } }
category = { kind = "sparse", vocabulary = { file = "category.txt" } }
label = { kind = "label" }
user = { kind = "group" }
history = { kind = "history" }
end = { kind = "end" }
seen_items = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "seen"
columns = ["seen_items", "seen_categories"]
max_history = 6
"#;

/// Users with real labels at several positions, all their behaviours liked.
fn log() -> Log {
    let mut log = Log::new(["category"]);
    for i in 0..30 {
        log.add_item(Item { id: format!("i{i}"), cells: vec![format!("c{}", i % 4)] }).unwrap();
    }
    for u in 0..40u32 {
        let n = 2 + u % 11;
        let events = (0..n).map(|t| Event { item: (u * 7 + t * t) % 30, time: t.into(), rating: Some(5.0) });
        let events: Vec<Event> = events.collect();
        let targets = (1..=n).filter(|position| (position + u) % 3 != 0 || *position == n).map(|position| {
            RealTarget { position, item: events[position as usize - 1].item, label: (position + u) % 2 == 0 }
        });
        let targets = targets.collect();
        log.add_user(User { id: format!("u{u}"), events, targets, ..User::default() }).unwrap();
    }
    log
}

/// The same as two tables.
fn tables(log: &Log) -> (String, String) {
    let mut histories = String::from("seen_items,seen_categories\n");
    let mut targets = String::from("history,end,user,item,category,label\n");
    let cells = |item: u32| (&log.items()[item as usize].id, &log.items()[item as usize].cells[0]);
    for (u, user) in log.users().iter().enumerate() {
        let list = |part: &dyn Fn(u32) -> String| {
            user.events.iter().map(|e| part(e.item)).collect::<Vec<_>>().join("|")
        };
        let (items, categories) = (list(&|i| cells(i).0.clone()), list(&|i| cells(i).1.clone()));
        writeln!(histories, "{items},{categories}").unwrap();
        for target in &user.targets {
            let ((item, category), label) = (cells(target.item), u8::from(target.label));
            writeln!(targets, "{u},{},{},{item},{category},{label}", target.position - 1, user.id).unwrap();
        }
    }
    (histories, targets)
}

#[test]
fn the_tables_give_the_batches_of_the_behaviours() {
    let log = log();
    let (histories, targets) = tables(&log);
    for targets_per_history in [0, 2] {
        let options = DataOptions::default()
            .with_targets(TargetKind::Real)
            .with_valid_fraction(0.0)
            .with_batch_size(16)
            .with_max_history(6)
            .with_targets_per_history(targets_per_history);
        let data = EncodedLog::new(log.clone(), &options).unwrap();
        let (folder, path) = folder(SCHEMA, &[("histories.csv", &histories), ("targets.csv", &targets)]);
        data.vocabularies().save(folder.path()).unwrap();
        let (impressions, _) = Impressions::open(&path, &options).unwrap();
        assert_eq!(impressions.vocabularies(), data.vocabularies());
        assert_eq!(impressions.features(), data.features());
        for epoch in 0..2 {
            let expected = data.epoch(5, epoch);
            let expected: Vec<_> = (0..expected.len()).map(|i| expected.batch(i)).collect();
            assert_eq!(batches(&impressions.epoch(5, epoch)), expected);
        }
        // A history that many look back on comes once a chunk, whatever the chunk's size.
        let small = options.with_shuffle(32);
        let (other, _) = Impressions::open(&path, &small).unwrap();
        assert_eq!(content(&batches(&other.epoch(5, 0))), content(&batches(&impressions.epoch(5, 0))));
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let (histories, targets) = tables(&log());
    let (folder, path) = folder(SCHEMA, &[("histories.csv", &histories), ("targets.csv", &targets)]);
    fs::write(folder.path().join("item.txt"), "i1\ni2\n").unwrap();
    fs::write(folder.path().join("category.txt"), "c1\n").unwrap();
    let options = DataOptions::default();
    assert!(Impressions::open(&path, &options).is_ok());
    let check = |name: &str, text: String, expected: &str| {
        let before = fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let found = failure(&path, &options);
        assert!(found.contains(expected), "{found}");
        fs::write(folder.path().join(name), before).unwrap();
    };
    let change = |from: &str, to: &str| targets.replacen(from, to, 1);
    check(
        "targets.csv",
        change("\n39,", "\n40,"),
        "`history`: found 40; expected a row of the histories' table",
    );
    check(
        "targets.csv",
        change("\n7,", "\n3,"),
        "`history`: found 3 after 6; expected rows in the order of their histories",
    );
    check(
        "targets.csv",
        change("\n0,", "\n-1,"),
        "line 2, `history`: found -1; expected an integer of at least 0",
    );
    let first = targets.lines().nth(1).unwrap();
    let far = first.replacen("0,0,", "0,90,", 1).replacen("0,1,", "0,90,", 1);
    check(
        "targets.csv",
        change(first, &far),
        "line 2, `end`: found 90; expected at most its history's events",
    );
    check("dataset.toml", SCHEMA.replace("histories = \"histories.csv\"\n", ""), "`source`: no `histories`");
    check(
        "dataset.toml",
        SCHEMA.replace("end = { kind = \"end\" }\n", ""),
        "1 of kind `history` and 0 of kind `end`",
    );
    let twice = SCHEMA.to_owned() + "[[behaviours]]\nname = \"bought\"\ncolumns = []\n";
    check("dataset.toml", twice, "`behaviours`: 2 sequences; expected one, where targets say");
    check("histories.csv", histories.replacen("c0", "c0|c1", 1), "lists of one length");
    let lines: Vec<&str> = histories.lines().take(20).collect();
    check("histories.csv", lines.join("\n"), "expected a row of the histories' table");
    let split = "split = { by = 'group', test = 0.5 }\n".to_owned() + SCHEMA;
    check("dataset.toml", split, "expected files of their own in `[validation]` and `[test]`");
}

#[test]
fn a_history_that_is_not_there_is_skipped_and_no_more() {
    let (histories, targets) = tables(&log());
    // Two files of histories, so that the search for one beyond the last leaves the first.
    let lines: Vec<&str> = histories.lines().collect();
    let halves = [lines[..21].join("\n"), [&lines[..1], &lines[21..]].concat().join("\n")];
    let far = targets.replacen("\n5,", "\n999,", 1);
    let schema =
        SCHEMA.replace("histories.csv", "h*.csv").replace(", vocabulary = { file = \"item.txt\" }", "");
    let schema = schema.replace(", vocabulary = { file = \"category.txt\" }", "");
    let (_folder, path) =
        folder(&schema, &[("h1.csv", &halves[0]), ("h2.csv", &halves[1]), ("targets.csv", &far)]);
    assert!(failure(&path, &DataOptions::default()).contains("`history`: found 999"));
    let skip = DataOptions::default().with_on_error(crate::OnError::Skip);
    let (_, skipped) = Impressions::open(&path, &skip).unwrap();
    assert!(skipped.rows >= 1);
}

#[test]
fn a_users_rows_are_read_up_to_their_end() {
    let histories = "seen_items,seen_categories\ni1|i2,c0|c1\ni1,c0\ni1,c0\n";
    let good = "history,end,user,item,category,label\n0,1,u0,i2,c0,1\n0,2,u0,i3,c1,0\n1,1,u1,i4,c0,1\n";
    // A row of the user's after those of another: not one that there is where rows stand by their histories.
    let beyond = "2,1,u0,i5,c0,no\n";
    let schema = SCHEMA.replace(", vocabulary = { file = \"item.txt\" }", "");
    let schema = schema.replace(", vocabulary = { file = \"category.txt\" }", "");
    let files = [("histories.csv", histories), ("targets.csv", &(good.to_owned() + beyond))];
    let (_folder, path) = folder(&schema, &files);
    let skip = DataOptions::default().with_on_error(crate::OnError::Skip);
    let (log, _) = Impressions::open(&path, &skip).unwrap();
    let request = log.user_request("u0", None, &[]).unwrap().expect("a row of u0");
    assert_eq!((request.history.len(), request.candidates.len()), (2, 1));
    assert_eq!(request.candidates[0].get("item"), Some(&"i3".into()));
    let of_first = log.user_request("u0", Some("i2"), &[]).unwrap().expect("a row of u0 with i2");
    assert_eq!(of_first.history.len(), 1);
    // What stands before is read, whoever it is of.
    assert!(log.user_request("u1", None, &[]).unwrap().is_some());
}
