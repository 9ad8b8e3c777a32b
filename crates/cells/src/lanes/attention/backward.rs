//! The activation unit's way back.

use std::ops::Range;

use dien_kernels::gemm::{Block, Columns, LongRows, Store, product};
use dien_kernels::inline::{fill, zip};
use dien_kernels::simd::{Kernel, Simd, transpose};
use dien_tensor::Real;

use super::Shape;
use super::event_tile::{
    COLUMNS, EventTile, STRIDE, clear_rest, event_tiles, groups, load, mask, minus, plus, put, select, store,
    times,
};
use super::forward::put_pairs;
use super::keys::{KeyGrads, Keys};
use crate::packed::LANE_STEP;
use crate::{LANES, Packed};

/// Lanes in which a row's sum is kept until the end.
const SUM: usize = 8;

/// Gradients from some blocks of one chunk. Slices over blocks are these blocks' own part.
pub(super) struct Backward<'a, T: Real> {
    pub shape: Shape,
    pub packed: &'a Packed,
    pub blocks: Range<usize>,
    pub keys: Keys<'a, T>,
    /// q, `[hidden, LANES]`
    pub query: &'a [T],
    /// The product's weight, `[first, product inputs]`.
    pub weight: &'a [T],
    /// `[second, first]`
    pub second: &'a [T],
    pub score: &'a [T],
    pub saved: &'a [T],
    /// The scores' gradient, `[blocks, LANES]`, zero in idle lanes.
    pub d_scores: &'a [T],
    pub key_grads: KeyGrads<'a, T>,
    /// The gradients of q, `[hidden, LANES]`, and of its part of the first layer, `[first, LANES]`:
    /// overwritten.
    pub d_query: &'a mut [T],
    pub d_query_part: &'a mut [T],
    /// [`sums`] numbers, overwritten: the gradients of the product's weight `[first, padded inputs]`, of the
    /// second layer `[second, padded first]`, of its bias and of the scores' weight, `[second]` each.
    pub sums: &'a mut [T],
    /// [`scratch`] numbers.
    pub scratch: &'a mut [T],
}

/// The sums of a [`Backward`].
pub(super) fn sums(shape: Shape) -> usize {
    shape.first * Shape::padded(shape.inputs()) + shape.second * (Shape::padded(shape.first) + 2)
}

/// The scratch of a [`Backward`].
pub(super) fn scratch(shape: Shape) -> usize {
    let matrices = (4 * shape.hidden + shape.first + shape.second) * STRIDE;
    matrices + row_size(shape) + 2 * shape.second * SUM + 2 * shape.hidden * LANES
}

/// A tile's rows, of the first layer's inputs or values.
fn row_size(shape: Shape) -> usize {
    Shape::padded(shape.first.max(shape.inputs())) * COLUMNS
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let shape = self.shape;
        let inputs = shape.inputs();
        let (x, rest) = std::mem::take(&mut self.scratch).split_at_mut(2 * shape.hidden * STRIDE);
        let (dx, rest) = rest.split_at_mut(2 * shape.hidden * STRIDE);
        let (d_first, rest) = rest.split_at_mut(shape.first * STRIDE);
        let (d_second, rest) = rest.split_at_mut(shape.second * STRIDE);
        let (rows, rest) = rest.split_at_mut(row_size(shape));
        let (lane_sums, lanes) = rest.split_at_mut(2 * shape.second * SUM);
        let (d_weight, rest) =
            std::mem::take(&mut self.sums).split_at_mut(shape.first * Shape::padded(inputs));
        let (d_second_weight, d_vectors) = rest.split_at_mut(shape.second * Shape::padded(shape.first));
        fill(lane_sums, T::zero());
        fill(self.d_query, T::zero());
        fill(self.d_query_part, T::zero());
        for tile in event_tiles(self.packed, self.blocks.clone()) {
            let (columns, add) = (tile.columns(), tile.blocks.start > self.blocks.start);
            let offset = (tile.blocks.start - self.blocks.start) * shape.saved() * LANES;
            let saved = &self.saved[offset..];
            let stride = tile.saved_stride();
            let (first, second) = saved.split_at(shape.first * stride);

            self.second_derivatives(&tile, second, d_second, lane_sums);
            let d = Block::new(&*d_second, STRIDE);
            let weight = Columns(Block::new(self.second, shape.first));
            let dims = (shape.first, columns, shape.second);
            product::<T, S, _, _>(dims, weight, d, Store::new(d_first, STRIDE));
            derivatives(first, stride, columns, d_first);

            let padded = Shape::padded(shape.first);
            rows_of::<T, S>(first, stride, (shape.first, padded), tile.events, rows);
            let dims = (shape.second, padded, tile.events);
            let to = Store { c: &mut *d_second_weight, stride: padded, add };
            product::<T, S, _, _>(dims, LongRows(d), Block::new(&*rows, padded), to);

            self.fill::<S>(&tile, x, lanes);
            let padded = Shape::padded(inputs);
            rows_of::<T, S>(x, STRIDE, (inputs, padded), tile.events, rows);
            let d = Block::new(&*d_first, STRIDE);
            let dims = (shape.first, padded, tile.events);
            let to = Store { c: &mut *d_weight, stride: padded, add };
            product::<T, S, _, _>(dims, LongRows(d), Block::new(&*rows, padded), to);

            let weight = Columns(Block::new(self.weight, inputs));
            let dims = (inputs, columns, shape.first);
            product::<T, S, _, _>(dims, weight, d, Store::new(dx, STRIDE));
            self.spread::<S>(&tile, x, dx, d_first, lanes);
        }
        for (to, sums) in zip(d_vectors, lane_sums.chunks_exact(SUM)) {
            let [a, b, c, d, e, f, g, h] = *sums.first_chunk().expect("SUM lanes");
            *to = ((a + b) + (c + d)) + ((e + f) + (g + h));
        }
    }
}

