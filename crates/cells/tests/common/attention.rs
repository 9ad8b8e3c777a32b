//! Attention as one op, and as the composed ops that it replaces; windows of every sort.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, Activation, AttentionNorm, UnitWeights, Windows};
use dien_cells::{LANES, Packed};
use dien_tensor::{ParamStore, Tape, Var, ops};
use ndarray::ArrayD;

use super::{Idle, events, get, store};

/// Which attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Unit(AttentionNorm),
    Dot(AttentionNorm),
}

impl Form {
    pub const ALL: [Form; 4] = [
        Form::Unit(AttentionNorm::Softmax),
        Form::Unit(AttentionNorm::Sigmoid),
        Form::Dot(AttentionNorm::Softmax),
        Form::Dot(AttentionNorm::Sigmoid),
    ];
}

/// Which targets look at which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Target i sees all of history i.
    Identity,
    /// One target a history, in another order.
    Reordered,
    /// The identity's targets, but one more history that none looks at.
    OneLeftOut,
    /// Several targets a history, each with a window of its own, some of them empty.
    Shared,
}

impl Sort {
    pub const ALL: [Sort; 4] = [Sort::Identity, Sort::Reordered, Sort::OneLeftOut, Sort::Shared];

    /// The windows of this sort over histories of these lengths.
    pub fn windows(self, lengths: &[u32]) -> Arc<Windows> {
        let n = lengths.len() as u32;
        let all = |order: Vec<u32>, lengths: &[u32]| {
            let ends: Vec<u32> = order.iter().map(|&h| lengths[h as usize]).collect();
            let packed = Arc::new(Packed::from_lengths(lengths));
            Arc::new(Windows::new(&packed, &order, &vec![0; order.len()], &ends))
        };
        match self {
            Sort::Identity => all((0..n).collect(), lengths),
            Sort::Reordered => all((0..n).rev().collect(), lengths),
            Sort::OneLeftOut => {
                let longer: Vec<u32> = lengths.iter().copied().chain([3]).collect();
                all((0..n).collect(), &longer)
            }
            Sort::Shared => super::windows(&Arc::new(Packed::from_lengths(lengths))),
        }
    }
}

/// Widths of the hidden layers: off the tiles.
const LAYERS: [usize; 2] = [11, 6];

/// What [`attention`] reads.
pub fn attention_params(windows: &Windows, hidden: usize) -> ParamStore<f64> {
    let [first, second] = LAYERS;
    store(
        4,
        &[
            ("x", &[windows.histories().events(), hidden], 1.0),
            ("q", &[windows.targets().len(), hidden], 1.0),
            ("w1", &[first, 4 * hidden], (hidden as f64).recip().sqrt()),
            ("b1", &[first], 0.5),
            ("w2", &[second, first], 1.0),
            ("b2", &[second], 0.5),
            ("w3", &[1, second], 3.0),
        ],
    )
}

/// The attention of every event that a target sees, as rows.
pub fn attention<'t, T: Real>(
    tape: &'t Tape<'_, T>,
    form: Form,
    idle: Idle,
    windows: &Arc<Windows>,
    fused: bool,
) -> Var<'t, T> {
    let histories = windows.histories();
    let param = |name| get(tape, name);
    let interests = idle.events(lanes::events_to_lanes(param("x"), histories), histories);
    let weights = UnitWeights {
        first: param("w1"),
        first_bias: param("b1"),
        second: param("w2"),
        second_bias: param("b2"),
        score: param("w3"),
    };
    let attention = match (form, fused) {
        (Form::Unit(norm), true) => lanes::activation_unit(norm, interests, param("q"), weights, windows),
        (Form::Unit(norm), false) => {
            normalised(norm, composed(interests, param("q"), weights, windows), windows)
        }
        (Form::Dot(norm), true) => {
            lanes::dot_attention(norm, lanes::gather(interests, windows), param("q"), windows.targets())
        }
        (Form::Dot(norm), false) => {
            let (keys, query) =
                (lanes::gather(interests, windows), lanes::sequences_to_lanes(param("q"), windows.targets()));
            let scores = lanes::sum_features(lanes::mul_broadcast(keys, query, windows.targets()));
            normalised(norm, scores, windows)
        }
    };
    assert_eq!(attention.shape(), [windows.targets().blocks(), 1, LANES]);
    events(idle.events(attention, windows.targets()), windows.targets())
}

fn normalised<'t, T: Real>(norm: AttentionNorm, scores: Var<'t, T>, windows: &Windows) -> Var<'t, T> {
    match norm {
        AttentionNorm::Softmax => lanes::softmax(scores, windows.targets()),
        AttentionNorm::Sigmoid => ops::sigmoid(scores),
    }
}

/// The scores.
fn composed<'t, T: Real>(
    interests: Var<'t, T>,
    query: Var<'t, T>,
    weights: UnitWeights<'t, T>,
    windows: &Arc<Windows>,
) -> Var<'t, T> {
    let targets = windows.targets();
    let hidden = query.shape()[1];
    let block = |i: usize| ops::slice_columns(weights.first, i * hidden..(i + 1) * hidden);
    let (w_q, w_k, w_d, w_p) = (block(0), block(1), block(2), block(3));
    let of_query =
        lanes::sequences_to_lanes(ops::linear(query, w_q + w_d, Some(weights.first_bias)), targets);
    let keys = lanes::gather(interests, windows);
    let of_key = lanes::linear(keys, w_k - w_d, None, Activation::None, targets);
    let pair = lanes::mul_broadcast(keys, lanes::sequences_to_lanes(query, targets), targets);
    let of_pair = lanes::linear(pair, w_p, None, Activation::None, targets);
    let ones = keys.tape().constant(ArrayD::ones(of_key.shape()));
    let first = ops::sigmoid(of_key + of_pair + lanes::mul_broadcast(ones, of_query, targets));
    let second =
        lanes::linear(first, weights.second, Some(weights.second_bias), Activation::Sigmoid, targets);
    lanes::linear(second, weights.score, None, Activation::None, targets)
}
