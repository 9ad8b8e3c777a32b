//! What holds for every log and all options.

use std::collections::HashMap;

use crate::support::{log_with_items, user};
use dien_data::{AuxiliaryNegatives, DataOptions, EncodedLog, Log, TargetKind, TargetNegatives};
use proptest::prelude::*;

const ITEMS: usize = 12;

fn logs() -> impl Strategy<Value = Log> {
    let one = (prop::collection::vec(0..ITEMS as u32, 0..16), prop::bool::weighted(0.2), 1..ITEMS as u32);
    prop::collection::vec(one, 1..24).prop_map(|users| {
        let mut log = log_with_items(ITEMS, 3);
        for (u, (items, test, shift)) in users.into_iter().enumerate() {
            let negative = items.last().map(|last| (last + shift) % ITEMS as u32);
            log.add_user(user(&format!("u{u}"), &items, test, negative)).unwrap();
        }
        log
    })
}

fn options() -> impl Strategy<Value = DataOptions> {
    let kinds = (
        prop::sample::select(vec![TargetKind::Every, TargetKind::Last]),
        prop::sample::select(vec![TargetNegatives::Popularity, TargetNegatives::SameCategory]),
        prop::sample::select(vec![
            AuxiliaryNegatives::Popularity,
            AuxiliaryNegatives::Uniform,
            AuxiliaryNegatives::Own,
        ]),
    );
    let sizes = (0..4_usize, 2..30_usize, 0..5_usize, 0..4_usize, 1..9_usize, 1..5_usize, 1..4_usize);
    (kinds, sizes, 0.0..0.6).prop_map(|(kinds, sizes, valid_fraction)| {
        DataOptions::default()
            .with_targets(kinds.0)
            .with_target_negatives(kinds.1)
            .with_auxiliary_negatives(kinds.2)
            .with_negatives_per_event(sizes.0)
            .with_batch_size(sizes.1)
            .with_test_batch_size(sizes.1)
            .with_targets_per_history(sizes.2)
            .with_bucket_batches(sizes.3)
            .with_max_history(sizes.4)
            .with_first_target(sizes.5)
            .with_min_count(sizes.6)
            .with_valid_fraction(valid_fraction)
            .with_sparse(["user"])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_are_what_they_should_be(log in logs(), options in options(), seed: u64, epoch in 0..3_u64) {
        let data = match EncodedLog::new(log.clone(), &options) {
            Ok(data) => data,
            Err(error) => {
                let message = error.to_string();
                let expected = ["one kind of item", "no training target"];
                prop_assert!(expected.iter().any(|e| message.contains(e)), "{message}");
                return Ok(());
            }
        };
        let item = data.vocabularies().get("item").unwrap();
        let category = data.vocabularies().get("category").unwrap();
        let ids = |place: u32| {
            let place = &log.items()[place as usize];
            [item.id(&place.id), category.id(&place.cells[0])]
        };
        let training = data.epoch(seed, epoch);
        let mut times_trained: HashMap<(u32, u32), usize> = HashMap::new();
        for (batches, drawn) in [(&training, true), (&data.validation(), false), (&data.test(), false)] {
            let mut total = 0;
            for i in 0..batches.len() {
                let batch = batches.batch(i);
                prop_assert_eq!(&batch, &batches.batch(i));
                prop_assert_eq!(batch.validate(data.features()), Ok(()));
                let (h, t) = (&batch.histories, &batch.targets);
                total += t.len();
                let full = if drawn { options.batch_size / 2 * 2 } else { options.test_batch_size };
                prop_assert!(t.len() <= full);
                let mut positions_of = vec![0; h.len()];
                for (target, (user, candidate)) in batches.ids(i).enumerate() {
                    let user = log.user(user).unwrap();
                    let candidate = log.item(candidate).unwrap();
                    prop_assert_eq!(t.group_id[target], user);
                    prop_assert_eq!([t.candidate[0][target], t.candidate[1][target]], ids(candidate));
                    let events = &log.users()[user as usize].events;
                    let history = t.history[target] as usize;
                    let begin = h.offsets[history] as usize;
                    let (start, end) = (t.start[target] as usize, t.end[target] as usize);
                    // Which event of the log the window ends before: the positive's place.
                    let positive = if t.label[target] == 1.0 { target } else { target - 1 };
                    let positive_item = log.item(batches.ids(i).nth(positive).unwrap().1).unwrap();
                    if t.label[target] == 0.0 {
                        prop_assert_eq!(t.label[positive], 1.0);
                        prop_assert_eq!(t.history[positive], t.history[target]);
                        prop_assert_eq!(t.end[positive], t.end[target]);
                        prop_assert_ne!(candidate, positive_item);
                        if drawn {
                            prop_assert_ne!(ids(candidate), ids(positive_item));
                        }
                    } else {
                        positions_of[history] += 1;
                    }
                    let window: Vec<[u32; 2]> =
                        (begin + start..begin + end).map(|e| [h.ids[0][e], h.ids[1][e]]).collect();
                    // Some place of the positive in the log must have just this window before it.
                    let before = |at: usize| {
                        let from = at.saturating_sub(options.max_history);
                        events[from..at].iter().map(|e| ids(e.item)).collect::<Vec<_>>()
                    };
                    let places: Vec<usize> = (0..events.len())
                        .filter(|&at| events[at].item == positive_item && before(at) == window)
                        .collect();
                    prop_assert!(!places.is_empty(), "a window that no position has");
                    if drawn && t.label[target] == 1.0 {
                        *times_trained.entry((user, positive_item)).or_default() += 1;
                    }
                }
                if drawn && options.targets_per_history > 0 {
                    prop_assert!(positions_of.iter().all(|&n| n <= options.targets_per_history));
                }
                let k = h.negatives_per_event;
                prop_assert_eq!(k, if drawn { options.negatives_per_event } else { 0 });
                for bounds in h.offsets.windows(2) {
                    for event in bounds[0] as usize + 1..bounds[1] as usize {
                        for n in event * k..event * k + k {
                            let negative = [h.negatives[0][n], h.negatives[1][n]];
                            prop_assert_ne!(negative, [h.ids[0][event], h.ids[1][event]]);
                        }
                    }
                }
            }
            prop_assert_eq!(total, batches.targets());
        }
        let mut expected: HashMap<(u32, u32), usize> = HashMap::new();
        for name in data.training_users() {
            let user = log.user(name).unwrap();
            let events = &log.users()[user as usize].events;
            let first = match options.targets {
                TargetKind::Last => events.len() - 1,
                _ => options.first_target - 1,
            };
            events[first..].iter().for_each(|e| *expected.entry((user, e.item)).or_default() += 1);
        }
        prop_assert_eq!(times_trained, expected);
    }

    #[test]
    fn nothing_but_seed_and_epoch_matters(log in logs(), options in options(), seed: u64) {
        let Ok(data) = EncodedLog::new(log.clone(), &options) else { return Ok(()) };
        let again = EncodedLog::new(log, &options).unwrap();
        let (one, two) = (data.epoch(seed, 1), again.epoch(seed, 1));
        // On other threads, and from the end.
        let forward: Vec<_> = (0..one.len()).map(|i| one.batch(i)).collect();
        let backward: Vec<_> = std::thread::scope(|scope| {
            let build = || (0..two.len()).rev().map(|i| two.batch(i)).collect::<Vec<_>>();
            scope.spawn(build).join().unwrap()
        });
        prop_assert!(forward.iter().eq(backward.iter().rev()));
    }
}
