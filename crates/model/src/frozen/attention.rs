//! Attention, split where the candidate enters.

use dien_cells::serving::{ActivationUnit, Tiles};

use super::matrix::{slice_columns, transpose};
use crate::config::AttentionNorm;

/// Either [attention](crate::parts::Attention), ready to serve.
#[derive(Debug)]
pub struct FrozenAttention {
    pub(crate) norm: AttentionNorm,
    /// From the candidate to the query, `[hidden, event width]`.
    pub(crate) query: Tiles<f32>,
    /// `None` for the bilinear form.
    pub(crate) unit: Option<FrozenUnit>,
}

/// What the activation unit has beyond the bilinear form.
#[derive(Debug)]
pub struct FrozenUnit {
    /// The query's bias and its PReLU's slope.
    pub(crate) bias: Vec<f32>,
    pub(crate) alpha: Vec<f32>,
    /// W_q + W_d `[first, hidden]`, and the first layer's bias.
    pub(crate) of_query: Tiles<f32>,
    pub(crate) first_bias: Vec<f32>,
    /// W_k − W_d by column, `[hidden, first]`.
    pub(crate) of_key: Vec<f32>,
    pub(crate) pair: ActivationUnit<f32>,
}

impl FrozenUnit {
    /// From the query's bias and slope, the layers' weights and biases, and the score's weights, of which the
    /// first layer's is `[first, 4 hidden]`: `[q, k, q−k, q∘k]·W` = q·(W_q + W_d) + k·(W_k − W_d) + (q∘k)·W_p
    pub(crate) fn new(
        [bias, alpha]: [&[f32]; 2],
        [w, first_bias]: [&[f32]; 2],
        [second, second_bias]: [&[f32]; 2],
        score: &[f32],
    ) -> Self {
        let (n, first) = (bias.len(), first_bias.len());
        let [w_q, w_k, w_d, w_p] = [0, 1, 2, 3].map(|i| slice_columns(w, 4 * n, i * n..(i + 1) * n));
        let of_query: Vec<f32> = w_q.iter().zip(&w_d).map(|(q, d)| q + d).collect();
        let of_key: Vec<f32> = w_k.iter().zip(&w_d).map(|(k, d)| k - d).collect();
        FrozenUnit {
            bias: bias.to_vec(),
            alpha: alpha.to_vec(),
            of_query: Tiles::new(&of_query, n),
            first_bias: first_bias.to_vec(),
            of_key: transpose(&of_key, n, first),
            pair: ActivationUnit::new(n, &w_p, second, second_bias, score),
        }
    }
}
