//! Events of several blocks side by side, so that a block's idle lanes cost nothing.

use std::ops::Range;

use dien_kernels::inline::{fill, zip};
use dien_tensor::Real;

use crate::packed::LANE_STEP;
use crate::{LANES, Packed};

/// Events in a tile, at most: its matrices, [rows, COLUMNS], stay in the second-level cache.
pub(super) const COLUMNS: usize = 128;

/// Elements from one row of a tile's matrix to the next: a block is written whole vectors at a time, beyond
/// its active lanes; and not a power of two, so that a column's elements do not share a cache set.
pub(super) const STRIDE: usize = COLUMNS + 24;

/// Consecutive blocks of a chunk, whose active lanes stand side by side in the columns of matrices.
#[derive(Clone, Debug)]
pub(super) struct EventTile {
    pub blocks: Range<usize>,
    /// True events.
    pub events: usize,
}

impl EventTile {
    /// Columns that are computed.
    #[inline(always)]
    pub fn columns(&self) -> usize {
        self.events.next_multiple_of(LANE_STEP)
    }

    /// Elements from one row of what is saved of a tile to the next.
    #[inline(always)]
    pub fn saved_stride(&self) -> usize {
        self.columns()
    }

    /// Each block with its first column.
    #[inline(always)]
    pub fn walk<'a>(&self, packed: &'a Packed) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        self.blocks.clone().scan(0, |column, block| {
            let first = *column;
            *column += packed.active(block);
            Some((block, first))
        })
    }
}

/// Cuts a chunk's `blocks` into tiles.
#[inline(always)]
pub(super) fn event_tiles(
    packed: &Packed,
    blocks: Range<usize>,
) -> impl Iterator<Item = EventTile> + use<'_> {
    let mut next = blocks.start;
    std::iter::from_fn(move || {
        let (start, mut events) = (next, 0);
        while next < blocks.end && events + packed.active(next) <= COLUMNS {
            events += packed.active(next);
            next += 1;
        }
        (start < next).then_some(EventTile { blocks: start..next, events })
    })
}

/// The first lane of each group of 16 that holds one of a block's active lanes.
#[inline(always)]
pub(super) fn groups(active: usize) -> impl Iterator<Item = usize> {
    (0..active).step_by(LANE_STEP)
}

/// A group of lanes, by value: loops over slices that the compiler cannot tell apart stay scalar.
pub(super) type Group<T> = [T; LANE_STEP];

/// The first 16 elements.
#[inline(always)]
pub(super) fn load<T: Real>(x: &[T]) -> Group<T> {
    *x.first_chunk().expect("a group of lanes")
}

/// Sets the first 16 elements.
#[inline(always)]
pub(super) fn store<T: Real>(to: &mut [T], x: Group<T>) {
    *to.first_chunk_mut().expect("a group of lanes") = x;
}

/// a + b
#[inline(always)]
pub(super) fn plus<T: Real>(mut a: Group<T>, b: Group<T>) -> Group<T> {
    for l in 0..LANE_STEP {
        a[l] += b[l];
    }
    a
}

/// a − b
#[inline(always)]
pub(super) fn minus<T: Real>(mut a: Group<T>, b: Group<T>) -> Group<T> {
    for l in 0..LANE_STEP {
        a[l] -= b[l];
    }
    a
}

/// a ∘ b
#[inline(always)]
pub(super) fn times<T: Real>(mut a: Group<T>, b: Group<T>) -> Group<T> {
    for l in 0..LANE_STEP {
        a[l] *= b[l];
    }
    a
}

/// x where `mask` is not 0, else 0.
#[inline(always)]
pub(super) fn select<T: Real>(mask: Group<T>, mut x: Group<T>) -> Group<T> {
    for l in 0..LANE_STEP {
        x[l] = if mask[l] > T::zero() { x[l] } else { T::zero() };
    }
    x
}

/// 1 in active lanes, 0 in idle ones.
#[inline(always)]
pub(super) fn mask<T: Real>(active: usize) -> [T; LANES] {
    let mut mask = [T::zero(); LANES];
    for (lane, m) in mask.iter_mut().enumerate() {
        *m = if lane < active { T::one() } else { T::zero() };
    }
    mask
}

/// Copies the active lanes of a block, `[features, LANES]`, to `columns` of a matrix.
#[inline(always)]
pub(super) fn put<T: Real>(lanes: &[T], active: usize, column: usize, to: &mut [T]) {
    for (lanes, to) in zip(lanes.chunks_exact(LANES), to.chunks_exact_mut(STRIDE)) {
        for lane in groups(active) {
            store(&mut to[column + lane..], load(&lanes[lane..]));
        }
    }
}

/// Zeroes what blocks left between a tile's last event and its last column.
#[inline(always)]
pub(super) fn clear_rest<T: Real>(tile: &EventTile, rows: &mut [T]) {
    for row in rows.chunks_exact_mut(STRIDE) {
        fill(&mut row[tile.events..tile.columns()], T::zero());
    }
}
