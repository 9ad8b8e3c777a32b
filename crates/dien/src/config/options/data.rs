//! Options of `[data]`.

use dien_data::ranges;
use dien_tensor::range::Integers;

use super::{Choice, Domain, OptionSpec, Scope};

const VALIDATION: &str = "it decides which targets validate, by which trials are compared";

const TARGETS: &[Choice] = &[
    Choice::new("every", "every behaviour from `data.first_target` on, with a drawn negative"),
    Choice::new("last", "each user's last behaviour, with a drawn negative"),
    Choice::new("real", "the real labels of `targets_real.csv`, in training and test"),
];

const TARGET_NEGATIVES: &[Choice] = &[
    Choice::new("popularity", "any training behaviour, so by how often an item occurs"),
    Choice::new("same-category", "those of the positive's category: hard negatives"),
];

const AUXILIARY_NEGATIVES: &[Choice] = &[
    Choice::new("popularity", "any training behaviour, so by how often an item occurs"),
    Choice::new("uniform", "the items of training behaviours, each alike"),
    Choice::new("own", "the user's own behaviours in the batch"),
];

const TIES: &[Choice] = &[
    Choice::new("hash", "by a hash of what they are, so that the file's order tells nothing"),
    Choice::new("file", "as in the file, where that is the true order"),
];

const REPEATS: &[Choice] = &[
    Choice::new("keep", "they stay"),
    Choice::new("merge-consecutive", "those that follow one another are one"),
    Choice::new("first", "the first of all stays"),
];

const ON_ERROR: &[Choice] = &[
    Choice::new("fail", "the command ends with an error that says what is wrong"),
    Choice::new("skip", "the row is counted and left out, or has no score"),
];

const fn count(key: &'static str, range: Integers, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, Domain::Integer(range), meaning)
}

const fn choice(key: &'static str, choices: &'static [Choice], meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, Domain::Choice(choices), meaning)
}

const fn columns(key: &'static str, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, Domain::Texts, meaning).of(Scope::Behaviours)
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    columns(
        "data.behaviours",
        "What an event consists of: `item`, and columns of the item table; one at least, each once.",
    ),
    columns(
        "data.pooled",
        "Columns whose cells list values between `|`; the candidate's are pooled, and so are an event's of \
         those among `behaviours`, of which the first is none. Each once.",
    ),
    columns("data.sparse", "Features of the user: `[\"user\"]`, or `[]` for none."),
    count("data.embedding_width", ranges::EMBEDDING_WIDTH, "Numbers in an embedding, of every table.")
        .of(Scope::Behaviours),
    count(
        "data.min_count",
        Integers::ANY,
        "What fewer behaviours of users who are not tested have is out of vocabulary.",
    )
    .of(Scope::Behaviours),
    choice("data.targets", TARGETS, "Which behaviours train.").of(Scope::Behaviours).fixed(VALIDATION),
    count(
        "data.first_target",
        ranges::FIRST_TARGET,
        "With `every` target, the first position that is one, counted from 1.",
    )
    .of(Scope::Behaviours),
    count(
        "data.max_history",
        ranges::MAX_HISTORY,
        "How many of the latest behaviours before it a target sees.",
    )
    .of(Scope::Behaviours),
    choice(
        "data.repeats",
        REPEATS,
        "What becomes of behaviours that a history has more than once; each is a target all the same.",
    )
    .of(Scope::Behaviours),
    OptionSpec::new(
        "data.valid_fraction",
        Domain::Number(ranges::VALID_FRACTION),
        "The share of the training users who validate.",
    )
    .of(Scope::Behaviours)
    .fixed(VALIDATION),
    OptionSpec::new(
        "data.split_seed",
        Domain::SEED,
        "Seeds the choice of the users who validate, and the order of behaviours of one time.",
    )
    .of(Scope::Behaviours)
    .fixed(VALIDATION),
    choice("data.ties", TIES, "The order of a user's behaviours of one time, of a folder.")
        .of(Scope::Behaviours)
        .fixed(VALIDATION),
    choice("data.target_negatives", TARGET_NEGATIVES, "What a training target's negative is drawn from.")
        .of(Scope::Behaviours),
    choice(
        "data.auxiliary_negatives",
        AUXILIARY_NEGATIVES,
        "What the auxiliary loss's negatives are drawn from.",
    ),
    count("data.negatives_per_event", Integers::ANY, "Auxiliary negatives of each event; 0 draws none."),
    count(
        "data.batch_size",
        ranges::BATCH_SIZE,
        "Targets per training batch; a positive and its negative are two.",
    ),
    count(
        "data.targets_per_history",
        Integers::ANY,
        "Targets of one history that may share it in a batch; 0 for all.",
    ),
    count(
        "data.bucket_batches",
        Integers::ANY,
        "Histories are sorted by length within so many batches; 0 and 1 sort nothing.",
    )
    .formerly(&["bucket"]),
    count("data.test_batch_size", ranges::BATCH_SIZE, "Targets per batch in validation and test."),
    count(
        "data.shuffle",
        Integers::ANY,
        "Rows that are held in memory and shuffled; 0 keeps the files' order.",
    )
    .of(Scope::Log),
    choice("data.on_error", ON_ERROR, "What becomes of a row with something wrong in it.")
        .of(Scope::Log)
        .fixed(VALIDATION),
];
