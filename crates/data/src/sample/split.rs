//! Who trains, validates and tests.

use std::collections::HashMap;

use dien_serving::encoding::{canonical, hash};
use rand::seq::SliceRandom;

use super::draw::{self, Use};
use super::options::{DataOptions, TargetKind};
use crate::behaviours::log::{Log, User};
use crate::schema::{self, Part, TimeCut};
use crate::time::Tick;

/// The share of the users who test, unless someone is named.
const TEST_SHARE: f64 = 0.1;

/// Who trains, validates and tests: users that are named, and everyone else by a rule.
#[derive(Clone, Debug)]
pub(crate) struct Split<'a> {
    named: HashMap<&'a str, Part>,
    rule: Rule<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Rule<'a> {
    /// All are of one part.
    All(Part),
    By(&'a schema::Split),
}

impl<'a> Split<'a> {
    /// Of rows that are of a part, unless a split holds some out of those that train.
    pub fn of_rows(split: Option<&'a schema::Split>, given: Part) -> Self {
        let rule = match (split, given) {
            (Some(split), Part::Training) => Rule::By(split),
            _ => Rule::All(given),
        };
        Split { named: HashMap::new(), rule }
    }

    /// Of a log of behaviours: those test whom it names, and a seeded share of the others that have a target
    /// validates.
    pub fn of_users(log: &'a Log, options: &DataOptions) -> Self {
        let mut named = tests(log);
        let may = |(_, user): &(u32, &User)| !user.test && options.has_target(user);
        let mut others: Vec<u32> = (0..).zip(log.users()).filter(may).map(|(place, _)| place).collect();
        if options.valid_fraction > 0.0 && others.len() > 1 {
            let wanted = (options.valid_fraction * others.len() as f64).round() as usize;
            others.shuffle(&mut draw::rng(Use::Split, options.split_seed, 0, 0));
            let valid = &others[others.len() - wanted.clamp(1, others.len() - 1)..];
            let id = |&place: &u32| (log.users()[place as usize].id.as_str(), Part::Validation);
            named.extend(valid.iter().map(id));
        }
        Split { named, rule: Rule::All(Part::Training) }
    }

    /// Of a log of behaviours by a schema's split: those test whom it names, and then none of the others that
    /// a split by group would have tested, who train.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub fn of_log(log: &'a Log, split: &'a schema::Split) -> Self {
        Split { named: tests(log), rule: Rule::By(split) }
    }

    /// Whom a row or a behaviour of a group's (a user's) belongs to, if what its time counts is known to
    /// those that cut by a date; `tick` is what its column says.
    pub fn part(&self, group: &str, time: i64, tick: impl Fn() -> Option<Tick>) -> Option<Part> {
        if let Some(&part) = self.named.get(group) {
            return Some(part);
        }
        match self.rule {
            Rule::All(part) => Some(part),
            Rule::By(split) => split.part_at(group, time, tick).map(|part| match (split, part) {
                (schema::Split::Group { .. }, Part::Test) if !self.named.is_empty() => Part::Training,
                _ => part,
            }),
        }
    }

    /// Whom all of a user's belongs to, where time plays no part.
    pub fn part_of(&self, user: &User) -> Part {
        self.part(&user.id, 0, || None).unwrap_or(Part::Training)
    }
}

/// The users that a log names to be tested on.
fn tests(log: &Log) -> HashMap<&str, Part> {
    log.users().iter().filter(|user| user.test).map(|user| (user.id.as_str(), Part::Test)).collect()
}

/// Names the users to be tested on, if nobody is: the tenth of those with two behaviours or more whose ids
/// have the least hashes, one at least. How many, and of how many.
pub(crate) fn name_test_users(users: &mut [User], seed: u64) -> Option<[usize; 2]> {
    if users.iter().any(|user| user.test) {
        return None;
    }
    let place = |user: &User| hash(seed, canonical(&user.id).as_bytes());
    let able = users.iter().enumerate().filter(|(_, user)| user.events.len() >= 2);
    let mut able: Vec<(u64, usize)> = able.map(|(i, user)| (place(user), i)).collect();
    able.sort_unstable();
    // Someone has to be left to train on.
    let test = ((able.len() as f64 * TEST_SHARE).round() as usize).max(1).min(able.len() / 2);
    able[..test].iter().for_each(|&(_, user)| users[user].test = true);
    Some([test, able.len()])
}

