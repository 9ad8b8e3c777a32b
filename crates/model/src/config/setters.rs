//! Options, one at a time.

use dien_cells::cell::CellKind;

use super::{
    AttentionKind, AttentionNorm, AuxiliaryKind, AuxiliaryLoss, HeadActivation, InitConfig, ModelConfig,
    ModelKind, PoolingKind,
};
use crate::CustomModel;

impl ModelConfig {
    /// The paper's model of this kind, with the defaults of all else.
    pub fn new(kind: ModelKind) -> Self {
        ModelConfig { kind, ..ModelConfig::default() }
    }

    /// The same with another [`kind`](Self#structfield.kind).
    #[must_use]
    pub fn with_kind(self, kind: ModelKind) -> Self {
        ModelConfig { kind, ..self }
    }

    /// The same with another [`hidden`](Self#structfield.hidden).
    #[must_use]
    pub fn with_hidden(self, hidden: usize) -> Self {
        ModelConfig { hidden, ..self }
    }

    /// The same with another [`cell`](Self#structfield.cell).
    #[must_use]
    pub fn with_cell(self, cell: CellKind) -> Self {
        ModelConfig { cell, ..self }
    }

    /// The same with another [`attention`](Self#structfield.attention).
    #[must_use]
    pub fn with_attention(self, attention: impl Into<Option<AttentionKind>>) -> Self {
        ModelConfig { attention: attention.into(), ..self }
    }

    /// The same with another [`attention_norm`](Self#structfield.attention_norm).
    #[must_use]
    pub fn with_attention_norm(self, attention_norm: AttentionNorm) -> Self {
        ModelConfig { attention_norm, ..self }
    }

    /// The same with another [`attention_layers`](Self#structfield.attention_layers).
    #[must_use]
    pub fn with_attention_layers(self, attention_layers: [usize; 2]) -> Self {
        ModelConfig { attention_layers, ..self }
    }

    /// The same with another [`auxiliary_weight`](Self#structfield.auxiliary_weight).
    #[must_use]
    pub fn with_auxiliary_weight(self, auxiliary_weight: f64) -> Self {
        ModelConfig { auxiliary_weight, ..self }
    }

    /// The same with another [`auxiliary`](Self#structfield.auxiliary).
    #[must_use]
    pub fn with_auxiliary(self, auxiliary: AuxiliaryKind) -> Self {
        ModelConfig { auxiliary, ..self }
    }

    /// The same with another [`auxiliary_loss`](Self#structfield.auxiliary_loss).
    #[must_use]
    pub fn with_auxiliary_loss(self, auxiliary_loss: AuxiliaryLoss) -> Self {
        ModelConfig { auxiliary_loss, ..self }
    }

    /// The same with another [`auxiliary_layers`](Self#structfield.auxiliary_layers).
    #[must_use]
    pub fn with_auxiliary_layers(self, auxiliary_layers: [usize; 2]) -> Self {
        ModelConfig { auxiliary_layers, ..self }
    }

    /// The same with another [`pooling`](Self#structfield.pooling).
    #[must_use]
    pub fn with_pooling(self, pooling: PoolingKind) -> Self {
        ModelConfig { pooling, ..self }
    }

    /// The same with another [`pool_padding`](Self#structfield.pool_padding).
    #[must_use]
    pub fn with_pool_padding(self, pool_padding: bool) -> Self {
        ModelConfig { pool_padding, ..self }
    }

    /// The same with another [`head_layers`](Self#structfield.head_layers).
    #[must_use]
    pub fn with_head_layers(self, head_layers: impl Into<Vec<usize>>) -> Self {
        ModelConfig { head_layers: head_layers.into(), ..self }
    }

    /// The same with another [`head_activation`](Self#structfield.head_activation).
    #[must_use]
    pub fn with_head_activation(self, head_activation: HeadActivation) -> Self {
        ModelConfig { head_activation, ..self }
    }

    /// The same with another [`head_norm`](Self#structfield.head_norm).
    #[must_use]
    pub fn with_head_norm(self, head_norm: bool) -> Self {
        ModelConfig { head_norm, ..self }
    }

    /// The same with another [`dropout`](Self#structfield.dropout).
    #[must_use]
    pub fn with_dropout(self, dropout: f64) -> Self {
        ModelConfig { dropout, ..self }
    }

    /// The same with another [`embedding_l2`](Self#structfield.embedding_l2).
    #[must_use]
    pub fn with_embedding_l2(self, embedding_l2: f64) -> Self {
        ModelConfig { embedding_l2, ..self }
    }

    /// The same with another [`l2_by_frequency`](Self#structfield.l2_by_frequency).
    #[must_use]
    pub fn with_l2_by_frequency(self, l2_by_frequency: f64) -> Self {
        ModelConfig { l2_by_frequency, ..self }
    }

    /// The same with another [`label_smoothing`](Self#structfield.label_smoothing).
    #[must_use]
    pub fn with_label_smoothing(self, label_smoothing: f64) -> Self {
        ModelConfig { label_smoothing, ..self }
    }

    /// The same with another [`init`](Self#structfield.init).
    #[must_use]
    pub fn with_init(self, init: InitConfig) -> Self {
        ModelConfig { init, ..self }
    }

    /// The same with another [`custom`](Self#structfield.custom).
    #[must_use]
    pub fn with_custom(self, custom: impl Into<Option<CustomModel>>) -> Self {
        ModelConfig { custom: custom.into(), ..self }
    }
}

impl InitConfig {
    /// The same with another [`embedding`](Self#structfield.embedding).
    #[must_use]
    pub fn with_embedding(self, embedding: f64) -> Self {
        InitConfig { embedding, ..self }
    }

    /// The same with another [`prelu`](Self#structfield.prelu).
    #[must_use]
    pub fn with_prelu(self, prelu: f64) -> Self {
        InitConfig { prelu, ..self }
    }

    /// The same with another [`dice`](Self#structfield.dice).
    #[must_use]
    pub fn with_dice(self, dice: f64) -> Self {
        InitConfig { dice, ..self }
    }

    /// The same with another [`update_bias`](Self#structfield.update_bias).
    #[must_use]
    pub fn with_update_bias(self, update_bias: f64) -> Self {
        InitConfig { update_bias, ..self }
    }
}
