//! What a model is made of.

use dien_cells::cell::CellKind;
/// What makes attention of scores: `softmax`, as the paper has it, or `sigmoid`.
pub use dien_cells::lanes::AttentionNorm;
/// What the auxiliary loss asks of the scores: `paper` or `info-nce`.
pub use dien_cells::lanes::auxiliary::Loss as AuxiliaryLoss;
use serde::{Deserialize, Serialize};

use crate::{ConfigError, CustomModel};

/// Which model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub const ALL: [ModelKind; 10] = [
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
        let found = ModelKind::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| {
            format!("`{name}`; expected one of {}", ModelKind::ALL.map(ModelKind::name).join(", "))
        })
    }
}

/// How an event is scored against the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
pub enum PoolingKind {
    /// The mean of the window's events.
    #[default]
    Mean,
    /// Their sum, as the official code has it.
    Sum,
}

/// A model's shape, regularisation and initial values. [`Default`] is the paper's DIEN, with dropout: small
/// data needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Which model.
    pub kind: ModelKind,
    /// Units of the extractor and of the evolution cell.
    pub hidden: usize,
    /// The evolution cell of `dien`.
    pub cell: CellKind,
    /// The attention; by default the paper's of the model: DIN's unit in `din` and `gru-attention`, the
    /// bilinear form where interests evolve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<AttentionKind>,
    /// What makes attention of its scores. A softmax leaves AGRU and AUGRU 1 to share among the events, so
    /// that a state moves little in each step of a long history; with `sigmoid` every step can be a whole
    /// one.
    pub attention_norm: AttentionNorm,
    /// Hidden layers of the activation unit (two).
    pub attention_layers: [usize; 2],
    /// α: the weight of the auxiliary loss; 0 leaves it out.
    pub auxiliary_weight: f64,
    /// The auxiliary score.
    pub auxiliary: AuxiliaryKind,
    /// The auxiliary loss: the paper's cross-entropy of each event alone, or InfoNCE, the true event among
    /// its negatives.
    pub auxiliary_loss: AuxiliaryLoss,
    /// Hidden layers of the auxiliary MLP (two).
    pub auxiliary_layers: [usize; 2],
    /// How the history is pooled for the head.
    pub pooling: PoolingKind,
    /// Whether what pads a batch's histories to one length is pooled, too, as events out of vocabulary: so it
    /// is in the official code. A target's score then depends on the batch it is in; a service's, which has
    /// no batch, has no padding.
    pub pool_padding: bool,
    /// Hidden layers of the head.
    pub head_layers: Vec<usize>,
    /// The head's activation.
    pub head_activation: HeadActivation,
    /// Whether the head's input passes through batch normalisation.
    pub head_norm: bool,
    /// The share of the head's inputs that are dropped in training.
    pub dropout: f64,
    /// λ: adds λ/2 · Σ ‖row‖² over the rows that a batch touches, divided by its targets, to the loss.
    /// Called `l2_rows` in configurations and model files before.
    #[serde(alias = "l2_rows")]
    pub embedding_l2: f64,
    /// λ of DIN's mini-batch-aware regularisation: adds λ/2 · Σ ‖row‖²/n over the rows that a batch touches,
    /// n being how often the row's id occurs in an epoch. A frequent row shrinks less with each batch.
    pub l2_by_frequency: f64,
    /// ε: labels are trained as 1 − ε/2 and ε/2 instead of 1 and 0.
    pub label_smoothing: f64,
    /// Initial values.
    pub init: InitConfig,
    /// A registered model of one's own in place of `kind`, which then says only by whose defaults its parts
    /// go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomModel>,
}

/// Initial values. Weights are drawn as PyTorch draws them: of layers uniformly within ±1/√inputs, of cells
/// within ±1/√hidden; biases are 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitConfig {
    /// Standard deviation of the embeddings (normal; row 0, out of vocabulary, starts at zero).
    pub embedding: f64,
    /// PReLU's slope.
    pub prelu: f64,
    /// Dice's slope.
    pub dice: f64,
    /// Bias of the update gates: below 0 a cell keeps more of its state at first (`augru-official`: less).
    pub update_bias: f64,
}

impl Default for InitConfig {
    fn default() -> Self {
        InitConfig { embedding: 0.05, prelu: 0.25, dice: 0.0, update_bias: 0.0 }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            kind: ModelKind::Dien,
            custom: None,
            hidden: 36,
            cell: CellKind::Augru,
            attention: None,
            attention_norm: AttentionNorm::Softmax,
            attention_layers: [80, 40],
            auxiliary_weight: 1.0,
            auxiliary: AuxiliaryKind::InnerProduct,
            auxiliary_loss: AuxiliaryLoss::Paper,
            auxiliary_layers: [100, 50],
            pooling: PoolingKind::Mean,
            pool_padding: false,
            head_layers: vec![200, 80],
            head_activation: HeadActivation::Dice,
            head_norm: true,
            dropout: 0.3,
            embedding_l2: 0.0,
            l2_by_frequency: 0.0,
            label_smoothing: 0.0,
            init: InitConfig::default(),
        }
    }
}

