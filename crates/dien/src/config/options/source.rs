//! Options of `[source]`.

use dien_data::ranges::synthetic as ranges;
use dien_tensor::range::Integers;

use super::{Choice, Domain, OptionSpec};

const OTHER_DATA: &str = "trials on other data cannot be compared";

const KINDS: &[Choice] = &[
    Choice::new("impressions", "what was shown, with a label and lists of what the user did before"),
    Choice::new("events", "what users did, or, with a label, what they were shown"),
];

const fn option(key: &'static str, domain: Domain, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, domain, meaning).fixed(OTHER_DATA)
}

const fn count(key: &'static str, range: Integers, meaning: &'static str) -> OptionSpec {
    option(key, Domain::Integer(range), meaning)
}

const SHARE: Domain = Domain::Number(ranges::SHARE);

pub(super) const OPTIONS: &[OptionSpec] = &[
    option(
        "source.folder",
        Domain::Path,
        "A folder of behaviours: `interactions.csv` and the files beside it.",
    )
    .unset("behaviours are synthetic"),
    option("source.schema", Domain::Path, "The `dataset.toml` of a log of impressions.")
        .unset("behaviours are synthetic"),
    option(
        "source.log.files",
        Domain::Path,
        "A log whose columns nobody has described: a file, a glob or a folder.",
    )
    .unset("behaviours are synthetic"),
    option("source.log.kind", Domain::Choice(KINDS), "What its rows are.").unset("it is inferred"),
    option("source.log.label", Domain::Text, "Its column with the label.").unset("it is inferred"),
    option("source.log.user", Domain::Text, "Its column with the user.").unset("it is inferred"),
    option("source.log.item", Domain::Text, "Its column with the item.").unset("it is inferred"),
    option("source.log.time", Domain::Text, "Its column with the time.").unset("it is inferred"),
    option(
        "source.log.schema",
        Domain::Text,
        "Of impressions, the text of the `dataset.toml` that describes them.",
    )
    .unset("it is inferred"),
    count("source.synthetic.users", ranges::USERS, "How many users are drawn."),
    count(
        "source.synthetic.categories",
        ranges::CATEGORIES,
        "How many categories there are; at least `interests`.",
    ),
    count("source.synthetic.places", ranges::PLACES, "Places on the ring of a category."),
    count("source.synthetic.items_per_place", ranges::ITEMS_PER_PLACE, "Interchangeable items at a place."),
    count("source.synthetic.interests", ranges::INTERESTS, "Categories that a user follows."),
    count("source.synthetic.min_length", ranges::LENGTH, "The shortest sequence of events."),
    count(
        "source.synthetic.max_length",
        ranges::LENGTH,
        "The longest one; lengths are uniform between the two.",
    ),
    option("source.synthetic.stay", SHARE, "How likely the next event stays in the last one's category."),
    option("source.synthetic.turn", SHARE, "How likely an interest turns round before a step."),
    option("source.synthetic.noise", SHARE, "How likely an event is any item at all."),
    option("source.synthetic.test_fraction", SHARE, "The share of the users kept for the test."),
    option("source.synthetic.seed", Domain::SEED, "Seeds the behaviours."),
];
