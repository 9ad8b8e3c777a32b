//! Who trains, who is held out, and what a target sees.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{log_with_items, user};
use dien_data::{
    AuxiliaryNegatives, DataOptions, EncodedLog, Event, IndexedBatches, Log, RealTarget, TargetKind,
    TargetNegatives, User,
};
use dien_serving::encoding::Vocabularies;

/// 30 users of 6 events over 20 items; every fifth tests.
fn log() -> Log {
    let mut log = log_with_items(20, 3);
    for u in 0..30 {
        let items: Vec<u32> = (0..6).map(|t| (u * 7 + t * t) % 20).collect();
        log.add_user(user(&format!("u{u}"), &items, u % 5 == 0, Some((items[5] + 1) % 20))).unwrap();
    }
    log
}

fn refused(log: Log, options: &DataOptions) -> String {
    EncodedLog::new(log, options).expect_err("an error").to_string()
}

/// Every (user, candidate, label), in order.
fn rows(batches: &IndexedBatches<'_>) -> Vec<(String, String, u8)> {
    let batch = |i| {
        let labels = batches.batch(i).targets.label;
        let ids: Vec<_> = batches.ids(i).map(|(u, c)| (u.to_string(), c.to_string())).collect();
        assert_eq!(ids.len(), labels.len());
        ids.into_iter().zip(labels).map(|((u, c), l)| (u, c, l as u8)).collect::<Vec<_>>()
    };
    (0..batches.len()).flat_map(batch).collect()
}

#[test]
fn the_three_kinds_of_users_are_apart() {
    let data = EncodedLog::new(log(), &DataOptions::default().with_valid_fraction(0.25)).unwrap();
    let set = |users: Vec<&str>| users.into_iter().map(str::to_string).collect::<BTreeSet<_>>();
    let parts = [
        set(data.training_users().collect()),
        set(data.validation_users().collect()),
        set(data.test_users().collect()),
    ];
    assert_eq!(parts.each_ref().map(BTreeSet::len), [18, 6, 6]);
    assert_eq!(parts[2], ["u0", "u10", "u15", "u20", "u25", "u5"].map(String::from).into());
    assert_eq!(parts.iter().flatten().collect::<BTreeSet<_>>().len(), 30);
    let seen = |batches: &IndexedBatches<'_>| rows(batches).into_iter().map(|r| r.0).collect::<BTreeSet<_>>();
    let found = [seen(&data.epoch(1, 0)), seen(&data.validation()), seen(&data.test())];
    assert_eq!(found, parts);
}

