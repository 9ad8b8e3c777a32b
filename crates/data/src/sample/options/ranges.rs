//! What the numeric options of the data may be.

use dien_model::range::{Integers, Numbers};

/// Of `embedding_width`.
pub const EMBEDDING_WIDTH: Integers = Integers::at_least(1);

/// Of `first_target`.
pub const FIRST_TARGET: Integers = Integers::at_least(1);

/// Of `max_history`.
pub const MAX_HISTORY: Integers = Integers::at_least(1);

/// Of `valid_fraction`.
pub const VALID_FRACTION: Numbers = Numbers::BELOW_ONE;

/// Of `batch_size` and `test_batch_size`: a positive and its negative.
pub const BATCH_SIZE: Integers = Integers::at_least(2);
