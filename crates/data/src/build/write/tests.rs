use std::collections::HashSet;
use std::fs;
use std::path::Path;

use parquet::record::{ListAccessor, RowAccessor};
use proptest::prelude::*;

use crate::behaviours::log::Log;
use crate::build::{BuildReport, SampleBuilder, Sampling, TargetPolicy};
use crate::error::DataError;
use crate::schema::{Part, Split};
use crate::source::records;
use crate::{DataOptions, Event, Impressions, Item, User};

/// Users with these items and times; every third is a test user, if they are named.
fn log(users: &[Vec<(u32, i64)>], named: bool) -> Log {
    let mut log = Log::new(["category", "tags"]);
    log.declare_lists(&["tags"]).unwrap();
    for i in 0..12 {
        let cells = vec![format!("c{}", i % 3), format!("t{}|t{}", i % 2, i % 5)];
        log.add_item(Item { id: format!("i{i}"), cells }).unwrap();
    }
    for (u, events) in users.iter().enumerate() {
        let mut times: Vec<i64> = events.iter().map(|e| e.1).collect();
        times.sort_unstable();
        let events = events.iter().zip(times).map(|(&(item, _), time)| Event { item, time, rating: None });
        let test = named && u % 3 == 0;
        log.add_user(User { id: format!("u{u}"), events: events.collect(), test, ..User::default() })
            .unwrap();
    }
    log
}

/// A target, with the whole history of its row.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    history: i64,
    end: usize,
    label: u8,
    user: String,
    time: i64,
    item: String,
    seen: Vec<String>,
}

fn rows(folder: &Path) -> Vec<Row> {
    if !folder.exists() {
        return vec![];
    }
    let histories = records(&folder.join("histories.parquet"));
    let place = |name: &str| {
        let mut columns = histories[0].get_column_iter();
        columns.position(|(column, _)| column == name).unwrap()
    };
    let seen = place("seen_item");
    let targets = records(&folder.join("targets.parquet"));
    let names = ["history", "end", "label", "user", "time", "item"];
    let row = |row: &parquet::record::Row| {
        let columns: Vec<&String> = row.get_column_iter().map(|(name, _)| name).take(6).collect();
        assert_eq!(columns, names);
        let history = row.get_long(0).unwrap();
        Row {
            history,
            end: row.get_long(1).unwrap() as usize,
            label: row.get_ubyte(2).unwrap(),
            user: row.get_string(3).unwrap().clone(),
            time: row.get_long(4).unwrap(),
            item: row.get_string(5).unwrap().clone(),
            seen: {
                let list = histories[history as usize].get_list(seen).unwrap();
                (0..list.len()).map(|i| list.get_string(i).unwrap().clone()).collect()
            },
        }
    };
    targets.iter().map(row).collect()
}

fn build(build: &SampleBuilder, log: &Log) -> (tempfile::TempDir, Result<BuildReport, DataError>) {
    let root = tempfile::tempdir().unwrap();
    let built = build.write(log, &root.path().join("out"));
    (root, built)
}

