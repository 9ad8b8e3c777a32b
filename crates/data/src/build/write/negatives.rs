//! Negatives, drawn from what trains.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::behaviours::log::Log;
use crate::build::{SampleBuilder, Sampling};
use crate::error::DataError;
use crate::sample::draw;
use crate::sample::split::Split;
use crate::schema::Part;

/// Draws before a walk through the list ends the search.
const DRAWS: usize = 64;

/// The items that training behaviours hold.
pub(super) struct Negatives {
    pool: Vec<u32>,
}

impl Negatives {
    pub fn new(build: &SampleBuilder, log: &Log, split: &Split<'_>) -> Result<Self, DataError> {
        let mut pool = vec![];
        for user in log.users() {
            let share = build.share(split, user, Part::Training);
            pool.extend(user.events[share.events].iter().map(|e| e.item));
        }
        let mut distinct = pool.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if build.negatives > 0 && distinct.len() < 2 && log.impressions(0).is_none() {
            let found = format!("{} kinds of item", distinct.len());
            return Err(DataError::log(
                "training behaviours",
                found,
                "at least two, or no positive has a negative",
            ));
        }
        Ok(Negatives { pool: if build.sampling == Sampling::Uniform { distinct } else { pool } })
    }

    /// One that is none of `not`; none if all are.
    pub fn draw(&self, rng: &mut ChaCha8Rng, not: &[u32]) -> Option<u32> {
        // Of a `usize`, which are others than those of a `u64`: what was built before is built again.
        let place = |rng: &mut ChaCha8Rng, n| rng.random_range(0..n);
        draw::one_of(rng, &self.pool, DRAWS, place, |item| !not.contains(&item))
    }
}