impl<T: Real> Backward<'_, T> {
    /// From the scores' gradient to that of the second layer's argument; sums for the bias and the scores'
    /// weight.
    #[inline(always)]
    fn second_derivatives(&self, tile: &EventTile, second: &[T], d_second: &mut [T], lane_sums: &mut [T]) {
        let mut d_scores = [T::zero(); STRIDE];
        for (block, column) in tile.walk(self.packed) {
            let d = &self.d_scores[(block - self.blocks.start) * LANES..][..LANES];
            put(d, self.packed.active(block), column, &mut d_scores);
        }
        clear_rest(tile, &mut d_scores);
        let stride = tile.saved_stride();
        let (bias_sums, score_sums) = lane_sums.split_at_mut(self.shape.second * SUM);
        let sums = zip(bias_sums.chunks_exact_mut(SUM), score_sums.chunks_exact_mut(SUM));
        let rows = zip(second.chunks_exact(stride), d_second.chunks_exact_mut(STRIDE));
        for (((s, to), (bias_sum, score_sum)), &w) in zip(zip(rows, sums), self.score) {
            let (mut of_bias, mut of_score) = ([T::zero(); LANE_STEP], [T::zero(); LANE_STEP]);
            for column in (0..tile.columns()).step_by(LANE_STEP) {
                let s = load(&s[column..]);
                let ds = times(s, load(&d_scores[column..]));
                let d = times([w; LANE_STEP], minus(ds, times(ds, s)));
                store(&mut to[column..], d);
                of_score = plus(of_score, ds);
                of_bias = plus(of_bias, d);
            }
            for l in 0..SUM {
                bias_sum[l] += of_bias[l] + of_bias[l + SUM];
                score_sum[l] += of_score[l] + of_score[l + SUM];
            }
        }
    }

    #[inline(always)]
    fn fill<S: Simd>(&self, tile: &EventTile, x: &mut [T], lanes: &mut [T]) {
        for (block, column) in tile.walk(self.packed) {
            let active = self.packed.active(block);
            let keys = self.keys.of_block::<S>(self.packed, block, self.query.len(), lanes);
            put_pairs(keys, self.query, active, column, x);
        }
        clear_rest(tile, x);
    }

    /// From the gradients of a tile's columns to those of its keys and its queries.
    #[inline(always)]
    fn spread<S: Simd>(&mut self, tile: &EventTile, x: &[T], dx: &mut [T], d_first: &[T], lanes: &mut [T]) {
        let half = self.shape.hidden * STRIDE;
        let (d_keys, d_pairs) = dx.split_at_mut(half);
        for (block, column) in tile.walk(self.packed) {
            let active = self.packed.active(block);
            let mask = mask::<T>(active);
            for (to, row) in zip(self.d_query_part.chunks_exact_mut(LANES), d_first.chunks_exact(STRIDE)) {
                for lane in groups(active) {
                    let d = select(load(&mask[lane..]), load(&row[column + lane..]));
                    let to = &mut to[lane..];
                    store(to, plus(load(to), d));
                }
            }
            let rows = zip(x.chunks_exact(STRIDE), d_pairs.chunks_exact(STRIDE));
            for (to, (k, d)) in zip(self.d_query.chunks_exact_mut(LANES), rows) {
                for lane in groups(active) {
                    let d = times(load(&k[column + lane..]), load(&d[column + lane..]));
                    let to = &mut to[lane..];
                    store(to, plus(load(to), select(load(&mask[lane..]), d)));
                }
            }
            let own = block - self.blocks.start;
            let at = (own, active, column);
            let lanes = &mut lanes[..self.query.len()];
            self.key_grads.add::<S>(at, &mask, self.query, (d_keys, d_pairs), lanes);
        }
    }
}

/// d ← d ∘ s ∘ (1 − s), the derivative of σ at the values s.
#[inline(always)]
fn derivatives<T: Real>(s: &[T], stride: usize, columns: usize, d: &mut [T]) {
    for (d, s) in zip(d.chunks_exact_mut(STRIDE), s.chunks_exact(stride)) {
        let groups = s[..columns].chunks_exact(LANE_STEP);
        for (d, s) in zip(d[..columns].chunks_exact_mut(LANE_STEP), groups) {
            let s = load(s);
            store(d, times(load(d), minus(s, times(s, s))));
        }
    }
}

/// The events of a matrix `[features, columns]` as rows `[events, padded]`, zero past the features.
#[inline(always)]
fn rows_of<T: Real, S: Simd>(
    matrix: &[T],
    stride: usize,
    (features, padded): (usize, usize),
    events: usize,
    rows: &mut [T],
) {
    transpose::<T, S>(matrix, stride, (features, events), rows, padded);
    if features < padded {
        rows.chunks_exact_mut(padded).take(events).for_each(|row| fill(&mut row[features..], T::zero()));
    }
}
