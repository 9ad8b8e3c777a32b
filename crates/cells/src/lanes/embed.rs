//! Embeddings of events, gathered straight into lanes.

use std::sync::Arc;

use dien_kernels::concrete;
use dien_kernels::inline::{each, fill, zip};
use dien_kernels::par::{for_tasks, join, per_task};
use dien_kernels::simd::{Kernel, Simd, dispatch, transpose};
use dien_tensor::ops::IdGroups;
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use super::listed::Listed;
use crate::{LANES, Packed, per_block};

/// Columns of a table that are brought into lanes at a time.
const COLUMNS: usize = 32;

/// Ids by event in jagged order, several to an event if need be.
#[derive(Clone, Copy, Debug)]
pub struct EventIds<'a> {
    /// `ids[event * per_event + which]` is read.
    pub ids: &'a [u32],
    /// How many ids each event has.
    pub per_event: usize,
    /// Which of them to read, counted from 0; below `per_event`.
    pub which: usize,
}

impl<'a> EventIds<'a> {
    /// One id per event.
    pub fn one(ids: &'a [u32]) -> Self {
        EventIds { ids, per_event: 1, which: 0 }
    }

    #[inline(always)]
    fn get(&self, event: u32) -> u32 {
        self.ids[event as usize * self.per_event + self.which]
    }
}

struct Embed {
    packed: Arc<Packed>,
    /// By table: the rows in use, and the slots that use them.
    orders: Arc<Vec<IdGroups>>,
}

/// The embeddings of every event side by side: `[blocks, Σ widths, LANES]` from tables `[rows, width]`.
///
/// The first `skip` events of each sequence are left zero, and their ids are neither read nor given a
/// gradient. The gradient of a table is rows.
///
/// # Panics
/// If there is no table, an id is beyond its table, there are not `per_event` ids for each event, or `which`
/// is not below `per_event`.
#[track_caller]
pub fn embed<'t, 'a, T: Real + EmbedKernels<T>>(
    tables: impl IntoIterator<Item = (Var<'t, T>, EventIds<'a>)>,
    skip: usize,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let mut tables = tables.into_iter().peekable();
    assert!(tables.peek().is_some(), "lanes embed: at least one table");
    let tables = Listed::of(tables);
    let tape = tables[0].0.tape();
    let features: usize = tables.iter().map(|(table, _)| table.view2().ncols()).sum();
    let mut y = tape.pool().stale(&[packed.blocks(), features, LANES]);
    for &(table, ids) in &*tables {
        check_ids(packed, table.shape()[0], ids, skip);
    }
    let data = y.as_slice_mut().expect("standard layout");
    let sources = Listed::of(tables.iter().map(|&(table, ids)| (table.data(), table.shape()[1], ids)));
    let mut gather = || {
        let mut first = 0;
        for &(table, width, ids) in &*sources {
            gather_table(packed, (table, width), ids, skip, data, (first, features));
            first += width;
        }
    };
    let orders = tape.pool().shared(|orders: &mut Vec<IdGroups>| {
        orders.resize_with(tables.len(), IdGroups::default);
        if !tape.records() {
            return gather();
        }
        let sort = |i: usize, order: &mut [IdGroups]| order[0].sort(used(packed, sources[i].2, skip));
        join(&mut gather, &mut || for_tasks(sources.len(), per_task(&mut orders[..], 1), &sort));
    });
    let op = Embed { packed: packed.clone(), orders };
    tape.record(tables.iter().map(|(table, _)| table), y, op)
}

/// Panics unless there is an id for each event, and every one that is read has a row.
#[track_caller]
fn check_ids(packed: &Packed, rows: usize, ids: EventIds<'_>, skip: usize) {
    let EventIds { ids: all, per_event, which } = ids;
    assert!(which < per_event, "lanes embed: id {which} of an event, of {per_event}, counted from 0");
    assert_eq!(all.len(), packed.events() * per_event, "lanes embed: number of ids");
    // Nearly always all of them have one, and the largest is found in no time.
    if all.iter().max().is_none_or(|&largest| (largest as usize) < rows) {
        return;
    }
    if let Some((id, _)) = used(packed, ids, skip).find(|&(id, _)| id as usize >= rows) {
        panic!("lanes embed: id {id} is beyond a table of {rows} rows");
    }
}

concrete! {
    /// Between rows of tables and lanes.
    pub trait EmbedKernels: Real;

    fn gather_table(
        packed: &Packed,
        table: (&[T], usize),
        ids: EventIds<'_>,
        skip: usize,
        y: &mut [T],
        place: (usize, usize),
    ) = gather_table_of;

    fn events_to_rows(packed: &Packed, dy: &[T], rows: &mut [T], features: usize) = events_to_rows_of;
}

