//! The attention of one candidate, the events in lanes.

use dien_kernels::concrete;
use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::simd::{Kernel, Simd, axpy, dispatch, math, splat};
use dien_tensor::Real;

use super::activation;
use super::products::{add_product, for_columns, lanes};
use super::tile::Tiles;
use crate::LANES;

/// The pair's part of DIN's local activation unit: an MLP with sigmoid hidden units over
/// `[q, k, q − k, q ∘ k]`, whose first layer is split into what depends on the query, on the key, and on
/// both.
#[derive(Clone, Debug)]
pub struct ActivationUnit<T> {
    hidden: usize,
    /// W_p `[first, hidden]`.
    pair: Tiles<T>,
    first: usize,
    /// The second layer, `[second, first]` and `[second]`.
    second: Tiles<T>,
    bias: Vec<T>,
    /// The score's weights `[second]`.
    score: Vec<T>,
}

impl<T: Real> ActivationUnit<T> {
    /// From the columns of the first layer that q ∘ k meets, `pair` `[first, hidden]`, the second layer
    /// `[second, first]` and `[second]`, and the score's weights `[second]`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn new(hidden: usize, pair: &[T], second: &[T], bias: &[T], score: &[T]) -> Self {
        let first = pair.len() / hidden;
        assert_eq!(pair.len(), first * hidden, "activation unit: pair, hidden {hidden}");
        assert_eq!(second.len(), bias.len() * first, "activation unit: second layer, first {first}");
        assert_eq!(score.len(), bias.len(), "activation unit: score");
        let (pair, second) = (Tiles::new(pair, hidden), Tiles::new(second, first));
        ActivationUnit { hidden, pair, first, second, bias: bias.to_vec(), score: score.to_vec() }
    }

    /// The units of the first layer.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Scratch of [`scores`](Self::scores).
    pub fn scratch(&self) -> usize {
        (self.hidden + self.first + self.bias.len()) * LANES
    }
}

impl<T: Real + UnitKernel<T>> ActivationUnit<T> {
    /// Scores of events in lanes against one query, before the softmax.
    ///
    /// `keys` are `[blocks, hidden, LANES]` and their part of the first layer `key_parts`
    /// `[blocks, first, LANES]`; `query` is `[hidden]` and its part, with the bias, `query_part` `[first]`;
    /// `scores` `[blocks, LANES]` gets the first `events`, and anything after them.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn scores(
        &self,
        keys: &[T],
        key_parts: &[T],
        query: &[T],
        query_part: &[T],
        scores: &mut [T],
        events: usize,
        scratch: &mut [T],
    ) {
        let (query, query_part) = (&query[..self.hidden], &query_part[..self.first]);
        run_scores(self, [keys, key_parts, query, query_part], scores, events, scratch);
    }
}

concrete! {
    /// The activation unit's kernel.
    pub trait UnitKernel: Real;

    fn run_scores(
        unit: &ActivationUnit<T>, given: [&[T]; 4], scores: &mut [T], events: usize, scratch: &mut [T],
    ) = scores_of;
}

fn scores_of<T: Real>(
    unit: &ActivationUnit<T>,
    [keys, key_parts, query, query_part]: [&[T]; 4],
    scores: &mut [T],
    events: usize,
    scratch: &mut [T],
) {
    let (pair, scratch) = scratch.split_at_mut(unit.hidden * LANES);
    let (one, two) = scratch.split_at_mut(unit.first * LANES);
    dispatch(Scores { unit, keys, key_parts, query, query_part, scores, events, pair, one, two });
}

struct Scores<'a, T> {
    unit: &'a ActivationUnit<T>,
    keys: &'a [T],
    key_parts: &'a [T],
    query: &'a [T],
    query_part: &'a [T],
    scores: &'a mut [T],
    events: usize,
    /// The pair, and the two layers, `[features, LANES]`.
    pair: &'a mut [T],
    one: &'a mut [T],
    two: &'a mut [T],
}