#[test]
fn the_split_hangs_on_its_seed_alone() {
    let held_out = |split_seed, targets| {
        let options = DataOptions::default().with_split_seed(split_seed).with_targets(targets);
        let data = EncodedLog::new(log(), &options).unwrap();
        data.validation_users().map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(held_out(1, TargetKind::Every), held_out(1, TargetKind::Last));
    assert_ne!(held_out(1, TargetKind::Every), held_out(2, TargetKind::Every));
}

#[test]
fn held_out_users_are_scored_on_their_last_behaviour() {
    for targets in [TargetKind::Every, TargetKind::Last] {
        let data = EncodedLog::new(log(), &DataOptions::default().with_targets(targets)).unwrap();
        for batches in [data.validation(), data.test()] {
            let mut expected = vec![];
            for (name, _, _) in rows(&batches).iter().step_by(2) {
                let u: u32 = name[1..].parse().unwrap();
                let last = (u * 7 + 25) % 20;
                expected.push((name.clone(), format!("i{last}"), 1));
                expected.push((name.clone(), format!("i{}", (last + 1) % 20), 0));
            }
            assert_eq!(rows(&batches), expected);
            let batch = batches.batch(0);
            assert_eq!(batch.histories.events(), 5 * batch.histories.len());
            assert_eq!(batch.targets.len(), 2 * batch.histories.len(), "both share a history");
            assert_eq!((batch.targets.start[0], batch.targets.end[1]), (0, 5));
            assert_eq!(batch.histories.negatives_per_event, 0);
        }
    }
}

#[test]
fn every_position_is_a_target_with_a_negative_drawn_anew() {
    let options = DataOptions::default().with_valid_fraction(0.0).with_first_target(4);
    let data = EncodedLog::new(log(), &options).unwrap();
    let epochs = [0, 1].map(|e| rows(&data.epoch(1, e)));
    let positives: Vec<BTreeMap<_, _>> = epochs
        .iter()
        .map(|rows| {
            rows.iter().filter(|r| r.2 == 1).fold(BTreeMap::new(), |mut n, r| {
                *n.entry(r.clone()).or_insert(0) += 1;
                n
            })
        })
        .collect();
    assert_eq!(positives[0], positives[1]);
    assert_eq!(positives[0].values().sum::<usize>(), 24 * 3);
    for u in (0..30).filter(|u| u % 5 != 0) {
        for t in 3..6 {
            assert!(positives[0].contains_key(&(format!("u{u}"), format!("i{}", (u * 7 + t * t) % 20), 1)));
        }
    }
    let negatives = |rows: &[(String, String, u8)]| {
        let mut all: Vec<_> = rows.iter().filter(|r| r.2 == 0).cloned().collect();
        all.sort();
        all
    };
    assert_ne!(negatives(&epochs[0]), negatives(&epochs[1]));
    assert!(epochs[0].chunks(2).all(|pair| pair[0].2 == 1 && pair[1].2 == 0 && pair[0].1 != pair[1].1));
}

#[test]
fn negatives_come_by_occurrence() {
    // Of 4 items, i0 makes 6 of 10 occurrences, i1 3, i2 1; i3 occurs with the test user alone.
    let mut log = log_with_items(4, 1);
    for u in 0..300 {
        log.add_user(user(&format!("u{u}"), &[0, 0, 0, 1, 0, 0, 2, 1, 1, 0], false, Some(3))).unwrap();
    }
    log.add_user(user("test", &[3, 3, 3, 0], true, Some(3))).unwrap();
    let options = DataOptions::default().with_targets(TargetKind::Last).with_valid_fraction(0.0);
    let data = EncodedLog::new(log, &options).unwrap();
    let mut counts = BTreeMap::new();
    for epoch in 0..20 {
        for row in rows(&data.epoch(7, epoch)).into_iter().filter(|r| r.2 == 0) {
            *counts.entry(row.1).or_insert(0.0) += 1.0 / 6000.0;
        }
    }
    // The positive is always i0: 3 to 1 remain.
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["i1", "i2"]);
    assert!((counts["i1"] - 0.75_f64).abs() < 0.03, "{counts:?}");
}

#[test]
fn hard_negatives_share_the_category_while_it_has_others() {
    // Items 0, 2, 4 are of one category; 1 is alone in its own.
    let mut log = log_with_items(5, 2);
    for u in 0..20 {
        let items = if u % 2 == 0 { [0, 2, 4] } else { [4, 2, 1] };
        log.add_user(user(&format!("u{u}"), &items, u == 0, Some(3))).unwrap();
    }
    let options =
        DataOptions::default().with_target_negatives(TargetNegatives::SameCategory).with_valid_fraction(0.0);
    let data = EncodedLog::new(log, &options).unwrap();
    for pair in rows(&data.epoch(1, 0)).chunks(2) {
        let expected: &[&str] = if pair[0].1 == "i4" { &["i0", "i2"] } else { &["i0", "i2", "i4"] };
        assert!(expected.contains(&pair[1].1.as_str()), "{pair:?}");
    }
    let mut bare = Log::new::<String>([]);
    bare.add_item(dien_data::Item { id: "a".into(), cells: vec![] }).unwrap();
    bare.add_item(dien_data::Item { id: "b".into(), cells: vec![] }).unwrap();
    bare.add_user(user("u", &[0, 1, 0], false, None)).unwrap();
    let options = options.with_behaviours(["item"]);
    let expected = "option `target_negatives`: found `same-category`, but the items have no column \
                    `category`; expected `popularity`";
    assert_eq!(refused(bare, &options), expected);
}

#[test]
fn test_users_leave_no_trace_in_training() {
    let options = DataOptions::default().with_min_count(2);
    let mut other = log_with_items(20, 3);
    for u in log().users() {
        let changed = if u.test { user(&u.id, &[3, 3, 3, 3, 9], true, u.negative) } else { u.clone() };
        other.add_user(changed).unwrap();
    }
    let (one, two) = (EncodedLog::new(log(), &options).unwrap(), EncodedLog::new(other, &options).unwrap());
    assert_eq!(one.vocabularies(), two.vocabularies());
    let batches = |data: &EncodedLog| {
        let epoch = data.epoch(3, 1);
        (0..epoch.len()).map(|i| epoch.batch(i)).collect::<Vec<_>>()
    };
    assert_eq!(batches(&one), batches(&two));
    assert_ne!(one.test().batch(0), two.test().batch(0));
}