/// What a loss consists of beside the targets' cross-entropy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossWeights {
    /// α: the weight of the auxiliary loss.
    pub auxiliary: f64,
    /// λ: the weight of the squares of the touched rows.
    pub embedding_l2: f64,
    /// ε of label smoothing.
    pub label_smoothing: f64,
}

impl ModelConfig {
    /// The model's name: that of its kind, or of the registered model in its place.
    pub fn name(&self) -> &str {
        self.custom.as_ref().map_or(self.kind.name(), |custom| &custom.name)
    }

    /// The weights in the loss.
    pub fn loss_weights(&self) -> LossWeights {
        LossWeights {
            auxiliary: if self.learns_auxiliary() { self.auxiliary_weight } else { 0.0 },
            embedding_l2: self.embedding_l2,
            label_smoothing: self.label_smoothing,
        }
    }

    /// The evolution cell: the kind's own, or for `dien` the one that is configured.
    pub fn cell(&self) -> CellKind {
        match self.kind {
            ModelKind::Augru => CellKind::Augru,
            ModelKind::Agru => CellKind::Agru,
            ModelKind::Aigru => CellKind::Aigru,
            _ => self.cell,
        }
    }

    /// The attention: the configured one, or the paper's of the kind.
    pub fn attention(&self) -> AttentionKind {
        self.attention.unwrap_or(if self.evolves() { AttentionKind::Bilinear } else { AttentionKind::Unit })
    }

    /// Whether the model has an interest network: an extractor under an evolution.
    pub fn evolves(&self) -> bool {
        matches!(self.kind, ModelKind::Dien | ModelKind::Augru | ModelKind::Agru | ModelKind::Aigru)
    }

    /// Whether the model has an auxiliary score.
    pub fn has_auxiliary(&self) -> bool {
        self.kind == ModelKind::Dien
    }

    /// Whether the auxiliary loss is a part of what is minimised.
    pub fn learns_auxiliary(&self) -> bool {
        self.has_auxiliary() && self.auxiliary_weight > 0.0
    }

    /// Checks every option.
    ///
    /// # Errors
    /// Names the first impossible one.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let check =
            |ok: bool, option: &'static str, expected: &'static str, found: &dyn std::fmt::Debug| match ok {
                true => Ok(()),
                false => Err(ConfigError::new(option, expected, format!("{found:?}"))),
            };
        if let Some(custom) = &self.custom {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let is_name = !custom.name.is_empty() && custom.name.chars().all(plain);
            check(is_name, "custom.name", "letters, digits, `-` and `_`", &custom.name)?;
        }
        let positive = |layers: &[usize]| layers.iter().all(|&n| n > 0);
        check(self.hidden > 0, "hidden", "at least 1", &self.hidden)?;
        let layers = &self.attention_layers;
        check(positive(layers), "attention_layers", "sizes of at least 1", layers)?;
        let layers = &self.auxiliary_layers;
        check(positive(layers), "auxiliary_layers", "sizes of at least 1", layers)?;
        check(positive(&self.head_layers), "head_layers", "sizes of at least 1", &self.head_layers)?;
        let alpha = self.auxiliary_weight;
        check(alpha >= 0.0 && alpha.is_finite(), "auxiliary_weight", "a finite number from 0 up", &alpha)?;
        check((0.0..1.0).contains(&self.dropout), "dropout", "a number from 0 up to below 1", &self.dropout)?;
        let l2 = self.embedding_l2;
        check(l2 >= 0.0 && l2.is_finite(), "embedding_l2", "a finite number from 0 up", &l2)?;
        let l2 = self.l2_by_frequency;
        check(l2 >= 0.0 && l2.is_finite(), "l2_by_frequency", "a finite number from 0 up", &l2)?;
        let smoothing = self.label_smoothing;
        check(
            (0.0..1.0).contains(&smoothing),
            "label_smoothing",
            "a number from 0 up to below 1",
            &smoothing,
        )?;
        let init = &self.init;
        let finite = |x: f64| x.is_finite();
        check(
            init.embedding >= 0.0 && finite(init.embedding),
            "init.embedding",
            "0 or more",
            &init.embedding,
        )?;
        check(finite(init.prelu), "init.prelu", "a finite number", &init.prelu)?;
        check(finite(init.dice), "init.dice", "a finite number", &init.dice)?;
        check(finite(init.update_bias), "init.update_bias", "a finite number", &init.update_bias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_options_are_named() {
        assert_eq!(ModelConfig::default().validate(), Ok(()));
        let config = ModelConfig { dropout: 1.0, ..ModelConfig::default() };
        let message = config.validate().unwrap_err().to_string();
        assert_eq!(message, "model option `dropout`: expected a number from 0 up to below 1, found 1.0");
        let config = ModelConfig { head_layers: vec![80, 0], ..ModelConfig::default() };
        assert!(config.validate().unwrap_err().to_string().contains("`head_layers`"));
    }
}