fn parts(root: &tempfile::TempDir) -> [Vec<Row>; 3] {
    ["train", "validation", "test"].map(|part| rows(&root.path().join("out").join(part)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn nothing_held_out_reaches_training(
        users in prop::collection::vec(prop::collection::vec((0..12_u32, 0..40_i64), 0..12), 1..14),
        targets in prop_oneof![Just(TargetPolicy::Last), Just(TargetPolicy::Every)],
        sampling in prop_oneof![Just(Sampling::Popularity), Just(Sampling::Uniform)],
        by_time in any::<bool>(),
        named in any::<bool>(),
        exclude_history in any::<bool>(),
        min_history in 0..4_usize,
        negatives in 0..3_usize,
        cuts in (0..40_i64, 1..20_i64),
    ) {
        let log = log(&users, named);
        let split = if by_time {
            Split::Time { validation_from: Some(cuts.0.into()), test_from: Some((cuts.0 + cuts.1).into()) }
        } else {
            Split::Group { validation: 0.2, test: 0.3, seed: 1 }
        };
        let usual = SampleBuilder::default().with_seed(3);
        let what = SampleBuilder {
            targets,
            min_history,
            negatives,
            sampling,
            exclude_history,
            split,
            ..usual
        };
        let (root, built) = build(&what, &log);
        if built.is_err() {
            // Nothing to train on, on one kind of item alone, or to hold out: then there is nothing at all.
            prop_assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
            return Ok(());
        }
        let parts = parts(&root);
        let user = |row: &Row| log.users()[log.user(&row.user).unwrap() as usize].clone();
        let name = |item: u32| log.items()[item as usize].id.clone();
        let part_of = |user: &User, time: i64| what.split.part(&user.id, time);
        // Every positive is an event, and sees what came before it and nothing else of what its part may not.
        for (part, rows) in [Part::Training, Part::Validation, Part::Test].into_iter().zip(&parts) {
            for row in rows {
                let user = user(row);
                let event = user.events[row.end];
                prop_assert_eq!(event.time, row.time);
                prop_assert!(row.end >= min_history && row.end <= row.seen.len());
                prop_assert_eq!(row.label == 1, name(event.item) == row.item);
                let events: Vec<String> = user.events.iter().map(|e| name(e.item)).collect();
                prop_assert_eq!(&row.seen[..], &events[..row.seen.len()]);
                if exclude_history && row.label == 0 {
                    prop_assert!(!row.seen[..row.end].contains(&row.item));
                }
                prop_assert!(!user.test || part == Part::Test);
                if by_time {
                    prop_assert_eq!(part_of(&user, row.time), part);
                    let last = &user.events[row.seen.len().max(1) - 1];
                    let (_, test_from) = (cuts.0, cuts.0 + cuts.1);
                    prop_assert!(part != Part::Training || last.time < cuts.0);
                    prop_assert!(part != Part::Validation || last.time < test_from);
                } else if log.users().iter().any(|u| u.test) {
                    prop_assert_eq!(user.test, part == Part::Test);
                } else {
                    prop_assert_eq!(part_of(&user, 0), part);
                }
            }
        }
        // Negatives of every part, and all that trains, are of what trains.
        let mut trained = HashSet::new();
        for user in log.users() {
            let side = |time| match user.test { true => Part::Test, false => match part_of(user, time) {
                Part::Test if log.users().iter().any(|u| u.test) && !by_time => Part::Training,
                part => part,
            }};
            let events = user.events.iter().filter(|e| side(e.time) == Part::Training);
            trained.extend(events.map(|e| name(e.item)));
        }
        for row in parts.iter().flatten().filter(|row| row.label == 0) {
            prop_assert!(trained.contains(&row.item));
        }
        for row in &parts[0] {
            prop_assert!(row.seen.iter().chain([&row.item]).all(|item| trained.contains(item)));
        }
    }
}

#[test]
fn what_is_built_trains_by_its_schema() {
    let users: Vec<Vec<(u32, i64)>> =
        (0..60).map(|u| (0..4 + u % 6).map(|t| ((u * 5 + t * 3) % 12, i64::from(t))).collect()).collect();
    let log = log(&users, false);
    let (root, built) = build(&SampleBuilder::default(), &log);
    let built = built.unwrap();
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "nothing else is left");
    let folder = root.path().join("out");
    let options = DataOptions { batch_size: 32, ..DataOptions::default() };
    let (impressions, skipped) = Impressions::open(&folder.join("dataset.toml"), &options).unwrap();
    assert_eq!(skipped.rows, 0);
    let names: Vec<&str> = impressions.features().tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["item", "category", "tags"]);
    // An event's tags are a list, as the candidate's are.
    let bags: Vec<&str> = impressions.features().bags().map(|f| f.name.as_str()).collect();
    assert_eq!((bags, impressions.features().multi_hot.len()), (vec!["tags"], 0));
    let count = |part: &crate::Stream<'_>| {
        let (mut targets, mut histories) = (0, 0);
        part.for_each(0, |batch| {
            batch.validate(impressions.features()).unwrap();
            targets += batch.targets.len();
            histories += batch.histories.len();
            true
        })
        .unwrap();
        (targets, histories)
    };
    let (targets, histories) = count(&impressions.epoch(1, 0));
    assert_eq!(targets, built.training[1]);
    // Two rows a target, several targets a history.
    assert!(histories < targets / 3, "{histories} {targets}");
    assert_eq!(count(&impressions.validation()).0, built.validation[1]);
    assert_eq!(count(&impressions.test()).0, built.test[1]);
    let message = SampleBuilder::default().write(&log, &folder).unwrap_err().to_string();
    assert!(message.contains("a folder that is not empty"), "{message}");
}