#[test]
fn known_but_unseen_is_out_of_vocabulary_and_its_category_need_not_be() {
    let mut log = log_with_items(8, 2);
    for u in 0..10 {
        log.add_user(user(&format!("u{u}"), &[0, 1, 2, 3, 0], false, Some(1))).unwrap();
    }
    log.add_user(user("test", &[6, 0, 7], true, Some(5))).unwrap();
    let data = EncodedLog::new(log, &DataOptions::default()).unwrap();
    assert_eq!(data.vocabularies().get("item").unwrap().rows(), 5);
    assert_eq!(data.features().tables.iter().map(|t| t.num_embeddings).collect::<Vec<_>>(), [5, 3]);
    let batch = data.test().batch(0);
    let category = data.vocabularies().get("category").unwrap();
    assert_eq!(batch.targets.candidate, [vec![0, 0], vec![category.id("c1"), category.id("c1")]]);
    assert_eq!(batch.histories.ids[0], [0, data.vocabularies().get("item").unwrap().id("i0")]);
}

#[test]
fn real_labels_look_back_on_what_was_liked() {
    let mut log = log_with_items(6, 2);
    for (id, test) in [("train", false), ("other", false), ("test", true)] {
        let ratings = [Some(5.0), Some(2.0), None, Some(4.0), Some(3.5), Some(4.0)];
        let event = |(item, rating)| Event { item, time: 0, rating };
        let targets = [(2, 1, false), (4, 3, true), (6, 5, true)].map(|(position, item, label)| RealTarget {
            position,
            item,
            label,
        });
        let events = (0..).zip(ratings).map(event).collect();
        log.add_user(User { id: id.into(), events, test, negative: None, targets: targets.into() }).unwrap();
    }
    let options = DataOptions::default().with_targets(TargetKind::Real).with_valid_fraction(0.0);
    let data = EncodedLog::new(log, &options).unwrap();
    let batch = data.test().batch(0);
    let item = data.vocabularies().get("item").unwrap();
    let ids = |names: &[&str]| names.iter().map(|n| item.id(n)).collect::<Vec<_>>();
    assert_eq!(batch.histories.ids[0], ids(&["i0", "i3"]));
    assert_eq!(batch.targets.candidate[0], ids(&["i1", "i3", "i5"]));
    assert_eq!((&batch.targets.end[..], &batch.targets.label[..]), (&[1, 1, 2][..], &[0.0, 1.0, 1.0][..]));
    assert_eq!((data.epoch(1, 0).targets(), data.test().targets()), (6, 3), "nothing is drawn");
}

