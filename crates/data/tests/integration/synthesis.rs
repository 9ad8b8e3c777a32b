//! The synthetic behaviours hold what they promise: the trajectory tells, the bag of items does not.

use std::collections::HashMap;

use dien_data::{EncodedLog, Log, SyntheticConfig, read_folder};

/// The share of test users whose positive scores higher than their negative; ties count half. All negatives
/// being of the positive's category, this is the AUC by user.
fn accuracy(log: &Log, score: impl Fn(&[u32], u32) -> f64) -> f64 {
    let (mut won, mut all) = (0.0, 0.0);
    for user in log.users().iter().filter(|u| u.test) {
        let items: Vec<u32> = user.events.iter().map(|e| e.item).collect();
        let (last, history) = items.split_last().unwrap();
        let [positive, negative] = [*last, user.negative.unwrap()].map(|item| score(history, item));
        won += if positive == negative { 0.5 } else { f64::from(u8::from(positive > negative)) };
        all += 1.0;
    }
    won / all
}

#[test]
fn order_tells_what_a_bag_does_not() {
    let synthesis = SyntheticConfig::default();
    let log = synthesis.log().unwrap();
    let places = synthesis.places as i64;
    let place = |item: u32| i64::from(item) / synthesis.items_per_place as i64;
    let same_ring = |a: u32, b: u32| place(a) / places == place(b) / places;
    let apart = |a: u32, b: u32| (place(a) - place(b)).rem_euclid(places);

    // The trajectory: the last place in the candidate's category, and the direction of the step that led
    // there.
    let trajectory = |history: &[u32], candidate: u32| {
        let mut ring = history.iter().rev().filter(|&&item| same_ring(item, candidate));
        let (Some(&last), before) = (ring.next(), ring.next()) else { return 0.0 };
        let next = apart(candidate, last);
        let heads_on = before.is_none_or(|&before| apart(last, before) == next);
        match next {
            n if n == 1 || n == places - 1 => {
                if heads_on {
                    2.0
                } else {
                    1.0
                }
            }
            _ => 0.0,
        }
    };
    // Bags: how often the history was at a place relative to the candidate's.
    let bag = |distance: i64| {
        move |history: &[u32], candidate: u32| {
            let there = |item: &&u32| same_ring(**item, candidate) && apart(**item, candidate) == distance;
            history.iter().filter(there).count() as f64
        }
    };
    let trajectory = accuracy(&log, trajectory);
    let bags: Vec<f64> = (0..places).map(|d| accuracy(&log, bag(d))).collect();
    assert!(trajectory > 0.85, "{trajectory}");
    for auc in &bags {
        assert!((0.3..0.7).contains(auc), "{bags:?}");
    }
}

#[test]
fn negatives_are_other_items_of_the_category() {
    let synthesis = SyntheticConfig::default().with_users(500);
    let log = synthesis.log().unwrap();
    for user in log.users() {
        let (last, negative) = (user.events.last().unwrap().item, user.negative.unwrap());
        assert_ne!(last, negative);
        assert_eq!(log.items()[last as usize].cells, log.items()[negative as usize].cells);
        assert!((10..=40).contains(&user.events.len()));
    }
    assert_eq!(log.users().iter().filter(|u| u.test).count(), 100);
    let mut categories: HashMap<&str, usize> = HashMap::new();
    log.items().iter().for_each(|item| *categories.entry(&item.cells[0]).or_default() += 1);
    assert_eq!((categories.len(), categories["c1"]), (40, 32));
}

#[test]
fn the_seed_decides_and_the_log_trains() {
    let synthesis = SyntheticConfig::default().with_users(200);
    let log = synthesis.log().unwrap();
    assert_eq!(synthesis.log().unwrap().users(), log.users());
    assert_ne!(synthesis.clone().with_seed(2).log().unwrap().users(), log.users());

    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("synthetic");
    log.write(&folder).unwrap();
    let (back, warnings) = read_folder(&folder).unwrap();
    assert!(warnings.is_empty());
    assert_eq!((back.users(), back.items()), (log.users(), log.items()));

    let data = EncodedLog::new(log, &synthesis.options()).unwrap();
    let epoch = data.epoch(1, 0);
    (0..epoch.len()).for_each(|i| epoch.batch(i).validate(data.features()).unwrap());
    assert_eq!(data.test().targets(), 2 * 40);
}

#[test]
fn any_size_will_do_and_the_impossible_is_named() {
    let tiny = SyntheticConfig::default()
        .with_users(3)
        .with_categories(1)
        .with_interests(1)
        .with_items_per_place(1)
        .with_places(3)
        .with_min_length(2)
        .with_max_length(2);
    assert_eq!(tiny.log().unwrap().events(), 6);
    let message = |synthesis: SyntheticConfig| synthesis.log().unwrap_err().to_string();
    let interests = SyntheticConfig::default().with_interests(41);
    assert_eq!(message(interests), "synthesis, categories: found 40; expected an integer of at least 41");
    let stay = SyntheticConfig::default().with_stay(1.5);
    assert_eq!(message(stay), "synthesis, stay: found 1.5; expected a number from 0 to 1");
}
