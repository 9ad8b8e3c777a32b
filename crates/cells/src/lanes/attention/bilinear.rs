//! The paper's attention: hᵀ W e, normalised.

use dien_kernels::concrete;
use std::sync::Arc;

use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Backward as TapeBackward, OpGrads, Real, Scratch, Var};
use ndarray::ArrayViewD;

use super::query;
use crate::lanes::{AttentionNorm, event_features};
use crate::{LANES, Packed, per_block, per_task};

const KEYS: usize = 0;
const QUERY: usize = 1;

struct Dot<T: Real> {
    norm: AttentionNorm,
    targets: Arc<Packed>,
    /// The queries in lanes, `[chunks, hidden, LANES]`.
    query: Scratch<T>,
}

concrete! {
    /// The bilinear attention on the tape.
    pub trait DotOp: Real;

    /// a = norm(k · q) over each target's events: `keys` `[blocks, hidden, LANES]` in the targets' lanes and
    /// `query` `[targets, hidden]` give `[blocks, 1, LANES]`, zero in idle lanes. With q = W e and softmax it
    /// is the paper's attention.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn dot_attention<'t>(
        norm: AttentionNorm,
        keys: Var<'t, T>,
        query: Var<'t, T>,
        targets: &Arc<Packed>,
    ) -> Var<'t, T> = record_dot;
}

#[track_caller]
fn record_dot<'t, T: Real>(
    norm: AttentionNorm,
    keys: Var<'t, T>,
    query: Var<'t, T>,
    targets: &Arc<Packed>,
) -> Var<'t, T> {
    let hidden = event_features("dot attention", keys, targets);
    assert_eq!(query.shape(), [targets.len(), hidden], "dot attention: queries");
    let pool = keys.tape().pool();
    let in_lanes = query::lanes(pool, targets, query.data(), hidden);
    let mut scores = pool.stale(&[targets.blocks(), 1, LANES]);
    let parts = (
        per_block(keys.data(), hidden),
        per_task(&in_lanes[..], hidden * LANES),
        per_block(scores.as_slice_mut().expect("standard layout"), 1),
    );
    targets.par_chunks(parts).for_each(|chunk, (keys, query, scores)| {
        dispatch(Forward { keys, query, scores });
        norm.apply(targets, chunk, scores);
    });
    keys.tape().record(&[keys, query], scores, Dot { norm, targets: targets.clone(), query: in_lanes })
}

struct Forward<'a, T> {
    keys: &'a [T],
    query: &'a [T],
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let blocks = zip(self.keys.chunks_exact(self.query.len()), self.scores.chunks_exact_mut(LANES));
        for (keys, scores) in blocks {
            let mut sum = [T::zero(); LANES];
            for (k, q) in zip(keys.chunks_exact(LANES), self.query.chunks_exact(LANES)) {
                each(&mut sum, [k, q], |sum, [k, q]| *sum += k * q);
            }
            copy(&sum, scores);
        }
    }
}

struct Backward<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    keys: &'a [T],
    query: &'a [T],
    /// Zero in idle lanes.
    d_scores: &'a [T],
    d_keys: Option<&'a mut [T]>,
    d_query: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let size = self.query.len();
        fill(self.d_query, T::zero());
        let blocks = zip(self.keys.chunks_exact(size), self.d_scores.chunks_exact(LANES));
        for (step, (block, (keys, d))) in zip(self.packed.chunk(self.chunk), blocks).enumerate() {
            let active = self.packed.active(block);
            for (to, k) in zip(self.d_query.chunks_exact_mut(LANES), keys.chunks_exact(LANES)) {
                each(&mut to[..active], [k, d], |to, [k, d]| *to += k * d);
            }
            let Some(d_keys) = &mut self.d_keys else { continue };
            let d_keys = d_keys[step * size..][..size].chunks_exact_mut(LANES);
            for (to, q) in zip(d_keys, self.query.chunks_exact(LANES)) {
                each(to, [q, d], |to, [q, d]| *to += q * d);
            }
        }
    }
}

impl<T: Real> TapeBackward<T> for Dot<T> {
    fn name(&self) -> &'static str {
        "dot attention"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (targets, pool) = (&*self.targets, io.pool());
        let hidden = io.input(QUERY).shape()[1];
        let size = hidden * LANES;
        let (keys, y) = (io.input_data(KEYS), io.output_data());
        let mut d_scores = pool.scratch(dy.len());
        let mut d_query = pool.scratch(targets.chunks() * size);
        let parts = (
            (per_block(dy.to_slice().expect("standard layout"), 1), per_block(y, 1)),
            per_block(&mut d_scores[..], 1),
            per_block(keys, hidden),
            per_task(&self.query[..], size),
            io.grad_data(KEYS).map(|d| per_block(d, hidden)),
            per_task(&mut d_query[..], size),
        );
        targets.par_chunks(parts).for_each(|chunk, ((dy, y), d_scores, keys, query, d_keys, d_query)| {
            self.norm.derivatives(targets, chunk, y, dy, d_scores);
            dispatch(Backward { packed: targets, chunk, keys, query, d_scores, d_keys, d_query });
        });
        if let Some(g) = io.grad_data(QUERY) {
            query::add_to_rows(targets, &d_query, size, hidden, g);
        }
    }
}