#[test]
fn own_negatives_come_from_the_history() {
    let mut log = log_with_items(20, 3);
    for u in 0..10 {
        let items = if u == 0 { [7; 6] } else { [u, u + 1, u, u + 1, u, u + 1] };
        log.add_user(user(&format!("u{u}"), &items, false, Some(19))).unwrap();
    }
    let options = DataOptions::default()
        .with_auxiliary_negatives(AuxiliaryNegatives::Own)
        .with_negatives_per_event(3)
        .with_valid_fraction(0.0);
    let data = EncodedLog::new(log, &options).unwrap();
    let batch = data.epoch(1, 0).batch(0);
    let h = &batch.histories;
    for bounds in h.offsets.windows(2) {
        let own = &h.ids[0][bounds[0] as usize..bounds[1] as usize];
        let alike = own.iter().all(|id| *id == own[0]);
        for event in bounds[0] as usize + 1..bounds[1] as usize {
            for negative in &h.negatives[0][event * 3..event * 3 + 3] {
                assert_ne!(*negative, h.ids[0][event]);
                assert!(alike || own.contains(negative));
            }
        }
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let mut one_item = log_with_items(2, 1);
    one_item.add_user(user("u", &[0, 0, 0], false, Some(1))).unwrap();
    let expected = "training behaviours: found one kind of item; \
                    expected at least two that the features tell apart, or no positive has a negative";
    assert_eq!(refused(one_item, &DataOptions::default()), expected);

    let mut short = log_with_items(2, 1);
    short.add_user(user("u", &[0, 1], false, Some(1))).unwrap();
    assert!(
        refused(short, &DataOptions::default()).starts_with("log: found no training target among its users")
    );

    let mut without = log_with_items(3, 1);
    without.add_user(user("u", &[0, 1, 2], false, None)).unwrap();
    without.add_user(user("test", &[0, 1, 2], true, None)).unwrap();
    let expected = "test user `test`: found no negative item; \
                    expected one to score the last behaviour against (negatives.csv)";
    assert_eq!(refused(without, &DataOptions::default()), expected);

    let mut same = log_with_items(3, 1);
    same.add_user(user("u", &[0, 1, 2], false, None)).unwrap();
    same.add_user(user("test", &[0, 1, 2], true, Some(2))).unwrap();
    let expected = "test user `test`: found the last behaviour's own item as its negative; \
                    expected another item (negatives.csv)";
    assert_eq!(refused(same, &DataOptions::default()), expected);

    let column = DataOptions::default().with_behaviours(["item", "brand"]);
    let expected = "option `behaviours`: found `brand`; expected a column of the items: `item`, `category`";
    assert_eq!(refused(log(), &column), expected);

    let real = DataOptions::default().with_targets(TargetKind::Real);
    let expected = "option `targets`: found `real`, but the log has no real targets (targets_real.csv); \
                    expected `every` or `last`, or a log with real labels";
    assert_eq!(refused(log(), &real), expected);
}

#[test]
fn a_log_refuses_what_does_not_fit() {
    let mut log = log_with_items(2, 1);
    let mut refuse = |user: User| log.add_user(user).expect_err("an error").to_string();
    let expected = "user `u`, event 2: found item 9; expected one of the log's 2 items";
    assert_eq!(refuse(user("u", &[0, 9], false, None)), expected);
    let expected = "user `u`, negative: found item 2; expected one of the log's 2 items";
    assert_eq!(refuse(user("u", &[0], false, Some(2))), expected);
    let mut backwards = user("u", &[0, 1], false, None);
    backwards.events[1].time = -1;
    assert_eq!(refuse(backwards), "user `u`, event 2: found time -1; expected 0 or later, as before it");
    let target = RealTarget { position: 1, item: 1, label: true };
    let wrong = User { targets: vec![target], ..user("u", &[0], false, None) };
    assert_eq!(refuse(wrong), "user `u`, target at position 1: found item 1; expected 0, that event's item");
    assert_eq!(refuse(user("", &[], false, None)), "user 1: found an empty id; expected a name");
    log.add_user(user("u", &[], false, None)).unwrap();
    let twice = log.add_user(user("u", &[], false, None)).unwrap_err().to_string();
    assert_eq!(twice, "user `u`: found the id a second time; expected each id once");
}

#[test]
fn a_model_meets_other_behaviours_with_its_own_vocabularies() {
    let options = DataOptions::default().with_sparse(["user"]);
    let trained = EncodedLog::new(log(), &options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    trained.vocabularies().save(&folder.path().join("vocab")).unwrap();
    let vocabularies = Vocabularies::load_names(&folder.path().join("vocab"), options.tables()).unwrap();
    assert_eq!(&vocabularies, trained.vocabularies());

    let mut other = log_with_items(30, 7);
    other.add_user(user("new", &[1, 25, 2, 3], true, Some(26))).unwrap();
    let data = EncodedLog::with_vocabularies(other, vocabularies, &options).unwrap();
    assert_eq!(data.features(), trained.features());
    assert!(data.epoch(1, 0).is_empty() && data.validation().is_empty());
    let batch = data.test().batch(0);
    batch.validate(trained.features()).unwrap();
    assert_eq!(batch.histories.ids[0][1], 0);
    assert_eq!(batch.targets.sparse, [[0, 0]]);

    let asked = options.with_pooled(["category"]).with_behaviours(["item"]);
    let lacking = EncodedLog::with_vocabularies(log(), Vocabularies::default(), &asked).unwrap_err();
    assert_eq!(lacking.to_string(), "vocabularies: found none; expected `item` among them");
    let missing = Vocabularies::load_names(folder.path(), asked.tables()).unwrap_err();
    assert_eq!(missing.kind(), dien_serving::ErrorKind::Io, "{missing}");
}
