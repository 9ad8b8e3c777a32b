//! Options of `[optimizer]`.

use std::ops::Bound;

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

const BETAS: Domain = Domain::Numbers(2, Bound::Included(0.0), Bound::Excluded(1.0));
const FACTOR: Domain = Domain::Number(Bound::Excluded(0.0), Bound::Included(1.0));

pub(super) const OPTIONS: &[OptionSpec] = &[
    option("optimizer.lr", Domain::POSITIVE, "The learning rate, which the schedule multiplies."),
    option(
        "optimizer.betas",
        BETAS,
        "β₁ and β₂: how much of the moments a step keeps. `dense-exact` wants β₂ ≥ 0.9 and β₁ ≤ 0.995·√β₂.",
    ),
    option("optimizer.eps", Domain::from(1e-30), "ε, added to √v̂."),
    option(
        "optimizer.weight_decay",
        Domain::from(0.0),
        "λ of AdamW: a step shrinks matrices and tables by the factor 1 − lr·λ, which is above 0.",
    ),
    option(
        "optimizer.clip_norm",
        Domain::POSITIVE,
        "Gradients whose global norm is larger are scaled down to it.",
    )
    .unset("gradients are not clipped"),
    option("optimizer.schedule.kind", Domain::Choice(SCHEDULES), "How the learning rate changes over time."),
    option("optimizer.schedule.factor", FACTOR, "Of `step-decay`: what the rate is multiplied with.")
        .unset("required by `step-decay`"),
    option("optimizer.schedule.period", Domain::at_least(1), "Of `step-decay`: steps in a period.")
        .unset("required by `step-decay`"),
    option(
        "optimizer.schedule.warmup",
        Domain::at_least(0),
        "Of `warmup-cosine`: steps until the full rate.",
    )
    .unset("required by `warmup-cosine`"),
    option(
        "optimizer.schedule.total",
        Domain::at_least(1),
        "Of `warmup-cosine`: steps until the floor, those of the warm-up included, and more than these.",
    )
    .unset("required by `warmup-cosine`"),
    option("optimizer.schedule.floor", Domain::SHARE, "Of `warmup-cosine`: the last multiplier.").unset("0"),
    option(
        "optimizer.sparse",
        Domain::Choice(SPARSE),
        "What becomes of a table's rows in steps in which they have no gradient.",
    ),
];
