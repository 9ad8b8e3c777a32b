//! Behaviours with planted interests that evolve, so that the order of events matters.

#[cfg(feature = "parquet")]
mod impressions;
pub mod ranges;
mod setters;

use std::path::Path;

use dien_model::range::Integers;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::behaviours::log::{Event, Item, Log, User};
use crate::error::DataError;
use crate::sample::draw::{self, Use};
use crate::sample::options::{AuxiliaryNegatives, DataOptions, TargetNegatives};

/// What to synthesize.
///
/// A category is a ring of places, with a few interchangeable items at each. A user follows several
/// categories at once. In each of them they go along the ring in a direction of their own, one place a step,
/// and now and then turn round. The next event mostly stays in the category of the last one, else goes to
/// another of theirs; some are noise.
///
/// So the next item of a category continues the latest trajectory there: its place and direction follow from
/// the *order* of the last events in that category, among those of the others. Users go round their rings, so
/// the items of a history without their order tell little. Negatives are of the positive's own category, and
/// only the trajectory tells them apart: train with
/// [`TargetNegatives::SameCategory`](crate::TargetNegatives::SameCategory), which draws as the test does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SyntheticConfig {
    /// How many users.
    pub users: usize,
    /// How many categories.
    pub categories: usize,
    /// Places on the ring of a category.
    pub places: usize,
    /// Interchangeable items at a place.
    pub items_per_place: usize,
    /// Categories that a user follows.
    pub interests: usize,
    /// The shortest sequence.
    pub min_length: usize,
    /// The longest sequence; lengths are uniform.
    pub max_length: usize,
    /// How likely the next event stays in the last one's category.
    pub stay: f64,
    /// How likely a trajectory turns round before a step.
    pub turn: f64,
    /// How likely an event is any item at all.
    pub noise: f64,
    /// The share of users kept for the test.
    pub test_fraction: f64,
    /// The same seed gives the same log.
    pub seed: u64,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        SyntheticConfig {
            users: 6000,
            categories: 40,
            places: 8,
            items_per_place: 4,
            interests: 3,
            min_length: 10,
            max_length: 40,
            stay: 0.6,
            turn: 0.1,
            noise: 0.05,
            test_fraction: 0.2,
            seed: 1,
        }
    }
}

/// Where a user is on the ring of a category.
struct Trajectory {
    category: usize,
    place: usize,
    forward: bool,
}

impl SyntheticConfig {
    /// Draws the log. Items are numbered by category, then place; the column `category` is all that is said
    /// of them. Times count the user's events from 1.
    ///
    /// # Errors
    /// An impossible field.
    pub fn log(&self) -> Result<Log, DataError> {
        self.validate()?;
        let per_category = self.places * self.items_per_place;
        let mut log = Log::new(["category"]);
        for i in 0..self.items() {
            let cells = vec![format!("c{}", i / per_category + 1)];
            log.add_item(Item { id: format!("i{}", i + 1), cells })?;
        }
        let mut rng = draw::rng(Use::Synthesis, self.seed, 0, 0);
        let mut users: Vec<User> = (0..self.users).map(|u| self.user(u, &mut rng)).collect();
        let mut by_category = vec![vec![]; self.categories];
        for event in users.iter().flat_map(|u| &u.events) {
            by_category[event.item as usize / per_category].push(event.item);
        }
        for user in &mut users {
            let last = user.events[user.events.len() - 1].item;
            user.negative =
                Some(negative(&mut rng, &by_category[last as usize / per_category], last, per_category));
        }
        let mut order: Vec<usize> = (0..self.users).collect();
        order.shuffle(&mut rng);
        let test = (self.test_fraction * self.users as f64).round() as usize;
        order[..test].iter().for_each(|&u| users[u].test = true);
        for user in users {
            log.add_user(user)?;
        }
        Ok(log)
    }

