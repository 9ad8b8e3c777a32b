//! Options of `[train]`.

use std::ops::Bound;

use dien_tensor::range::{Integers, Numbers};

use super::{Choice, Domain, OptionSpec};

const POSITIVE: Domain = Domain::Integer(Integers::at_least(1));

const CALIBRATIONS: &[Choice] = &[
    Choice::new("none", "logits are those of probabilities as they are"),
    Choice::new("platt", "σ(a x + b), for small validation sets"),
    Choice::new("isotonic", "a curve that ascends, for validation sets of some thousand clicks"),
];

/// A part of which something is left.
const KEPT: Domain = Domain::Number(Numbers { low: Bound::Excluded(0.0), high: Bound::Included(1.0) });

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("train.epochs", POSITIVE, "Passes over the training targets, at most.")
        .fixed("the search itself says how long trials train (`--first`, `--keep`, `--epochs`)"),
    OptionSpec::new(
        "train.seed",
        Domain::SEED,
        "Seeds the initial parameters, the shuffles, the negatives and dropout: the same seed gives the same \
         bits.",
    )
    .fixed("the best of several seeds had luck, and is no better an option"),
    OptionSpec::new(
        "train.monitor",
        Domain::Metric,
        "The validation metric by which the best epoch is chosen and training stops early. HR, NDCG, recall \
         and MRR look at the first K candidates of each group (user) as far as validation has them: few \
         sampled ones mislead.",
    ),
    OptionSpec::new(
        "train.patience",
        POSITIVE,
        "Training stops after so many epochs without a better `train.monitor`; without validation users it \
         never does.",
    ),
    OptionSpec::new(
        "train.ema_decay",
        Domain::Number(Numbers::BELOW_ONE),
        "The decay of an exponential moving average of the weights, which is then validated and saved; 0 for \
         none.",
    )
    .formerly(&["average"]),
    OptionSpec::new(
        "train.calibration",
        Domain::Choice(CALIBRATIONS),
        "How logits become those of probabilities that are right on average: fitted on what validates after \
         the last epoch, kept in the model file, applied by all that scores.",
    ),
    OptionSpec::new(
        "train.negative_sampling_rate",
        KEPT,
        "The share of the negatives that the log kept, if some were left out by chance: the odds of what is \
         scored are multiplied by it.",
    ),
];