#[test]
fn what_bars_are_in_a_cell_does_not_make_it_a_list() {
    let users: Vec<Vec<(u32, i64)>> = (0..6).map(|u| (0..5).map(|t| ((u + t) % 12, 0)).collect()).collect();
    let mut plain = Log::new(["brand"]);
    for i in 0..12 {
        let cells = vec![if i == 3 { "100% Cotton | Machine wash".into() } else { format!("b{i}") }];
        plain.add_item(Item { id: format!("i{i}"), cells }).unwrap();
    }
    for user in log(&users, false).users() {
        plain.add_user(user.clone()).unwrap();
    }
    let (root, built) = build(&SampleBuilder::default(), &plain);
    built.unwrap();
    let schema = fs::read_to_string(root.path().join("out/dataset.toml")).unwrap();
    assert!(schema.contains("candidate = [\"item\", \"brand\"]"), "{schema}");
    let message = plain.declare_lists(&["brands"]).unwrap_err().to_string();
    assert!(message.contains("`brands`; expected a column of the items: `brand`"), "{message}");
}

#[test]
fn targets_without_negatives_are_counted() {
    // Who did everything leaves nothing to draw from.
    let everything: Vec<(u32, i64)> = (0..12).map(|item| (item, i64::from(item))).collect();
    let log = log(&vec![everything; 8], false);
    let builder = SampleBuilder { exclude_history: true, ..SampleBuilder::default() };
    let (root, built) = build(&builder, &log);
    let built = built.unwrap();
    let positives: usize = parts(&root).iter().flatten().filter(|row| row.label == 1).count();
    // The last target of each user has all others before it.
    assert_eq!((positives, built.short_of_negatives), (80, 8), "{built:?}");
    let summary = fs::read_to_string(root.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["built"]["short_of_negatives"], 8);
    assert_eq!(summary["options"]["exclude_history"], true);
}

#[test]
fn a_cut_after_all_times_is_told() {
    let log = log(&[(0..6).map(|t| (t, i64::from(t))).collect()], false);
    let split = Split::Time { validation_from: None, test_from: Some(6.into()) };
    let (_root, found) = build(&SampleBuilder { split, ..SampleBuilder::default() }, &log);
    let found = found.unwrap_err().to_string();
    assert!(found.contains("a test from 6; expected at most 5, the last time there is"), "{found}");
    let split = Split::Time { validation_from: None, test_from: Some("2023-11-17".parse().unwrap()) };
    let (_root, found) = build(&SampleBuilder { split, ..SampleBuilder::default() }, &log);
    let found = found.unwrap_err().to_string();
    assert!(
        found.contains("a test from 2023-11-17T00:00:00Z; expected a number, as the times, up to 5,"),
        "{found}"
    );
}

#[test]
fn a_date_cuts_times_in_milliseconds() {
    let day = 86_400_000;
    let users: Vec<Vec<(u32, i64)>> = (0..6)
        .map(|u| (0..12).map(|t| ((u + t) % 12, 1_700_179_200_000 + day * (i64::from(t) - 8))).collect())
        .collect();
    let split = Split::Time {
        validation_from: Some("2023-11-16".parse().unwrap()),
        test_from: Some("2023-11-17T00:00:00.001Z".parse().unwrap()),
    };
    let (_root, built) = build(&SampleBuilder { split, ..SampleBuilder::default() }, &log(&users, false));
    let built = built.unwrap();
    // Of 12 days those from the third on are targets, each with a negative: 7 to 1, 16 and 17, 18 to 20.
    assert_eq!([built.training[1], built.validation[1], built.test[1]], [6 * 5 * 2, 6 * 2 * 2, 6 * 3 * 2]);
}