    /// Writes `log.parquet` and its `dataset.toml` into a folder, new or empty: for each user the last event,
    /// clicked, and another item of its category, not clicked, each with the events before it. Users are
    /// drawn until the rows hold `events` of these; how many `users` there are does not count, and each is
    /// drawn by a seed of their own.
    ///
    /// # Errors
    /// An impossible field; the folder is not empty, or a file cannot be written. Then no file is left.
    pub fn write_impressions(&self, folder: &Path, events: u64) -> Result<(), DataError> {
        #[cfg(feature = "parquet")]
        return impressions::write(self, folder, events);
        #[cfg(not(feature = "parquet"))]
        {
            let _ = events;
            Err(DataError::not_built(folder, "Parquet", "parquet"))
        }
    }

    /// The options that suit the log: target negatives from the positive's category, as the test's are;
    /// auxiliary negatives from the user's own events, as the category alone would tell others apart.
    pub fn options(&self) -> DataOptions {
        DataOptions {
            target_negatives: TargetNegatives::SameCategory,
            auxiliary_negatives: AuxiliaryNegatives::Own,
            ..DataOptions::default()
        }
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.categories * self.places * self.items_per_place
    }

    fn user(&self, index: usize, rng: &mut ChaCha8Rng) -> User {
        let mut trajectories: Vec<Trajectory> = Vec::with_capacity(self.interests);
        while trajectories.len() < self.interests {
            let category = rng.random_range(0..self.categories);
            if trajectories.iter().all(|t| t.category != category) {
                trajectories.push(Trajectory {
                    category,
                    place: rng.random_range(0..self.places),
                    forward: rng.random(),
                });
            }
        }
        let length = rng.random_range(self.min_length..=self.max_length);
        let mut current = 0;
        let mut next = || {
            if !rng.random_bool(self.stay) {
                current = rng.random_range(0..self.interests);
            }
            if rng.random_bool(self.noise) {
                return rng.random_range(0..self.items()) as u32;
            }
            let trajectory = &mut trajectories[current];
            trajectory.forward ^= rng.random_bool(self.turn);
            let step = if trajectory.forward { 1 } else { self.places - 1 };
            trajectory.place = (trajectory.place + step) % self.places;
            let place = trajectory.category * self.places + trajectory.place;
            (place * self.items_per_place + rng.random_range(0..self.items_per_place)) as u32
        };
        let events = (1..=length as i64).map(|time| Event { item: next(), time, rating: None }).collect();
        User { id: format!("u{}", index + 1), events, ..User::default() }
    }

    fn validate(&self) -> Result<(), DataError> {
        let wrong = |what: &str, found: String, expected: String| {
            Err(DataError::log(format!("synthesis, {what}"), found, expected))
        };
        for (range, what, n) in [
            (ranges::USERS, "users", self.users),
            (ranges::PLACES, "places", self.places),
            (ranges::ITEMS_PER_PLACE, "items_per_place", self.items_per_place),
            (ranges::INTERESTS, "interests", self.interests),
            (Integers::at_least(self.interests as u64), "categories", self.categories),
            (ranges::LENGTH, "min_length", self.min_length),
            (Integers::at_least(self.min_length as u64), "max_length", self.max_length),
        ] {
            if !range.contains(n as u64) {
                return wrong(what, n.to_string(), range.to_string());
            }
        }
        for (what, p) in [
            ("stay", self.stay),
            ("turn", self.turn),
            ("noise", self.noise),
            ("test_fraction", self.test_fraction),
        ] {
            if !ranges::SHARE.contains(p) {
                return wrong(what, p.to_string(), ranges::SHARE.to_string());
            }
        }
        Ok(())
    }
}

/// Another item of the category: by occurrence, or any where it was the only one.
fn negative(rng: &mut ChaCha8Rng, occurrences: &[u32], positive: u32, per_category: usize) -> u32 {
    if occurrences.iter().any(|&item| item != positive) {
        loop {
            let item = occurrences[rng.random_range(0..occurrences.len())];
            if item != positive {
                return item;
            }
        }
    }
    let first = positive as usize / per_category * per_category;
    (first + (positive as usize - first + 1) % per_category) as u32
}
