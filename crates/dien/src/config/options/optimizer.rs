//! Options of `[optimizer]`.

use dien_optim::ranges;
use dien_tensor::range::{Integers, Numbers};

use super::{Choice, Domain, OptionSpec};

const SPARSE: &[Choice] = &[
    Choice::new("dense-exact", "they move as in Adam on the whole table, but late, when they are next read"),
    Choice::new("lazy", "they stand still, as in PyTorch's `SparseAdam`"),
];

const SCHEDULES: &[Choice] = &[
    Choice::new("constant", "always the full rate"),
    Choice::new("step-decay", "times `factor` after each `period` of steps"),
    Choice::new(
        "warmup-cosine",
        "a rise over `warmup` steps, then half a cosine down to `floor` at step `total`",
    ),
];

const fn option(key: &'static str, domain: Domain, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, domain, meaning)
}

const fn number(key: &'static str, range: Numbers, meaning: &'static str) -> OptionSpec {
    option(key, Domain::Number(range), meaning)
}

const fn count(key: &'static str, range: Integers, meaning: &'static str) -> OptionSpec {
    option(key, Domain::Integer(range), meaning)
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    number("optimizer.lr", ranges::LR, "The learning rate, which the schedule multiplies."),
    option(
        "optimizer.betas",
        Domain::Numbers(2, ranges::BETAS),
        "β₁ and β₂: how much of the moments a step keeps. `dense-exact` wants β₂ ≥ 0.9 and β₁ ≤ 0.995·√β₂.",
    ),
    number("optimizer.eps", ranges::EPS, "ε, added to √v̂."),
    number(
        "optimizer.weight_decay",
        ranges::WEIGHT_DECAY,
        "λ of AdamW: a step shrinks matrices and tables by the factor 1 − lr·λ, which is above 0.",
    ),
    number(
        "optimizer.clip_norm",
        ranges::CLIP_NORM,
        "Gradients whose global norm is larger are scaled down to it.",
    )
    .unset("gradients are not clipped"),
    option("optimizer.schedule.kind", Domain::Choice(SCHEDULES), "How the learning rate changes over time."),
    number("optimizer.schedule.factor", ranges::FACTOR, "Of `step-decay`: what the rate is multiplied with.")
        .unset("required by `step-decay`"),
    count("optimizer.schedule.period", ranges::PERIOD, "Of `step-decay`: steps in a period.")
        .unset("required by `step-decay`"),
    count("optimizer.schedule.warmup", Integers::ANY, "Of `warmup-cosine`: steps until the full rate.")
        .unset("required by `warmup-cosine`"),
    count(
        "optimizer.schedule.total",
        ranges::TOTAL,
        "Of `warmup-cosine`: steps until the floor, those of the warm-up included, and more than these.",
    )
    .unset("required by `warmup-cosine`"),
    number("optimizer.schedule.floor", ranges::FLOOR, "Of `warmup-cosine`: the last multiplier.").unset("0"),
    option(
        "optimizer.sparse",
        Domain::Choice(SPARSE),
        "What becomes of a table's rows in steps in which they have no gradient.",
    ),
];
