//! Options of `[source]`.

use super::{Domain, OptionSpec};

const OTHER_DATA: &str = "trials on other data cannot be compared";

const fn option(key: &'static str, domain: Domain, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, domain, meaning).fixed(OTHER_DATA)
}

const fn count(key: &'static str, least: u64, meaning: &'static str) -> OptionSpec {
    option(key, Domain::at_least(least), meaning)
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    option(
        "source.folder",
        Domain::Path,
        "A folder of behaviours: `interactions.csv` and the files beside it.",
    )
    .unset("behaviours are synthetic"),
    option("source.schema", Domain::Path, "The `dataset.toml` of a log of impressions.")
        .unset("behaviours are synthetic"),
    count("source.synthetic.users", 3, "How many users are drawn."),
    count("source.synthetic.categories", 1, "How many categories there are; at least `interests`."),
    count("source.synthetic.places", 3, "Places on the ring of a category."),
    count("source.synthetic.items_per_place", 1, "Interchangeable items at a place."),
    count("source.synthetic.interests", 1, "Categories that a user follows."),
    count("source.synthetic.min_length", 2, "The shortest sequence of events."),
    count("source.synthetic.max_length", 2, "The longest one; lengths are uniform between the two."),
    option(
        "source.synthetic.stay",
        Domain::SHARE,
        "How likely the next event stays in the last one's category.",
    ),
    option("source.synthetic.turn", Domain::SHARE, "How likely an interest turns round before a step."),
    option("source.synthetic.noise", Domain::SHARE, "How likely an event is any item at all."),
    option("source.synthetic.test_fraction", Domain::SHARE, "The share of the users kept for the test."),
    option("source.synthetic.seed", Domain::SEED, "Seeds the behaviours."),
];