/// Writes the columns `first..` of `y` `[blocks, features, LANES]` from a table and its width.
fn gather_table_of<T: Real>(
    packed: &Packed,
    (table, width): (&[T], usize),
    ids: EventIds<'_>,
    skip: usize,
    y: &mut [T],
    (first, features): (usize, usize),
) {
    packed.par_blocks(per_block(y, features)).for_each(|blocks, y| {
        dispatch(Gather { packed, blocks, table, width, ids, skip, y, first, features });
    });
}

/// `[blocks, features, LANES]` as `[blocks, LANES, features]`.
fn events_to_rows_of<T: Real>(packed: &Packed, dy: &[T], rows: &mut [T], features: usize) {
    packed.par_blocks((per_block(dy, features), per_block(rows, features))).for_each(|blocks, (dy, rows)| {
        dispatch(ToRows { packed, blocks, dy, rows, features });
    });
}

/// Each id that is read, with its slot; by slot.
fn used<'a>(packed: &'a Packed, ids: EventIds<'a>, skip: usize) -> impl Iterator<Item = (u32, u32)> + 'a {
    let blocks = (0..packed.blocks()).filter(move |&block| packed.step(block) >= skip);
    blocks.flat_map(move |block| {
        let slots = (block * LANES) as u32..;
        packed.events_of(block).iter().zip(slots).map(move |(&event, slot)| (ids.get(event), slot))
    })
}

/// Some blocks' columns `first..first + width`, from one table.
struct Gather<'a, T> {
    packed: &'a Packed,
    blocks: std::ops::Range<usize>,
    table: &'a [T],
    width: usize,
    ids: EventIds<'a>,
    skip: usize,
    y: &'a mut [T],
    first: usize,
    features: usize,
}

impl<T: Real> Kernel<T> for Gather<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Gather { packed, width, first, .. } = self;
        let mut rows = [T::zero(); LANES * COLUMNS];
        for (block, y) in zip(self.blocks, self.y.chunks_exact_mut(self.features * LANES)) {
            let y = &mut y[first * LANES..][..width * LANES];
            if packed.step(block) < self.skip {
                fill(y, T::zero());
                continue;
            }
            for left in (0..width).step_by(COLUMNS) {
                let columns = COLUMNS.min(width - left);
                for (row, &event) in zip(rows.chunks_exact_mut(COLUMNS), packed.events_of(block)) {
                    let at = self.ids.get(event) as usize * width + left;
                    copy(&self.table[at..][..columns], &mut row[..columns]);
                }
                let dims = (packed.width(block), columns);
                transpose::<T, S>(&rows, COLUMNS, dims, &mut y[left * LANES..], LANES);
            }
        }
    }
}

/// A short row, by vectors of a fixed length: a call of the library's copy costs more than that.
#[inline(always)]
fn copy<T: Copy + Default>(from: &[T], to: &mut [T]) {
    const VECTOR: usize = 8;
    if let (Some(last), Some(end)) = (from.last_chunk::<VECTOR>(), to.last_chunk_mut::<VECTOR>()) {
        *end = *last;
        for (to, from) in zip(to.as_chunks_mut::<VECTOR>().0, from.as_chunks::<VECTOR>().0) {
            *to = *from;
        }
    } else {
        each(to, [from], |to, [x]| *to = x);
    }
}

/// Some blocks with their lanes as rows.
struct ToRows<'a, T> {
    packed: &'a Packed,
    blocks: std::ops::Range<usize>,
    dy: &'a [T],
    rows: &'a mut [T],
    features: usize,
}

impl<T: Real> Kernel<T> for ToRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.features * LANES;
        let blocks = zip(self.dy.chunks_exact(size), self.rows.chunks_exact_mut(size));
        for (block, (dy, rows)) in zip(self.blocks, blocks) {
            let dims = (self.features, self.packed.width(block));
            transpose::<T, S>(dy, LANES, dims, rows, self.features);
        }
    }
}

impl<T: Real + EmbedKernels<T>> Backward<T> for Embed {
    fn name(&self) -> &'static str {
        "lanes embed"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (packed, features) = (&*self.packed, dy.shape()[1]);
        let dy = dy.to_slice().expect("standard layout");
        let mut rows = io.pool().scratch(dy.len());
        events_to_rows(packed, dy, &mut rows, features);
        let mut first = 0;
        for (table, order) in self.orders.iter().enumerate() {
            let width = io.input(table).shape()[1];
            io.add_row_sums(table, order, |slot, sum| {
                let row = &rows[slot * features + first..][..width];
                each(sum, [row], |s, [g]| *s += g);
            });
            first += width;
        }
    }
}
