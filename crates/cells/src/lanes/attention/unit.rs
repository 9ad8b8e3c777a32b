//! The activation unit on the tape.

use dien_kernels::concrete;
use std::sync::Arc;

use dien_kernels::par::{for_some_rows, threads};
use dien_kernels::reduce::sum_parts;
use dien_kernels::simd::dispatch;
use dien_tensor::{Backward as TapeBackward, OpGrads, Pool, Real, Scratch, Var};
use ndarray::ArrayViewD;

use super::Shape;
use super::backward::{self, Backward};
use super::forward::{self, Forward};
use super::keys::{KeyGrads, Keys};
use super::query;
use super::weights::{First, Padded, transposed};
use crate::lanes::windows::{HistoryRows, Windows, add_rows, history_rows, sum_targets};
use crate::lanes::{AttentionNorm, event_features};
use crate::{LANES, per_block, per_task};

/// The layers of [`activation_unit`]. The scores have no bias, which a softmax would cancel; nor have
/// they one under [σ](crate::lanes::AttentionNorm::Sigmoid), which does not.
#[derive(Clone, Copy, Debug)]
pub struct UnitWeights<'t, T: Real> {
    /// `[first, 4 hidden]`, over `[q, k, q − k, q ∘ k]`.
    pub first: Var<'t, T>,
    /// `[first]`
    pub first_bias: Var<'t, T>,
    /// `[second, first]`
    pub second: Var<'t, T>,
    /// `[second]`
    pub second_bias: Var<'t, T>,
    /// `[1, second]`
    pub score: Var<'t, T>,
}

/// The op's inputs, in order.
const INTERESTS: usize = 0;
const QUERY: usize = 1;
const FIRST: usize = 2;
const FIRST_BIAS: usize = 3;
const SECOND: usize = 4;
const SECOND_BIAS: usize = 5;
const SCORE: usize = 6;

struct Unit<T: Real> {
    norm: AttentionNorm,
    windows: Arc<Windows>,
    shape: Shape,
    /// The queries in lanes, `[chunks, hidden, LANES]`.
    query: Scratch<T>,
    /// The keys' rows, if histories are shared.
    rows: Option<Scratch<T>>,
    /// The values of both hidden layers.
    saved: Scratch<T>,
}

concrete! {
    /// The activation unit on the tape.
    pub trait UnitOp: Real;

    /// DIN's local activation unit (Zhou et al., KDD 2018), as attention: of each event k in a target's
    /// window and the target's query q
    ///
    /// ```text
    /// s₁ = σ(W₁ [q, k, q − k, q ∘ k] + b₁)     s₂ = σ(W₂ s₁ + b₂)     a = norm(w₃ · s₂) over the window
    /// ```
    ///
    /// `interests` `[history blocks, hidden, LANES]` and `query` `[targets, hidden]`; gives
    /// `[target blocks, 1, LANES]`, zero in idle lanes. W₁ is split into what meets the query, the key and
    /// their product, so that an event costs two products of `hidden` inputs rather than four.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn activation_unit<'t>(
        norm: AttentionNorm,
        interests: Var<'t, T>,
        query: Var<'t, T>,
        weights: UnitWeights<'t, T>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> = record_unit;
}

