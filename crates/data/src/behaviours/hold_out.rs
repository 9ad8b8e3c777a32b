//! Who tests, and against what, where a log does not say it.

use std::collections::HashSet;

use dien_serving::encoding::{canonical, hash};

use super::log::{Log, User};
use crate::sample::draw::{self, Use};
use crate::sample::split::name_test_users;

/// Draws before a walk through the items ends the search.
const DRAWS: usize = 64;

/// What a log does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub test_users: bool,
    pub negatives: bool,
}

impl Log {
    /// Names the test users, if that is wanted: the tenth of those with two behaviours or more whose ids have
    /// the least hashes, one at least. And gives everyone without a negative one, if that is: an item that
    /// they have nothing to do with, drawn by how often the others' training behaviours have it. What was
    /// done, a sentence each.
    ///
    /// Neither the order of users nor of items plays a part.
    pub(crate) fn hold_out(&mut self, wanted: Wanted, seed: u64) -> Vec<String> {
        let mut told = vec![];
        let (items, users) = self.parts_mut();
        if wanted.test_users
            && let Some([test, able]) = name_test_users(users, seed)
        {
            told.push(format!(
                "no test users are named: the last behaviours of {test} of {able} users, a tenth by a hash \
                 of their ids, test"
            ));
        }
        let lacks = |user: &User| user.negative.is_none() && user.events.len() >= 2;
        if !wanted.negatives || !users.iter().any(lacks) {
            return told;
        }
        let mut pool: Vec<u32> =
            users.iter().filter(|user| !user.test).flat_map(|user| &user.events).map(|e| e.item).collect();
        pool.sort_by(|a, b| items[*a as usize].id.cmp(&items[*b as usize].id));
        let mut given = 0;
        for user in users.iter_mut().filter(|user| lacks(user)) {
            let Some(last) = user.events.last() else { continue };
            let own: HashSet<u32> = user.events.iter().map(|event| event.item).collect();
            let mut rng = draw::rng(Use::HoldOut, seed, 0, hash(seed, canonical(&user.id).as_bytes()));
            let negative = draw::one_of(&mut rng, &pool, DRAWS, draw::place, |item| !own.contains(&item));
            // Who did everything has something else than the last.
            user.negative = negative
                .or_else(|| draw::one_of(&mut rng, &pool, DRAWS, draw::place, |item| item != last.item));
            given += usize::from(user.negative.is_some());
        }
        told.push(format!(
            "no negatives are given for {given} users: whoever is held out is scored on the last behaviour \
             against an item that the user has nothing to do with, drawn by how often it occurs in training"
        ));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviours::log::{Event, Item};

    const BOTH: Wanted = Wanted { test_users: true, negatives: true };

    fn log(users: impl Iterator<Item = u32>, items: impl Iterator<Item = u32>) -> Log {
        let mut log = Log::default();
        for i in items {
            log.add_item(Item { id: format!("i{i}"), cells: vec![] }).unwrap();
        }
        for u in users {
            let event = |t: u32| Event {
                item: log.item(&format!("i{}", (u * 7 + t * t) % 30)).unwrap(),
                time: t.into(),
                rating: None,
            };
            let events = (0..1 + u % 6).map(event).collect();
            log.add_user(User { id: format!("u{u}"), events, ..User::default() }).unwrap();
        }
        log
    }

    fn held_out(mut log: Log) -> Vec<(String, bool, Option<String>)> {
        let told = log.hold_out(BOTH, 1);
        assert_eq!(told.len(), 2);
        let name = |item: u32| log.items()[item as usize].id.clone();
        let mut users: Vec<_> =
            log.users().iter().map(|user| (user.id.clone(), user.test, user.negative.map(name))).collect();
        users.sort();
        users
    }

    #[test]
    fn a_tenth_tests_against_what_it_did_not_do_whatever_the_order() {
        let users = held_out(log(0..200, 0..30));
        assert_eq!(users, held_out(log((0..200).rev(), (0..30).rev())));
        let able = 200 - 200_usize.div_ceil(6);
        assert_eq!(users.iter().filter(|(_, test, _)| *test).count(), (able as f64 / 10.0).round() as usize);
        let log = log(0..200, 0..30);
        for (id, _, negative) in users {
            let user = &log.users()[log.user(&id).unwrap() as usize];
            if user.events.len() < 2 {
                assert_eq!(negative, None);
                continue;
            }
            let negative = log.item(&negative.unwrap()).unwrap();
            assert!(user.events.iter().all(|event| event.item != negative), "{id}");
        }
    }

    #[test]
    fn what_is_named_stays() {
        let mut log = log(0..20, 0..30);
        log.user_mut(5).test = true;
        log.user_mut(5).negative = Some(29);
        assert!(log.clone().hold_out(Wanted { test_users: true, negatives: false }, 1).is_empty());
        assert_eq!(log.hold_out(BOTH, 1).len(), 1);
        assert_eq!(log.users().iter().filter(|user| user.test).count(), 1);
        assert_eq!(log.users()[5].negative, Some(29));
        let mut full = log;
        assert!(full.hold_out(BOTH, 1).is_empty());
    }
}
