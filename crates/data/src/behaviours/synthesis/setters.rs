//! Options of a synthesis, one at a time.

use super::SyntheticConfig;
use crate::setters::setters;

setters! {
    SyntheticConfig {
        with_users: users = usize,
        with_categories: categories = usize,
        with_places: places = usize,
        with_items_per_place: items_per_place = usize,
        with_interests: interests = usize,
        with_min_length: min_length = usize,
        with_max_length: max_length = usize,
        with_stay: stay = f64,
        with_turn: turn = f64,
        with_noise: noise = f64,
        with_test_fraction: test_fraction = f64,
        with_seed: seed = u64,
    }
}