#[track_caller]
fn record_unit<'t, T: Real>(
    norm: AttentionNorm,
    interests: Var<'t, T>,
    query: Var<'t, T>,
    weights: UnitWeights<'t, T>,
    windows: &Arc<Windows>,
) -> Var<'t, T> {
    let targets = windows.targets();
    let shape = shape(interests, query, &weights, windows);
    let tape = interests.tape();
    let pool = tape.pool();
    let first = First::new(pool, shape, weights.first.data());
    let rows = (!windows.is_identity())
        .then(|| history_rows(pool, windows.histories(), interests.data(), shape.hidden));
    let in_lanes = query::lanes(pool, targets, query.data(), shape.hidden);
    let query_t = transposed(pool, &first.query, shape.hidden);
    let query_part = query::part(pool, targets, &in_lanes, &query_t, weights.first_bias.data());
    let product_t = transposed(pool, &first.product, shape.inputs());
    let second_t = transposed(pool, weights.second.data(), shape.first);
    let saved_size = if tape.records() { targets.blocks() * shape.saved() * LANES } else { 0 };
    let mut saved = pool.scratch(saved_size);
    let mut scores = pool.stale(&[targets.blocks(), 1, LANES]);
    let parts = (
        per_block(scores.as_slice_mut().expect("standard layout"), 1),
        tape.records().then(|| per_block(&mut saved[..], shape.saved())),
    );
    let scratch_size = forward::scratch(shape);
    let data = interests.data();
    let (second_bias, score) = (weights.second_bias.data(), weights.score.data());
    warm(pool, scratch_size, windows.tasks());
    windows.par_tasks(parts, |task, (scores, saved)| {
        let (blocks, chunk) = windows.task(task);
        let mut scratch = pool.scratch(scratch_size);
        dispatch(Forward {
            shape,
            packed: targets,
            blocks,
            keys: keys(windows, shape, chunk, data, rows.as_deref()),
            query: of_chunk(&in_lanes, shape.hidden, chunk),
            query_part: of_chunk(&query_part, shape.first, chunk),
            weight_t: &product_t,
            second_t: &second_t,
            second_bias,
            score,
            saved,
            scores,
            scratch: &mut scratch,
        });
    });
    let parts = per_block(scores.as_slice_mut().expect("standard layout"), 1);
    targets.par_chunks(parts).for_each(|chunk, scores| norm.apply(targets, chunk, scores));
    let UnitWeights { first, first_bias, second, second_bias, score } = weights;
    let inputs = [interests, query, first, first_bias, second, second_bias, score];
    tape.record(&inputs, scores, Unit { norm, windows: windows.clone(), shape, query: in_lanes, rows, saved })
}

#[track_caller]
fn shape<T: Real>(
    interests: Var<'_, T>,
    query: Var<'_, T>,
    weights: &UnitWeights<'_, T>,
    windows: &Windows,
) -> Shape {
    let hidden = event_features("activation unit", interests, windows.histories());
    let expected = [windows.targets().len(), hidden];
    assert_eq!(query.shape(), expected, "activation unit: queries");
    let (first, second) = (weights.first_bias.len(), weights.second_bias.len());
    assert_eq!(weights.first.shape(), [first, 4 * hidden], "activation unit: first layer");
    assert_eq!(weights.second.shape(), [second, first], "activation unit: second layer");
    assert_eq!(weights.score.shape(), [1, second], "activation unit: scores' weight");
    Shape { hidden, first, second }
}

/// As many free buffers as there can be threads at work, so that none is allocated in a later step.
fn warm<T: Real>(pool: &Pool<T>, len: usize, tasks: usize) {
    pool.reserve(threads().min(tasks), len);
}

fn keys<'a, T: Real>(
    windows: &'a Windows,
    shape: Shape,
    chunk: usize,
    interests: &'a [T],
    rows: Option<&'a [T]>,
) -> Keys<'a, T> {
    match rows {
        None => Keys::Own(interests),
        Some(rows) => Keys::Shared(HistoryRows::new(rows, shape.hidden, windows, chunk)),
    }
}

fn of_chunk<T>(lanes: &[T], features: usize, chunk: usize) -> &[T] {
    &lanes[chunk * features * LANES..][..features * LANES]
}

impl<T: Real> TapeBackward<T> for Unit<T> {
    fn name(&self) -> &'static str {
        "activation unit"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (windows, shape) = (&*self.windows, self.shape);
        let targets = &**windows.targets();
        let pool = io.pool();
        let interests = io.input_data(INTERESTS);
        let first = First::new(pool, shape, io.input_data(FIRST));
        let second = io.input_data(SECOND);
        let score = io.input_data(SCORE);

        let mut d_scores = pool.scratch(dy.len());
        let dy = per_block(dy.to_slice().expect("standard layout"), 1);
        let parts = (dy, per_block(io.output_data(), 1), per_block(&mut d_scores[..], 1));
        targets.par_chunks(parts).for_each(|chunk, (dy, y, dx)| {
            self.norm.derivatives(targets, chunk, y, dy, dx);
        });

