//! Tiles: the true pairs of several blocks side by side, so that ragged blocks leave no lane idle.

use std::ops::Range;

use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::Real;

use crate::packed::LANE_STEP;
use crate::{LANES, Packed};

/// Columns of a tile. A feature of it is a row of this many elements; some 200 KB of a tile's `f32`
/// intermediates fit L2.
pub(super) const COLUMNS: usize = 96;

/// Consecutive lanes of one block.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    block: usize,
    lane: usize,
    count: usize,
}

/// Walks the pairs of some blocks: the active lanes of every block that is not the first of its chunk.
#[derive(Clone, Debug)]
pub(super) struct Pairs<'a> {
    packed: &'a Packed,
    chunk: usize,
    block: usize,
    lane: usize,
    end: usize,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(packed: &'a Packed, blocks: Range<usize>) -> Self {
        Pairs { packed, chunk: 0, block: blocks.start, lane: 0, end: blocks.end }
    }

    /// The next lanes of one block, at most `room` of them.
    fn next(&mut self, room: usize) -> Option<Run> {
        while self.block < self.end {
            let chunk = self.packed.chunk(self.chunk);
            if self.block >= chunk.end {
                self.chunk += 1;
            } else if self.block == chunk.start {
                self.block += 1;
            } else {
                let (block, lane) = (self.block, self.lane);
                let active = self.packed.active(block);
                let count = (active - lane).min(room);
                (self.block, self.lane) =
                    if lane + count == active { (block + 1, 0) } else { (block, lane + count) };
                return Some(Run { block, lane, count });
            }
        }
        None
    }

    /// The number of pairs that are left.
    pub(super) fn count(mut self) -> usize {
        let mut count = 0;
        while let Some(run) = self.next(LANES) {
            count += run.count;
        }
        count
    }

    /// The block at which the first `n` pairs, or a few more, have passed.
    pub(super) fn cut(mut self, n: usize) -> usize {
        let mut count = 0;
        while count < n
            && let Some(run) = self.next(LANES)
        {
            count += run.count;
        }
        self.block
    }
}

/// Which pairs a tile's columns are.
pub(super) struct PairTile {
    runs: [Run; COLUMNS],
    len: usize,
    /// How many columns hold a pair.
    pub used: usize,
}

impl PairTile {
    /// The next pairs, up to [`COLUMNS`]; `None` if there are no more.
    pub(super) fn take(pairs: &mut Pairs<'_>) -> Option<PairTile> {
        let mut tile = PairTile { runs: [Run::default(); COLUMNS], len: 0, used: 0 };
        while tile.used < COLUMNS
            && let Some(run) = pairs.next(COLUMNS - tile.used)
        {
            tile.runs[tile.len] = run;
            tile.len += 1;
            tile.used += run.count;
        }
        (tile.len > 0).then_some(tile)
    }

    /// How many columns are computed: [`Self::used`], rounded up to whole vectors. Those past the used ones
    /// are zero.
    pub(super) fn width(&self) -> usize {
        self.used.next_multiple_of(LANE_STEP)
    }

    /// Each pair's column of `from` `[blocks, features, LANES]`, read `before` blocks earlier, into `to`
    /// `[features, COLUMNS]`.
    pub(super) fn gather<T: Real>(&self, from: &[T], before: usize, features: usize, to: &mut [T]) {
        dispatch(Gather { tile: self, from, before, features, to });
    }

    /// The columns of `from` `[features, COLUMNS]` into their lanes of `to`, which begins at block `first`
    /// and has a block every `stride` elements. Idle lanes of their blocks become zero.
    pub(super) fn scatter<T: Real>(
        &self,
        from: &[T],
        features: usize,
        to: &mut [T],
        (first, stride): (usize, usize),
    ) {
        dispatch(Scatter { tile: self, from, features, to, first, stride });
    }
}

struct Gather<'a, T> {
    tile: &'a PairTile,
    from: &'a [T],
    before: usize,
    features: usize,
    to: &'a mut [T],
}

impl<T: Real> Kernel<T> for Gather<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.features * LANES;
        let mut column = 0;
        for run in &self.tile.runs[..self.tile.len] {
            let block = &self.from[(run.block - self.before) * size..][..size];
            let rows = zip(block.chunks_exact(LANES), self.to.chunks_exact_mut(COLUMNS));
            // A copy of a fixed length is a few instructions; the next run overwrites what was too much.
            if run.lane == 0 && column + LANES <= COLUMNS {
                for (from, to) in rows {
                    copy(&from[..LANES], &mut to[column..][..LANES]);
                }
            } else {
                for (from, to) in rows {
                    copy(&from[run.lane..][..run.count], &mut to[column..][..run.count]);
                }
            }
            column += run.count;
        }
        for to in self.to.chunks_exact_mut(COLUMNS) {
            fill(&mut to[column..self.tile.width()], T::zero());
        }
    }
}

struct Scatter<'a, T> {
    tile: &'a PairTile,
    from: &'a [T],
    features: usize,
    to: &'a mut [T],
    first: usize,
    stride: usize,
}

impl<T: Real> Kernel<T> for Scatter<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.features * LANES;
        let mut column = 0;
        for run in &self.tile.runs[..self.tile.len] {
            let block = &mut self.to[(run.block - self.first) * self.stride..][..size];
            let rows = zip(block.chunks_exact_mut(LANES), self.from.chunks_exact(COLUMNS));
            if run.lane == 0 && column + LANES <= COLUMNS {
                for (to, from) in rows {
                    let from: &[T; LANES] = from[column..].first_chunk().expect("a block's lanes");
                    for l in 0..LANES {
                        to[l] = if l < run.count { from[l] } else { T::zero() };
                    }
                }
            } else {
                for (to, from) in rows {
                    copy(&from[column..][..run.count], &mut to[run.lane..][..run.count]);
                    fill(&mut to[run.lane + run.count..], T::zero());
                }
            }
            column += run.count;
        }
    }
}
