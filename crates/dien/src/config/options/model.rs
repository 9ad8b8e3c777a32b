//! Options of `[model]`.

use dien_model::config::ranges;
use dien_tensor::range::Numbers;

use super::{Choice, Domain, OptionSpec};

const KINDS: &[Choice] = &[
    Choice::new("base", "embedding, pooled history, MLP: the paper's BaseModel"),
    Choice::new("wide-deep", "Wide & Deep"),
    Choice::new("ipnn", "PNN with inner products"),
    Choice::new("opnn", "PNN with the outer product"),
    Choice::new("din", "Deep Interest Network"),
    Choice::new("gru-attention", "two GRU layers under an attention"),
    Choice::new("aigru", "DIEN with AIGRU and without the auxiliary loss"),
    Choice::new("agru", "DIEN with AGRU and without the auxiliary loss"),
    Choice::new("augru", "DIEN with AUGRU and without the auxiliary loss"),
    Choice::new("dien", "Deep Interest Evolution Network"),
];

const CELLS: &[Choice] = &[
    Choice::new("gru", "no attention"),
    Choice::new("aigru", "the attention scales the input"),
    Choice::new("agru", "the attention replaces the update gate"),
    Choice::new("augru", "the attention scales the update gate"),
    Choice::new("augru-official", "as the authors' code has it: the attention scales how much is kept"),
];

const ATTENTIONS: &[Choice] = &[
    Choice::new("unit", "DIN's activation unit, an MLP over [q, k, q − k, q ∘ k]"),
    Choice::new("bilinear", "the DIEN paper's hᵀ W e"),
];

const NORMS: &[Choice] = &[
    Choice::new("softmax", "over a history's events, as the paper has it"),
    Choice::new("sigmoid", "each event by itself, so that every step can be a whole one"),
];

const AUXILIARY: &[Choice] = &[
    Choice::new("inner-product", "(P h)·e, the paper's inner product for any widths"),
    Choice::new("mlp", "an MLP over [h, e], as the authors' code has it"),
];

const AUXILIARY_LOSSES: &[Choice] = &[
    Choice::new("paper", "cross-entropy of each event alone"),
    Choice::new("info-nce", "the true event among its negatives"),
];

const POOLING: &[Choice] = &[
    Choice::new("mean", "the mean of the events"),
    Choice::new("sum", "their sum, as the authors' code has it"),
];

const ACTIVATIONS: &[Choice] = &[
    Choice::new("dice", "the adaptive activation of the DIN paper"),
    Choice::new("prelu", "PReLU with one slope per unit"),
];

const fn option(key: &'static str, domain: Domain, meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, domain, meaning)
}

const fn choice(key: &'static str, choices: &'static [Choice], meaning: &'static str) -> OptionSpec {
    OptionSpec::new(key, Domain::Choice(choices), meaning)
}

const fn number(key: &'static str, range: Numbers, meaning: &'static str) -> OptionSpec {
    option(key, Domain::Number(range), meaning)
}

const fn layers(key: &'static str, count: Option<usize>, meaning: &'static str) -> OptionSpec {
    option(key, Domain::Integers { count, each: ranges::LAYERS }, meaning)
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    choice("model.kind", KINDS, "Which model."),
    option(
        "model.hidden",
        Domain::Integer(ranges::HIDDEN),
        "Units of the extractor and of the evolution cell.",
    ),
    choice("model.cell", CELLS, "The evolution cell of `dien`."),
    choice("model.attention", ATTENTIONS, "How an event is scored against the candidate.")
        .unset("`unit` in `din` and `gru-attention`, `bilinear` where interests evolve"),
    choice("model.attention_norm", NORMS, "What makes attention of the scores."),
    layers("model.attention_layers", Some(2), "Hidden layers of the activation unit."),
    number(
        "model.auxiliary_weight",
        ranges::AUXILIARY_WEIGHT,
        "α, the weight of the auxiliary loss; 0 leaves it out.",
    ),
    choice("model.auxiliary", AUXILIARY, "How the auxiliary loss scores a state against the next event."),
    choice("model.auxiliary_loss", AUXILIARY_LOSSES, "What the auxiliary loss asks of these scores."),
    layers("model.auxiliary_layers", Some(2), "Hidden layers of the auxiliary MLP."),
    choice("model.pooling", POOLING, "How the history is pooled for the head."),
    option(
        "model.pool_padding",
        Domain::Bool,
        "Whether what pads a batch's histories is pooled, too, as in the authors' code; a score then depends \
         on its batch.",
    ),
    layers("model.head_layers", None, "Hidden layers of the head."),
    choice("model.head_activation", ACTIVATIONS, "The head's activation."),
    option("model.head_norm", Domain::Bool, "Whether the head's input passes through batch normalisation."),
    number("model.dropout", ranges::DROPOUT, "The share of the head's inputs that are dropped in training."),
    number(
        "model.embedding_l2",
        ranges::EMBEDDING_L2,
        "λ/2 · Σ ‖row‖² over the embedding rows that a batch touches, divided by its targets, is added to \
         the loss.",
    )
    .formerly(&["l2_rows"]),
    number(
        "model.l2_by_frequency",
        ranges::L2_BY_FREQUENCY,
        "DIN's mini-batch-aware λ/2 · Σ ‖row‖²/n, n how often the row's id occurs in an epoch, is added.",
    ),
    number(
        "model.label_smoothing",
        ranges::LABEL_SMOOTHING,
        "ε: labels are trained as 1 − ε/2 and ε/2 instead of 1 and 0.",
    ),
    number("model.init.embedding", ranges::INIT_EMBEDDING, "Standard deviation of the initial embeddings."),
    number("model.init.prelu", ranges::INIT_SLOPE, "PReLU's initial slope."),
    number("model.init.dice", ranges::INIT_SLOPE, "Dice's initial slope."),
    number(
        "model.init.update_bias",
        ranges::INIT_UPDATE_BIAS,
        "Initial bias of the update gates: below 0 a cell keeps more of its state at first.",
    ),
    option(
        "model.custom.name",
        Domain::Text,
        "The name of a registered model of your own, in place of `kind`: letters, digits, `-` and `_`.",
    )
    .unset("the model is `kind`"),
    option("model.custom.options", Domain::Table, "What that model reads beside the options of every model.")
        .unset("none"),
];
