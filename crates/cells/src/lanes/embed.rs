//! Embeddings of events, gathered straight into lanes.

use dien_tensor::ops::RowOrder;
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::{ArrayView2, ArrayViewD};
use rayon::prelude::*;
use std::sync::Arc;

use crate::{LANES, Packed};

/// Ids by event in jagged order, several to an event if need be.
#[derive(Clone, Copy, Debug)]
pub struct EventIds<'a> {
    /// `ids[event * per_event + which]` is read.
    pub ids: &'a [u32],
    /// How many ids each event has.
    pub per_event: usize,
    /// Which of them to read.
    pub which: usize,
}

impl<'a> EventIds<'a> {
    /// One id per event.
    pub fn one(ids: &'a [u32]) -> Self {
        EventIds { ids, per_event: 1, which: 0 }
    }

    fn get(&self, event: usize) -> u32 {
        self.ids[event * self.per_event + self.which]
    }
}

struct Embed {
    packed: Arc<Packed>,
    /// By table: the rows in use, and the events (places in `cells`) that use them.
    orders: Vec<RowOrder>,
    /// The cells that were written.
    cells: Vec<u32>,
    widths: Vec<usize>,
}

/// The embeddings of every event side by side: `[blocks, Σ widths, LANES]` from tables `[rows, width]`.
///
/// The first `skip` events of each sequence are left zero, and their ids are neither read nor given a gradient. The
/// gradient of a table is rows.
///
/// # Panics
/// If an id is beyond its table, or there are too few ids.
#[track_caller]
pub fn embed<'t, T: Real>(
    tables: &[(Var<'t, T>, EventIds<'_>)],
    skip: usize,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let tape = tables.first().expect("lanes embed: at least one table").0.tape();
    let widths: Vec<usize> = tables.iter().map(|(table, _)| table.view2().ncols()).collect();
    let features: usize = widths.iter().sum();
    let mut events = Vec::with_capacity(packed.events());
    let mut first = 0;
    for &length in packed.lengths() {
        events.extend((first + skip.min(length as usize)) as u32..(first + length as usize) as u32);
        first += length as usize;
    }
    let orders = tables.iter().map(|(table, ids)| {
        let rows = table.shape()[0];
        let needed = packed.events() * ids.per_event;
        assert_eq!(ids.ids.len(), needed, "lanes embed: number of ids");
        let used: Vec<u32> = events.iter().map(|&e| ids.get(e as usize)).collect();
        if let Some(id) = used.iter().find(|&&id| id as usize >= rows) {
            panic!("lanes embed: id {id} is beyond a table of {rows} rows");
        }
        if tape.records() { RowOrder::new(&used) } else { RowOrder::default() }
    });
    let orders: Vec<RowOrder> = orders.collect();
    let mut y = tape.pool().zeros(&[packed.blocks(), features, LANES]);
    let mut offsets = vec![0u32];
    offsets.extend(packed.lengths().iter().scan(0, |sum, &n| {
        *sum += n;
        Some(*sum)
    }));
    let given: Vec<(&[T], EventIds<'_>)> = tables.iter().map(|(t, ids)| (t.data(), *ids)).collect();
    let parts = packed.split_mut(y.as_slice_mut().expect("standard layout"), features);
    parts.into_par_iter().enumerate().for_each(|(chunk, y)| {
        for lane in 0..LANES {
            let Some(s) = packed.sequence(chunk, lane) else { break };
            for step in skip..packed.lengths()[s] as usize {
                let event = offsets[s] as usize + step;
                let mut at = step * features * LANES + lane;
                for ((table, ids), &width) in given.iter().zip(&widths) {
                    for &x in &table[ids.get(event) as usize * width..][..width] {
                        y[at] = x;
                        at += LANES;
                    }
                }
            }
        }
    });
    let cells = events.iter().map(|&e| packed.cells()[e as usize]).collect();
    let inputs: Vec<Var<'t, T>> = tables.iter().map(|(t, _)| *t).collect();
    tape.record(&inputs, y, Embed { packed: packed.clone(), orders, cells, widths })
}

impl<T: Real> Backward<T> for Embed {
    fn name(&self) -> &'static str {
        "lanes embed"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let features: usize = self.widths.iter().sum();
        debug_assert_eq!(dy.len(), self.packed.blocks() * features * LANES);
        let dy = dy.to_slice().expect("standard layout");
        let mut first = 0;
        for (table, (order, &width)) in self.orders.iter().zip(&self.widths).enumerate() {
            let mut rows = io.pool().scratch(order.unique.len() * width);
            rows.par_chunks_mut(width).with_min_len(32).enumerate().for_each(|(row, sum)| {
                sum.fill(T::zero());
                for &position in &order.positions[order.starts[row] as usize..order.starts[row + 1] as usize]
                {
                    let cell = self.cells[position as usize] as usize;
                    let at = (cell / LANES * features + first) * LANES + cell % LANES;
                    sum.iter_mut().enumerate().for_each(|(f, sum)| *sum += dy[at + f * LANES]);
                }
            });
            let rows = ArrayView2::from_shape((order.unique.len(), width), &rows[..]).expect("a row per id");
            io.add_rows(table, &order.unique, rows);
            first += width;
        }
    }
}
