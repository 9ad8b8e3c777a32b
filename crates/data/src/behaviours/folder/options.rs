//! How behaviours are read.

use serde::{Deserialize, Serialize};

use crate::behaviours::ties::Ties;
use crate::setters::setters;

/// What of a log of behaviours is read, and in which order what happened at one time stands.
///
/// ```
/// use dien_data::{ReadOptions, Ties};
///
/// let options = ReadOptions::default().with_min_rating(4.0);
/// assert_eq!((options.min_rating, options.ties), (Some(4.0), Ties::Hash));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The order of a user's behaviours of one time.
    pub ties: Ties,
    /// The seed of that order.
    pub seed: u64,
    /// Behaviours that are rated lower, or not at all, are left out and counted.
    pub min_rating: Option<f32>,
    /// Which columns of the items list values; of a set that says so itself, in addition. Not said, such a
    /// column of a folder's `items.csv` is an error if a cell has a `|`.
    pub lists: Option<Vec<String>>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions { ties: Ties::Hash, seed: 2018, min_rating: None, lists: None }
    }
}

impl ReadOptions {
    /// The same with a [`min_rating`](Self#structfield.min_rating).
    #[must_use]
    pub fn with_min_rating(self, min_rating: f32) -> Self {
        ReadOptions { min_rating: Some(min_rating), ..self }
    }

    /// The same with these [`lists`](Self#structfield.lists).
    #[must_use]
    pub fn with_lists(self, lists: impl IntoIterator<Item = impl Into<String>>) -> Self {
        ReadOptions { lists: Some(lists.into_iter().map(Into::into).collect()), ..self }
    }
}

setters! {
    ReadOptions {
        with_ties: ties = Ties,
        with_seed: seed = u64,
    }
}