impl DataOptions {
    /// Whether a user has something to be learnt or tested.
    pub fn has_target(&self, user: &User) -> bool {
        match self.targets {
            TargetKind::Real => !user.targets.is_empty(),
            _ => user.events.len() >= 2,
        }
    }
}

impl schema::Split {
    fn part_at(&self, group: &str, time: i64, tick: impl Fn() -> Option<Tick>) -> Option<Part> {
        Some(match *self {
            schema::Split::Group { validation, test, seed } => {
                // 53 bits are as many as an f64 holds.
                let share = (hash(seed, group.as_bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
                if share < test {
                    Part::Test
                } else if share < test + validation {
                    Part::Validation
                } else {
                    Part::Training
                }
            }
            schema::Split::Time { validation_from, test_from } => {
                let from = |cut: Option<TimeCut>| cut.map_or(Some(false), |cut| cut.holds(time, &tick));
                match (from(test_from)?, from(validation_from)?) {
                    (true, _) => Part::Test,
                    (false, true) => Part::Validation,
                    (false, false) => Part::Training,
                }
            }
        })
    }

    /// Whom a row belongs to, by cuts in the unit of its time.
    pub(crate) fn part(&self, group: &str, time: i64) -> Part {
        self.part_at(group, time, || None).unwrap_or(Part::Training)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviours::log::{Event, User};

    #[test]
    fn groups_keep_their_side_and_shares_are_met() {
        let split = schema::Split::Group { validation: 0.2, test: 0.1, seed: 3 };
        let parts: Vec<Part> = (0..20_000).map(|i| split.part(&format!("user {i}"), i)).collect();
        let share = |part| parts.iter().filter(|&&p| p == part).count() as f64 / parts.len() as f64;
        assert!((share(Part::Test) - 0.1).abs() < 0.01 && (share(Part::Validation) - 0.2).abs() < 0.01);
        assert!((0..20_000).all(|i| split.part(&format!("user {i}"), -i) == parts[i as usize]));
        let other = schema::Split::Group { validation: 0.2, test: 0.1, seed: 4 };
        assert!((0..100).any(|i| other.part(&format!("user {i}"), i) != parts[i as usize]));
    }

    #[test]
    fn a_cut_in_time_belongs_to_what_comes_after() {
        let split = schema::Split::Time { validation_from: Some(10.into()), test_from: Some(20.into()) };
        let parts = [9, 10, 19, 20].map(|time| split.part("", time));
        assert_eq!(parts, [Part::Training, Part::Validation, Part::Validation, Part::Test]);
        assert!(
            !schema::Split::Time { validation_from: None, test_from: Some(1.into()) }.has(Part::Validation)
        );
    }

    #[test]
    fn who_is_named_tests_and_nobody_else_does_by_a_hash() {
        let mut log = Log::default();
        log.add_item(crate::behaviours::log::Item { id: "i".into(), cells: vec![] }).unwrap();
        for u in 0..200 {
            let events = vec![Event { item: 0, time: 0, rating: None }; 2];
            log.add_user(User { id: format!("u{u}"), events, test: u == 7, ..User::default() }).unwrap();
        }
        let rule = schema::Split::Group { validation: 0.2, test: 0.3, seed: 3 };
        let split = Split::of_log(&log, &rule);
        for user in log.users() {
            let expected = match rule.part(&user.id, 0) {
                _ if user.test => Part::Test,
                Part::Test => Part::Training,
                part => part,
            };
            assert_eq!(split.part_of(user), expected, "{}", user.id);
        }
        let drawn = Split::of_users(&log, &DataOptions::default());
        let parts: Vec<Part> = log.users().iter().map(|user| drawn.part_of(user)).collect();
        let count = |part| parts.iter().filter(|&&p| p == part).count();
        assert_eq!([Part::Training, Part::Validation, Part::Test].map(count), [179, 20, 1]);
        let rows = Split::of_rows(Some(&rule), Part::Validation);
        assert_eq!(rows.part_of(&log.users()[0]), Part::Validation, "a split is of what trains");
    }
}
