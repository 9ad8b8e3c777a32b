//! What the options of a synthesis may be, each by itself.

use dien_model::range::{Integers, Numbers};

/// Of `users`.
pub const USERS: Integers = Integers::at_least(3);

/// Of `categories`.
pub const CATEGORIES: Integers = Integers::at_least(1);

/// Of `places`: on a ring of two, both directions lead to the same.
pub const PLACES: Integers = Integers::at_least(3);

/// Of `items_per_place`.
pub const ITEMS_PER_PLACE: Integers = Integers::at_least(1);

/// Of `interests`.
pub const INTERESTS: Integers = Integers::at_least(1);

/// Of `min_length` and `max_length`.
pub const LENGTH: Integers = Integers::at_least(2);

/// Of `stay`, `turn`, `noise` and `test_fraction`.
pub const SHARE: Numbers = Numbers::SHARE;
