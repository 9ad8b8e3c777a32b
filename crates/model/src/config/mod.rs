//! What a model is made of.

mod kinds;
pub mod ranges;
mod setters;
mod validate;

use dien_cells::cell::CellKind;
/// What makes attention of scores: `softmax`, as the paper has it, or `sigmoid`.
pub use dien_cells::lanes::AttentionNorm;
/// What the auxiliary loss asks of the scores: `paper` or `info-nce`.
pub use dien_cells::lanes::auxiliary::Loss as AuxiliaryLoss;
use serde::{Deserialize, Serialize};

pub use kinds::{AttentionKind, AuxiliaryKind, HeadActivation, ModelKind, PoolingKind};

use crate::CustomModel;

/// A model's shape, regularisation and initial values. [`Default`] is the paper's DIEN, with dropout: small
/// data needs it.
///
/// ```
/// use dien_model::{ModelConfig, ModelKind};
///
/// let config = ModelConfig::new(ModelKind::Din).with_hidden(64).with_dropout(0.1);
/// config.validate()?;
/// # Ok::<(), dien_model::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
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
    /// Called `l2_rows` in configurations and model files (formats 0 and 1) before.
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct LossWeights {
    /// α: the weight of the auxiliary loss.
    pub auxiliary: f64,
    /// λ: the weight of the squares of the touched rows.
    pub embedding_l2: f64,
    /// ε of label smoothing.
    pub label_smoothing: f64,
}

impl LossWeights {
    /// The same with another weight of the auxiliary loss, such as 0 for a model that has none.
    #[must_use]
    pub fn with_auxiliary(self, auxiliary: f64) -> Self {
        LossWeights { auxiliary, ..self }
    }
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

    /// The same model with none of its options left to a default that another version may have changed.
    #[must_use]
    pub fn resolved(&self) -> Self {
        self.clone().with_attention(self.attention()).with_cell(self.cell())
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
}
