//! Options of `[model]`.

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

const TWO: Domain = Domain::Sizes { count: Some(2) };

pub(super) const OPTIONS: &[OptionSpec] = &[
    choice("model.kind", KINDS, "Which model."),
    option("model.hidden", Domain::at_least(1), "Units of the extractor and of the evolution cell."),
    choice("model.cell", CELLS, "The evolution cell of `dien`."),
    choice("model.attention", ATTENTIONS, "How an event is scored against the candidate.")
        .unset("`unit` in `din` and `gru-attention`, `bilinear` where interests evolve"),
    choice("model.attention_norm", NORMS, "What makes attention of the scores."),
    option("model.attention_layers", TWO, "Hidden layers of the activation unit."),
    option(
        "model.auxiliary_weight",
        Domain::from(0.0),
        "α, the weight of the auxiliary loss; 0 leaves it out.",
    ),
    choice("model.auxiliary", AUXILIARY, "How the auxiliary loss scores a state against the next event."),
    choice("model.auxiliary_loss", AUXILIARY_LOSSES, "What the auxiliary loss asks of these scores."),
    option("model.auxiliary_layers", TWO, "Hidden layers of the auxiliary MLP."),
    choice("model.pooling", POOLING, "How the history is pooled for the head."),
    option(
        "model.pool_padding",
        Domain::Bool,
        "Whether what pads a batch's histories is pooled, too, as in the authors' code; a score then depends \
         on its batch.",
    ),
    option("model.head_layers", Domain::Sizes { count: None }, "Hidden layers of the head."),
    choice("model.head_activation", ACTIVATIONS, "The head's activation."),
    option("model.head_norm", Domain::Bool, "Whether the head's input passes through batch normalisation."),
    option(
        "model.dropout",
        Domain::BELOW_ONE,
        "The share of the head's inputs that are dropped in training.",
    ),
    option(
        "model.embedding_l2",
        Domain::from(0.0),
        "λ/2 · Σ ‖row‖² over the embedding rows that a batch touches, divided by its targets, is added to \
         the loss.",
    )
    .formerly(&["l2_rows"]),
    option(
        "model.l2_by_frequency",
        Domain::from(0.0),
        "DIN's mini-batch-aware λ/2 · Σ ‖row‖²/n, n how often the row's id occurs in an epoch, is added.",
    ),
    option(
        "model.label_smoothing",
        Domain::BELOW_ONE,
        "ε: labels are trained as 1 − ε/2 and ε/2 instead of 1 and 0.",
    ),
    option("model.init.embedding", Domain::from(0.0), "Standard deviation of the initial embeddings."),
    option("model.init.prelu", Domain::FINITE, "PReLU's initial slope."),
    option("model.init.dice", Domain::FINITE, "Dice's initial slope."),
    option(
        "model.init.update_bias",
        Domain::FINITE,
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
