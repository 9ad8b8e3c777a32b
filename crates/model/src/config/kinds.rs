//! What there is to choose from.

use serde::{Deserialize, Serialize};

/// Which model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelKind {
    /// Deep Interest Evolution Network.
    #[default]
    Dien,
    /// DIEN with AUGRU and without the auxiliary loss.
    Augru,
    /// DIEN with AGRU and without the auxiliary loss.
    Agru,
    /// DIEN with AIGRU and without the auxiliary loss.
    Aigru,
    /// Two GRU layers under an attention.
    GruAttention,
    /// Deep Interest Network.
    Din,
    /// PNN with inner products.
    Ipnn,
    /// PNN with the outer product.
    Opnn,
    /// Wide & Deep.
    WideDeep,
    /// Embedding, pooled history, MLP: the paper's BaseModel.
    Base,
}

impl ModelKind {
    /// Every kind, as the paper lists them.
    pub const ALL: &[ModelKind] = &[
        ModelKind::Base,
        ModelKind::WideDeep,
        ModelKind::Ipnn,
        ModelKind::Opnn,
        ModelKind::Din,
        ModelKind::GruAttention,
        ModelKind::Aigru,
        ModelKind::Agru,
        ModelKind::Augru,
        ModelKind::Dien,
    ];

    /// Its name in a configuration, such as `wide-deep`.
    pub fn name(self) -> &'static str {
        match self {
            ModelKind::Dien => "dien",
            ModelKind::Augru => "augru",
            ModelKind::Agru => "agru",
            ModelKind::Aigru => "aigru",
            ModelKind::GruAttention => "gru-attention",
            ModelKind::Din => "din",
            ModelKind::Ipnn => "ipnn",
            ModelKind::Opnn => "opnn",
            ModelKind::WideDeep => "wide-deep",
            ModelKind::Base => "base",
        }
    }
}

impl std::str::FromStr for ModelKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = ModelKind::ALL.iter().find(|kind| kind.name() == name);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = ModelKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{name}`; expected one of {}", names.join(", "))
        })
    }
}

/// How an event is scored against the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttentionKind {
    /// DIN's local activation unit, an MLP over `[q, k, q − k, q ∘ k]`: what the official code has in DIEN,
    /// too.
    Unit,
    /// The DIEN paper's hᵀ W e.
    Bilinear,
}

/// How the auxiliary loss scores a state against the next event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuxiliaryKind {
    /// (P h)·e, with P from the state's width to the event's: the paper's inner product for any widths.
    #[default]
    InnerProduct,
    /// An MLP over `[h, e]`, as the authors' code has it.
    Mlp,
}

/// The head's activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HeadActivation {
    /// Dice, the adaptive activation of the DIN paper.
    #[default]
    Dice,
    /// PReLU with one slope per unit.
    Prelu,
}

/// How the history is pooled for the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PoolingKind {
    /// The mean of the window's events.
    #[default]
    Mean,
    /// Their sum, as the official code has it.
    Sum,
}
