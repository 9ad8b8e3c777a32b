//! Options of `[schema]`.

use dien_data::ranges;
use dien_tensor::range::Integers;

use super::{Choice, Domain, OptionSpec, Scope};

const OWN: &str = "the schema's own counts";

/// What `repeats` may be of lists in rows.
const REPEATS: &[Choice] = &[
    Choice::new("keep", "they stay"),
    Choice::new("merge-consecutive", "those that follow one another are one"),
    Choice::new("first", "the first of all stays"),
    Choice::new("last", "the last of all stays; not of histories in a table of their own"),
];

const fn option(key: &'static str, domain: Domain, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, domain, meaning).of(Scope::Log).unset(OWN)
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    option(
        "schema.max_history",
        Domain::Integer(ranges::MAX_HISTORY),
        "How many of the latest behaviours a target sees, of every sequence of them.",
    ),
    option(
        "schema.repeats",
        Domain::Choice(REPEATS),
        "What becomes of behaviours that a history has more than once, of every sequence.",
    ),
    option(
        "schema.min_count",
        Domain::Integer(Integers::at_least(1)),
        "What comes less often in the rows that train is out of vocabulary, of every vocabulary that is \
         counted.",
    ),
    option(
        "schema.width",
        Domain::Integer(ranges::EMBEDDING_WIDTH),
        "Numbers in an embedding, of the columns that do not say a width themselves.",
    ),
];
