//! The attention of one candidate, the events in lanes.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd, dispatch, math};

use crate::LANES;

/// The pair's part of DIN's local activation unit: an MLP with sigmoid hidden units over `[q, k, q − k, q ∘ k]`, whose first
/// layer is split into what depends on the query, on the key, and on both.
#[derive(Clone, Debug)]
pub struct ActivationUnit<T> {
    hidden: usize,
    /// W_p `[first, hidden]`.
    pair: Vec<T>,
    first: usize,
    /// The second layer, `[second, first]` and `[second]`.
    second: Vec<T>,
    bias: Vec<T>,
    /// The score's weights `[second]`.
    score: Vec<T>,
}

impl<T: Real> ActivationUnit<T> {
    /// From the columns of the first layer that q ∘ k meets, `pair` `[first, hidden]`, the second layer `[second, first]` and
    /// `[second]`, and the score's weights `[second]`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn new(hidden: usize, pair: Vec<T>, second: &[T], bias: &[T], score: &[T]) -> Self {
        let first = pair.len() / hidden;
        assert_eq!(pair.len(), first * hidden, "activation unit: pair, hidden {hidden}");
        assert_eq!(second.len(), bias.len() * first, "activation unit: second layer, first {first}");
        assert_eq!(score.len(), bias.len(), "activation unit: score");
        let [second, bias, score] = [second, bias, score].map(<[T]>::to_vec);
        ActivationUnit { hidden, pair, first, second, bias, score }
    }

    /// The units of the first layer.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Scratch of [`scores`](Self::scores).
    pub fn scratch(&self) -> usize {
        (self.hidden + self.first + self.bias.len()) * LANES
    }

    /// Scores of events in lanes against one query, before the softmax.
    ///
    /// `keys` are `[blocks, hidden, LANES]` and their part of the first layer `key_parts` `[blocks, first, LANES]`; `query` is
    /// `[hidden]` and its part, with the bias, `query_part` `[first]`; `scores` `[blocks, LANES]` gets the first `events`,
    /// and anything after them.
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
        let (pair, scratch) = scratch.split_at_mut(self.hidden * LANES);
        let (one, two) = scratch.split_at_mut(self.first * LANES);
        dispatch(Scores { unit: self, keys, key_parts, query, query_part, scores, events, pair, one, two });
    }
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

impl<T: Real> Kernel for Scores<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (unit, n, m) = (self.unit, self.unit.hidden, self.unit.first);
        let (query, query_part) = (&self.query[..n], &self.query_part[..m]);
        let blocks = self.keys.chunks_exact(n * LANES).zip(self.key_parts.chunks_exact(m * LANES));
        for (block, (scores, (keys, key_parts))) in
            self.scores.chunks_exact_mut(LANES).zip(blocks).enumerate()
        {
            let events = self.events.saturating_sub(block * LANES).min(LANES);
            let width = super::width(events);
            let rows = self.pair.chunks_exact_mut(LANES).zip(keys.chunks_exact(LANES));
            for ((pair, key), &q) in rows.zip(query) {
                for (pair, &k) in pair[..width].iter_mut().zip(key) {
                    *pair = q * k;
                }
            }
            let (w, pair) = (Block::new(&unit.pair[..], n), Block::new(&*self.pair, LANES));
            product::<T, S>(m, width, n, w, pair, self.one, LANES, false);
            let rows = self.one.chunks_exact_mut(LANES).zip(key_parts.chunks_exact(LANES));
            for ((one, key), &q) in rows.zip(query_part) {
                for (one, &k) in one[..width].iter_mut().zip(key) {
                    *one = math::sigmoid::<T, S>(k + *one + q);
                }
            }
            let (w, one) = (Block::new(&unit.second[..], m), Block::new(&*self.one, LANES));
            product::<T, S>(unit.bias.len(), width, m, w, one, self.two, LANES, false);
            let scores = &mut scores[..width];
            scores.fill(T::zero());
            for ((two, &b), &w) in self.two.chunks_exact_mut(LANES).zip(&unit.bias).zip(&unit.score) {
                for (score, two) in scores.iter_mut().zip(two) {
                    *score = math::mul_add::<T, S>(w, math::sigmoid::<T, S>(*two + b), *score);
                }
            }
        }
    }
}

/// k · q for keys in lanes `[blocks, query, LANES]`, into `scores` `[blocks, LANES]`: the bilinear attention's scores.
pub fn dots<T: Real>(keys: &[T], query: &[T], scores: &mut [T]) {
    dispatch(Dots { keys, query, scores });
}

struct Dots<'a, T> {
    keys: &'a [T],
    query: &'a [T],
    scores: &'a mut [T],
}

impl<T: Real> Kernel for Dots<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let blocks = self.keys.chunks_exact(self.query.len() * LANES);
        for (scores, keys) in self.scores.chunks_exact_mut(LANES).zip(blocks) {
            scores.fill(T::zero());
            for (key, &q) in keys.chunks_exact(LANES).zip(self.query) {
                for (score, &k) in scores.iter_mut().zip(key) {
                    *score = math::mul_add::<T, S>(q, k, *score);
                }
            }
        }
    }
}

/// Softmax of all `scores`, in place.
pub fn softmax<T: Real>(scores: &mut [T]) {
    dispatch(Softmax { scores });
}

struct Softmax<'a, T> {
    scores: &'a mut [T],
}

impl<T: Real> Kernel for Softmax<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let max = self.scores.iter().fold(T::neg_infinity(), |max, &x| if x > max { x } else { max });
        for x in &mut *self.scores {
            *x = (*x - max).exp_at::<S>();
        }
        let sum = self.scores.iter().fold(T::zero(), |sum, &x| sum + x);
        let scale = T::one() / sum;
        for x in self.scores {
            *x *= scale;
        }
    }
}