#[test]
fn a_builder_of_before_is_read() {
    let builder = SampleBuilder { targets: TargetPolicy::Last, ..SampleBuilder::default() };
    let text = serde_json::to_string(&builder).unwrap();
    for text in [text.replace("\"targets\"", "\"protocol\""), text] {
        assert_eq!(serde_json::from_str::<SampleBuilder>(&text).unwrap(), builder, "{text}");
    }
}

#[test]
fn what_cannot_be_built_is_told() {
    let (_root, found) = build(
        &SampleBuilder { min_history: 50, ..SampleBuilder::default() },
        &log(&[vec![(1, 1), (2, 2)]], false),
    );
    assert!(found.unwrap_err().to_string().contains("no training target"));
    let (_root, found) = build(&SampleBuilder::default(), &log(&[vec![(1, 1), (1, 2), (1, 3)]], false));
    assert!(found.unwrap_err().to_string().contains("found 1 kinds of item"));
    let mut clash = Log::new(["time"]);
    clash.add_item(Item { id: "a".into(), cells: vec!["x".into()] }).unwrap();
    let (_root, found) = build(&SampleBuilder::default(), &clash);
    assert!(found.unwrap_err().to_string().contains("a column `time`"));
}

#[test]
fn what_was_shown_is_a_target_that_looks_back_on_earlier_clicks() {
    // Users are shown items 0 to 8, one a second, and click those of even number.
    let rows =
        (0..40).flat_map(|u| (0..9).map(move |t| format!("u{u},i{},{t},{}\n", (u + t) % 12, (t + 1) % 2)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    fs::write(&path, format!("user,item,time,clk\n{}", rows.collect::<String>())).unwrap();
    let columns = "user,item,time".parse().unwrap();
    let mut events = crate::behaviours::presets::EventLog::new([path.to_string_lossy()], columns);
    events.label = Some("clk".into());
    let (log, _) = events.read(&crate::ReadOptions::default()).unwrap();
    let check = |split: Split, min_history: usize, part_of: &dyn Fn(&Row) -> Part| {
        let builder = SampleBuilder { split, min_history, ..SampleBuilder::default() };
        let (root, built) = build(&builder, &log);
        built.unwrap();
        let parts = parts(&root);
        let mut all = 0;
        for (part, rows) in [Part::Training, Part::Validation, Part::Test].into_iter().zip(&parts) {
            for row in rows {
                assert_eq!(part_of(row), part, "{row:?}");
                assert_eq!(i64::from(row.label), (row.time + 1) % 2, "{row:?}");
                // Clicks at times 0, 2, … before it.
                assert_eq!(row.end as i64, (row.time + 1) / 2, "{row:?}");
                let user: i64 = row.user[1..].parse().unwrap();
                let clicked = (0..row.end as i64).map(|click| format!("i{}", (user + 2 * click) % 12));
                assert_eq!(row.seen[..row.end], clicked.collect::<Vec<_>>(), "{row:?}");
                let last = rows.iter().filter(|other| other.history == row.history).map(|other| other.end);
                assert_eq!(row.seen.len(), last.max().unwrap(), "no click that no target looks back on");
                all += 1;
            }
        }
        all
    };
    let by_user = Split::Group { validation: 0.2, test: 0.3, seed: 1 };
    let side = by_user.clone();
    assert_eq!(check(by_user, 0, &|row| side.part(&row.user, 0)), 40 * 9);
    let by_time = Split::Time { validation_from: Some(5.into()), test_from: Some(7.into()) };
    let cut = by_time.clone();
    assert_eq!(check(by_time, 2, &|row| cut.part("", row.time)), 40 * 6);
}
