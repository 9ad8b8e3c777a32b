//! What DIEN has beyond the baseline: extractor, attention, evolution, and the auxiliary product.

use dien_cells::serving::{ActivationUnit, Cell, Tiles};

use super::weights::{Weights, slice_columns, transpose};
use crate::CellKind;
use crate::config::{AttentionKind, AttentionNorm, AuxiliaryKind, ModelConfig};

/// The parameters between an event's embedding and the head.
#[derive(Debug)]
pub(super) struct Interests {
    pub hidden: usize,
    pub extractor: Cell<f32>,
    pub evolution: Cell<f32>,
    /// `None` where the cell takes none.
    pub attention: Option<Attention>,
    /// P by column, `[hidden, event width]`, of the auxiliary inner product, which is a feature of the head.
    pub project: Option<Vec<f32>>,
}

/// Attention, split where the candidate enters.
#[derive(Debug)]
pub(super) struct Attention {
    pub norm: AttentionNorm,
    /// From the candidate to the query, `[hidden, event width]`.
    pub query: Tiles<f32>,
    /// `None` for the bilinear form.
    pub unit: Option<Unit>,
}

/// What the activation unit has beyond the bilinear form.
#[derive(Debug)]
pub(super) struct Unit {
    /// The query's bias and its PReLU's slope.
    pub bias: Vec<f32>,
    pub alpha: Vec<f32>,
    /// W_q + W_d `[first, hidden]`, and the first layer's bias.
    pub of_query: Tiles<f32>,
    pub first_bias: Vec<f32>,
    /// W_k − W_d by column, `[hidden, first]`.
    pub of_key: Vec<f32>,
    pub pair: ActivationUnit<f32>,
}

impl Interests {
    #[track_caller]
    pub fn new(weights: &Weights<'_>, config: &ModelConfig, event_width: usize) -> Self {
        let n = config.hidden;
        let project =
            || transpose(weights.get("auxiliary.project.weight", &[event_width, n]), n, event_width);
        Interests {
            hidden: n,
            extractor: weights.cell("extractor.gru", CellKind::Gru, event_width, n),
            evolution: weights.cell("evolution", config.cell(), n, n),
            attention: config.cell().takes_attention().then(|| Attention::new(weights, config, event_width)),
            project: (config.has_auxiliary() && config.auxiliary == AuxiliaryKind::InnerProduct)
                .then(project),
        }
    }

    /// The units of the attention's first layer; 0 without one.
    pub fn first(&self) -> usize {
        let unit = self.attention.as_ref().and_then(|a| a.unit.as_ref());
        unit.map_or(0, |u| u.pair.first())
    }
}

impl Attention {
    #[track_caller]
    fn new(weights: &Weights<'_>, config: &ModelConfig, event_width: usize) -> Self {
        let (n, norm) = (config.hidden, config.attention_norm);
        match config.attention() {
            AttentionKind::Bilinear => {
                let query = weights.get("attention.bilinear.weight", &[n, event_width]);
                Attention { norm, query: Tiles::new(query, event_width), unit: None }
            }
            AttentionKind::Unit => {
                let query = weights.get("attention.query.weight", &[n, event_width]);
                let unit = Some(Unit::new(weights, config));
                Attention { norm, query: Tiles::new(query, event_width), unit }
            }
        }
    }
}

impl Unit {
    /// `[q, k, q−k, q∘k]·W` = q·(W_q + W_d) + k·(W_k − W_d) + (q∘k)·W_p
    #[track_caller]
    fn new(weights: &Weights<'_>, config: &ModelConfig) -> Self {
        let (n, [first, second]) = (config.hidden, config.attention_layers);
        let w = weights.get("attention.0.weight", &[first, 4 * n]);
        let [w_q, w_k, w_d, w_p] = [0, 1, 2, 3].map(|i| slice_columns(w, 4 * n, i * n, n));
        let of_query: Vec<f32> = w_q.iter().zip(&w_d).map(|(q, d)| q + d).collect();
        let of_key: Vec<f32> = w_k.iter().zip(&w_d).map(|(k, d)| k - d).collect();
        let layer = weights.get("attention.1.weight", &[second, first]);
        let bias = weights.get("attention.1.bias", &[second]);
        let score = weights.get("attention.2.weight", &[1, second]);
        Unit {
            bias: weights.get("attention.query.bias", &[n]).to_vec(),
            alpha: weights.get("attention.query.alpha", &[1]).to_vec(),
            of_query: Tiles::new(&of_query, n),
            first_bias: weights.get("attention.0.bias", &[first]).to_vec(),
            of_key: transpose(&of_key, n, first),
            pair: ActivationUnit::new(n, &w_p, layer, bias, score),
        }
    }
}
