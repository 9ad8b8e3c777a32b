//! The activation unit's scores.

use std::ops::Range;

use dien_kernels::gemm::{Block, Columns, Store, product};
use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd, math};
use dien_tensor::Real;

use super::Shape;
use super::event_tile::{EventTile, STRIDE, clear_rest, event_tiles, groups, load, plus, put, store, times};
use super::keys::Keys;
use crate::packed::LANE_STEP;
use crate::{LANES, Packed};

/// Scores of some blocks of one chunk. Slices over blocks are these blocks' own part.
pub(super) struct Forward<'a, T: Real> {
    pub shape: Shape,
    pub packed: &'a Packed,
    pub blocks: Range<usize>,
    pub keys: Keys<'a, T>,
    /// q, `[hidden, LANES]`, and (W_q + W_d) q + b₁, `[first, LANES]`.
    pub query: &'a [T],
    pub query_part: &'a [T],
    /// The product's weight transposed, `[product inputs, first]`.
    pub weight_t: &'a [T],
    /// `[first, second]`
    pub second_t: &'a [T],
    pub second_bias: &'a [T],
    pub score: &'a [T],
    /// [`Shape::saved`] numbers a block, if wanted.
    pub saved: Option<&'a mut [T]>,
    /// `[blocks, LANES]`
    pub scores: &'a mut [T],
    /// [`scratch`] numbers.
    pub scratch: &'a mut [T],
}

/// The scratch of a [`Forward`].
pub(super) fn scratch(shape: Shape) -> usize {
    (2 * shape.hidden + shape.first + shape.second) * STRIDE + 2 * shape.hidden * LANES
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let shape = self.shape;
        let (x, rest) = std::mem::take(&mut self.scratch).split_at_mut(2 * shape.hidden * STRIDE);
        let (first, rest) = rest.split_at_mut(shape.first * STRIDE);
        let (second, lanes) = rest.split_at_mut(shape.second * STRIDE);
        for tile in event_tiles(self.packed, self.blocks.clone()) {
            let columns = tile.columns();
            self.fill::<S>(&tile, x, first, lanes);
            let inputs = shape.inputs();
            let weight = Columns(Block::new(self.weight_t, shape.first));
            let dims = (shape.first, columns, inputs);
            product::<T, S, _, _>(dims, weight, Block::new(&*x, STRIDE), Store::add(first, STRIDE));
            sigmoid::<T, S>(first, columns);
            for (row, &b) in zip(second.chunks_exact_mut(STRIDE), self.second_bias) {
                fill(&mut row[..columns], b);
            }
            let dims = (shape.second, columns, shape.first);
            let weight = Columns(Block::new(self.second_t, shape.second));
            product::<T, S, _, _>(dims, weight, Block::new(&*first, STRIDE), Store::add(second, STRIDE));
            sigmoid::<T, S>(second, columns);
            self.save(&tile, first, second);
            self.score(&tile, second);
        }
    }
}

impl<T: Real> Forward<'_, T> {
    /// The keys, their products with the queries, and the queries' part of the first layer.
    #[inline(always)]
    fn fill<S: Simd>(&self, tile: &EventTile, x: &mut [T], first: &mut [T], lanes: &mut [T]) {
        for (block, column) in tile.walk(self.packed) {
            let active = self.packed.active(block);
            let keys = self.keys.of_block::<S>(self.packed, block, self.query.len(), lanes);
            put_pairs(keys, self.query, active, column, x);
            put(self.query_part, active, column, first);
        }
        clear_rest(tile, x);
        clear_rest(tile, first);
    }

    #[inline(always)]
    fn save(&mut self, tile: &EventTile, first: &[T], second: &[T]) {
        let Some(saved) = &mut self.saved else { return };
        let offset = (tile.blocks.start - self.blocks.start) * self.shape.saved() * LANES;
        let stride = tile.saved_stride();
        let rows = first.chunks_exact(STRIDE).chain(second.chunks_exact(STRIDE));
        for (to, row) in zip(saved[offset..].chunks_exact_mut(stride), rows) {
            copy(&row[..tile.columns()], &mut to[..tile.columns()]);
        }
    }

    /// w₃ · s₂ of each event, zero in idle lanes.
    #[inline(always)]
    fn score(&mut self, tile: &EventTile, second: &mut [T]) {
        let mut scores = [T::zero(); STRIDE];
        for column in (0..tile.columns()).step_by(LANE_STEP) {
            let mut sum = [T::zero(); LANE_STEP];
            for (row, &w) in zip(second.chunks_exact(STRIDE), self.score) {
                sum = plus(sum, times([w; LANE_STEP], load(&row[column..])));
            }
            store(&mut scores[column..], sum);
        }
        for (block, column) in tile.walk(self.packed) {
            let active = self.packed.active(block);
            let to = &mut self.scores[(block - self.blocks.start) * LANES..][..LANES];
            copy(&scores[column..][..active], &mut to[..active]);
            fill(&mut to[active..], T::zero());
        }
    }
}

/// k into the upper half of `x`, q ∘ k into the lower one.
#[inline(always)]
pub(super) fn put_pairs<T: Real>(keys: &[T], query: &[T], active: usize, column: usize, x: &mut [T]) {
    let (upper, lower) = x.split_at_mut(x.len() / 2);
    let rows = zip(upper.chunks_exact_mut(STRIDE), lower.chunks_exact_mut(STRIDE));
    let lanes = zip(keys.chunks_exact(LANES), query.chunks_exact(LANES));
    for ((upper, lower), (k, q)) in zip(rows, lanes) {
        for lane in groups(active) {
            let k = load(&k[lane..]);
            store(&mut upper[column + lane..], k);
            store(&mut lower[column + lane..], times(k, load(&q[lane..])));
        }
    }
}

/// σ of every element.
#[inline(always)]
fn sigmoid<T: Real, S: Simd>(rows: &mut [T], columns: usize) {
    for row in rows.chunks_exact_mut(STRIDE) {
        for x in row[..columns].chunks_exact_mut(LANE_STEP) {
            let mut group = load(x);
            for x in &mut group {
                *x = math::sigmoid::<T, S>(*x);
            }
            store(x, group);
        }
    }
}