        let tasks = windows.tasks();
        let (sums_size, query_size) = (backward::sums(shape), shape.query() * LANES);
        let mut sums = pool.scratch(tasks * sums_size);
        let mut d_query = pool.scratch(tasks * query_size);
        let shared = self.rows.is_some() && io.wants(INTERESTS);
        let rows_size = if shared { targets.blocks() * shape.hidden * LANES } else { 0 };
        let mut rows = pool.scratch(rows_size);
        let scratch_size = backward::scratch(shape);
        warm(pool, scratch_size, tasks);
        let own = if self.rows.is_some() { None } else { io.grad_data(INTERESTS) };
        let parts = (
            per_block(&self.saved[..], shape.saved()),
            per_block(&d_scores[..], 1),
            per_task(&mut d_query[..], query_size),
            per_task(&mut sums[..], sums_size),
            own.map(|own| per_block(own, shape.hidden)),
            shared.then(|| per_block(&mut rows[..], shape.hidden)),
        );
        windows.par_tasks(parts, |task, (saved, d_scores, d_query, sums, own, rows)| {
            let (blocks, chunk) = windows.task(task);
            let (d_query, d_query_part) = d_query.split_at_mut(shape.hidden * LANES);
            let mut scratch = pool.scratch(scratch_size);
            dispatch(Backward {
                shape,
                packed: targets,
                blocks,
                keys: keys(windows, shape, chunk, interests, self.rows.as_deref()),
                query: of_chunk(&self.query, shape.hidden, chunk),
                weight: &first.product,
                second,
                score,
                saved,
                d_scores,
                key_grads: match (own, rows) {
                    (Some(own), _) => KeyGrads::Own(own),
                    (None, Some(rows)) => KeyGrads::Shared(rows),
                    (None, None) => KeyGrads::Nowhere,
                },
                d_query,
                d_query_part,
                sums,
                scratch: &mut scratch,
            });
        });
        if shared && let Some(d) = io.grad_data(INTERESTS) {
            let sums = sum_targets(pool, windows, &rows, shape.hidden);
            add_rows(pool, windows.histories(), (&sums, shape.hidden, 0), (d, shape.hidden));
        }
        let of_query = query::backward(pool, windows, shape, &self.query, &first.query, &d_query);
        sum_parts(&mut sums, sums_size);
        // Without a chunk there is nothing to add.
        if let (Some(sums), Some(of_query)) = (sums.get(..sums_size), of_query.sums()) {
            self.add_weights(io, sums, of_query);
        }
        if let Some(g) = io.grad_data(QUERY) {
            query::add_to_rows(targets, &of_query.query, query_size, shape.hidden, g);
        }
    }
}

impl<T: Real> Unit<T> {
    /// Adds the layers' gradients: of what meets the keys, and of what meets the queries.
    fn add_weights(&self, io: &mut OpGrads<'_, T>, of_keys: &[T], of_query: &[T]) {
        let Shape { hidden: n, first, second } = self.shape;
        let of_keys = |offset: usize, stride| Padded { rows: &of_keys[offset..], stride };
        let of_query = |offset: usize, stride| Padded { rows: &of_query[offset..], stride };
        let (inputs, padded) = (self.shape.inputs(), Shape::padded(n));
        let (product, query) = (of_keys(0, Shape::padded(inputs)), of_query(0, padded));
        if let Some(g) = io.grad_data(FIRST) {
            for_some_rows(1, 4 * n, g, &|row, g| {
                let (g_query, rest) = g.split_at_mut(n);
                let (g_key, rest) = rest.split_at_mut(n);
                let (g_difference, g_pair) = rest.split_at_mut(n);
                query.add_row(row, 0..n, T::one(), g_query);
                query.add_row(row, 0..n, T::one(), g_difference);
                product.add_row(row, 0..n, T::one(), g_key);
                product.add_row(row, 0..n, -T::one(), g_difference);
                product.add_row(row, n..2 * n, T::one(), g_pair);
            });
        }
        if let Some(g) = io.grad_data(FIRST_BIAS) {
            of_query(first * padded, first).add_row(0, 0..first, T::one(), g);
        }
        let offset = first * Shape::padded(inputs);
        if let Some(g) = io.grad_data(SECOND) {
            let rows = of_keys(offset, Shape::padded(first));
            for_some_rows(1, first, g, &|row, g| {
                rows.add_row(row, 0..first, T::one(), g);
            });
        }
        let vectors = of_keys(offset + second * Shape::padded(first), second);
        for (row, input) in [SECOND_BIAS, SCORE].into_iter().enumerate() {
            if let Some(g) = io.grad_data(input) {
                vectors.add_row(row, 0..second, T::one(), g);
            }
        }
    }
}