impl<T: Real> Kernel<T> for Scores<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (n, m) = (self.unit.hidden, self.unit.first);
        for block in 0..self.events.div_ceil(LANES) {
            let events = (self.events - block * LANES).min(LANES);
            let keys = &self.keys[block * n * LANES..][..n * LANES];
            let key_parts = &self.key_parts[block * m * LANES..][..m * LANES];
            for_columns!(S, super::width(events), lane, V => {
                let scores = self.column::<S, V>(&keys[lane..], &key_parts[lane..]);
                copy(&scores, &mut self.scores[block * LANES + lane..][..V]);
            });
        }
    }
}

impl<T: Real> Scores<'_, T> {
    /// The scores of `V` events, whose lanes begin with `keys` and `key_parts`.
    #[inline(always)]
    fn column<S: Simd, const V: usize>(&mut self, keys: &[T], key_parts: &[T]) -> [T; V] {
        let (unit, n, m) = (self.unit, self.unit.hidden, self.unit.first);
        let l = unit.bias.len();
        let (pair, one, two) = (&mut self.pair[..n * V], &mut self.one[..m * V], &mut self.two[..l * V]);
        for (pair, (key, &q)) in zip(pair.as_chunks_mut::<V>().0, zip(keys.chunks(LANES), self.query)) {
            *pair = axpy::<T, S, V>(q, lanes(key, 0), [T::zero(); V]);
        }
        for (one, (key, &q)) in zip(one.as_chunks_mut::<V>().0, zip(key_parts.chunks(LANES), self.query_part))
        {
            *one = axpy::<T, S, V>(T::one(), lanes(key, 0), [q; V]);
        }
        add_product::<T, S, V, V>(&unit.pair, 0, pair, one);
        activation::sigmoid::<T, S>(one);
        for (two, &b) in zip(two.as_chunks_mut::<V>().0, &unit.bias) {
            *two = splat::<T, S, V>(b);
        }
        add_product::<T, S, V, V>(&unit.second, 0, one, two);
        activation::sigmoid::<T, S>(two);
        let mut scores = [T::zero(); V];
        for (two, &w) in zip(two.as_chunks::<V>().0, &unit.score) {
            scores = axpy::<T, S, V>(w, *two, scores);
        }
        scores
    }
}

concrete! {
    /// Scores of one candidate.
    pub trait AttentionKernels: Real;

    /// k · q for keys in lanes `[blocks, query, LANES]`, into `scores` `[blocks, LANES]`: the bilinear
    /// attention's scores.
    pub fn dots(keys: &[T], query: &[T], scores: &mut [T]) = dots_of;

    /// Softmax of all `scores`, in place.
    pub fn softmax(scores: &mut [T]) = softmax_of;

    /// σ of each of `scores`, in place.
    pub fn sigmoid(scores: &mut [T]) = sigmoid_of;
}

fn dots_of<T: Real>(keys: &[T], query: &[T], scores: &mut [T]) {
    dispatch(Dots { keys, query, scores });
}

struct Dots<'a, T> {
    keys: &'a [T],
    query: &'a [T],
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Dots<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let blocks = self.keys.chunks_exact(self.query.len() * LANES);
        for (scores, keys) in zip(self.scores.chunks_exact_mut(LANES), blocks) {
            fill(scores, T::zero());
            for (key, &q) in zip(keys.chunks_exact(LANES), self.query) {
                each(scores, [key], |score, [k]| *score = math::mul_add::<T, S>(q, k, *score));
            }
        }
    }
}

fn softmax_of<T: Real>(scores: &mut [T]) {
    dispatch(Softmax { scores });
}

struct Softmax<'a, T> {
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Softmax<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let max = self.scores.iter().fold(T::neg_infinity(), |max, &x| if x > max { x } else { max });
        for x in &mut *self.scores {
            *x = math::exp_or_zero::<T, S>(*x - max);
        }
        let sum = self.scores.iter().fold(T::zero(), |sum, &x| sum + x);
        let scale = T::one() / sum;
        for x in self.scores {
            *x = if *x * scale < T::min_positive_value() { T::zero() } else { *x * scale };
        }
    }
}

fn sigmoid_of<T: Real>(scores: &mut [T]) {
    dispatch(Sigmoid { scores });
}

struct Sigmoid<'a, T> {
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Sigmoid<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        activation::sigmoid::<T, S>(self.scores);
    }
}
