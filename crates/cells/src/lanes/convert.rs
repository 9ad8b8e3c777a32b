//! Between rows and lanes.

use dien_kernels::concrete;
use dien_kernels::inline::zip;
use dien_kernels::par::for_some_rows;
use dien_tensor::{Backward, OpGrads, Real, Var, ops};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::sequence_features;
use crate::{LANES, Packed, Padded};

struct SequencesToLanes {
    packed: Arc<Packed>,
    features: usize,
}

struct LanesToSequences {
    packed: Arc<Packed>,
    features: usize,
}

struct EventsToLanes {
    packed: Arc<Packed>,
    features: usize,
}

concrete! {
    /// The moves between rows and lanes on the tape.
    pub trait ConvertOps: Real;

    /// A row per sequence, `[sequences, features]`, into lanes: `[chunks, features, LANES]`, idle lanes zero.
    ///
    /// # Panics
    /// If there is not one row per sequence.
    pub fn sequences_to_lanes<'t>(
        x: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> = record_sequences_to_lanes;

    /// The inverse of [`sequences_to_lanes`]: `[chunks, features, LANES]` to `[sequences, features]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn lanes_to_sequences<'t>(
        x: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> = record_lanes_to_sequences;

    /// A row per event, `[events, features]` in jagged order, into lanes: `[blocks, features, LANES]`.
    ///
    /// # Panics
    /// If there is not one row per event.
    pub fn events_to_lanes<'t>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> = record_events_to_lanes;
}

#[track_caller]
fn record_sequences_to_lanes<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = row_features("sequences to lanes", x, packed.len());
    let mut y = x.tape().pool().zeros(&[packed.chunks(), features, LANES]);
    let data = x.data();
    par_chunks_mut(y.as_slice_mut().expect("standard layout"), features, |chunk, y| {
        for lane in 0..LANES {
            if let Some(s) = packed.sequence(chunk, lane) {
                scatter(&data[s * features..][..features], y, lane);
            }
        }
    });
    x.tape().record(&[x], y, SequencesToLanes { packed: packed.clone(), features })
}

#[track_caller]
fn record_lanes_to_sequences<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = sequence_features("lanes to sequences", x, packed);
    let mut y = x.tape().pool().stale(&[packed.len(), features]);
    let data = x.data();
    par_rows_mut(y.as_slice_mut().expect("standard layout"), features, |s, row| {
        let (chunk, lane) = packed.place(s);
        collect(&data[chunk * features * LANES..], lane, row, |_, x| x);
    });
    x.tape().record(&[x], y, LanesToSequences { packed: packed.clone(), features })
}

#[track_caller]
fn record_events_to_lanes<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = row_features("events to lanes", x, packed.events());
    let mut y = x.tape().pool().zeros(&[packed.blocks(), features, LANES]);
    let (data, y_data) = (x.data(), y.as_slice_mut().expect("standard layout"));
    for (row, &slot) in zip(data.chunks_exact(features.max(1)), packed.event_slots()) {
        let (block, lane) = (slot as usize / LANES, slot as usize % LANES);
        scatter(row, &mut y_data[block * features * LANES..], lane);
    }
    x.tape().record(&[x], y, EventsToLanes { packed: packed.clone(), features })
}

/// The true events of padded rows, `[rows, steps, features]`, into lanes: `[blocks, features, LANES]` over
/// [`Padded::packed`]. Padding is not read.
///
/// # Panics
/// If `x` has another shape.
#[track_caller]
pub fn padded_to_lanes<'t, T: Real + ConvertOps<T>>(
    x: Var<'t, T>,
    padded: &Padded,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let [rows, steps, features] = *x.shape() else {
        panic!("padded to lanes: expected [rows, steps, features], found {:?}", x.shape())
    };
    assert_eq!((rows, steps), (padded.lengths.len(), padded.steps), "padded to lanes: rows and steps");
    assert_eq!(packed.lengths(), padded.lengths, "padded to lanes: lengths");
    let cells = ops::reshape(x, &[rows * steps, features]);
    events_to_lanes(ops::gather(cells, &padded.event_positions()), packed)
}

#[track_caller]
fn row_features<T: Real>(op: &str, x: Var<'_, T>, expected: usize) -> usize {
    match *x.shape() {
        [n, features] if n == expected => features,
        _ => panic!("{op}: expected [{expected}, features], found {:?}", x.shape()),
    }
}

/// A row into one lane of a block.
#[inline(always)]
fn scatter<T: Real>(row: &[T], block: &mut [T], lane: usize) {
    for (f, &x) in row.iter().enumerate() {
        block[f * LANES + lane] = x;
    }
}

/// One lane of a block into a row, combined with what is there.
#[inline(always)]
fn collect<T: Real>(block: &[T], lane: usize, row: &mut [T], combine: impl Fn(T, T) -> T) {
    for (f, to) in row.iter_mut().enumerate() {
        *to = combine(*to, block[f * LANES + lane]);
    }
}

fn par_chunks_mut<T: Real>(data: &mut [T], features: usize, f: impl Fn(usize, &mut [T]) + Send + Sync) {
    for_some_rows(1, features * LANES, data, &f);
}

fn par_rows_mut<T: Real>(data: &mut [T], features: usize, f: impl Fn(usize, &mut [T]) + Send + Sync) {
    for_some_rows(64, features, data, &f);
}

impl<T: Real> Backward<T> for SequencesToLanes {
    fn name(&self) -> &'static str {
        "sequences to lanes"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        let (packed, features) = (&self.packed, self.features);
        if let Some(dx) = io.grad_data(0) {
            par_rows_mut(dx, features, |s, row| {
                let (chunk, lane) = packed.place(s);
                collect(&dy[chunk * features * LANES..], lane, row, |a, b| a + b);
            });
        }
    }
}

impl<T: Real> Backward<T> for LanesToSequences {
    fn name(&self) -> &'static str {
        "lanes to sequences"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        let (packed, features) = (&self.packed, self.features);
        if let Some(dx) = io.grad_data(0) {
            par_chunks_mut(dx, features, |chunk, dx| {
                for lane in 0..LANES {
                    if let Some(s) = packed.sequence(chunk, lane) {
                        for (f, &g) in dy[s * features..][..features].iter().enumerate() {
                            dx[f * LANES + lane] += g;
                        }
                    }
                }
            });
        }
    }
}

impl<T: Real> Backward<T> for EventsToLanes {
    fn name(&self) -> &'static str {
        "events to lanes"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        let (packed, features) = (&self.packed, self.features);
        if let Some(dx) = io.grad_data(0) {
            par_rows_mut(dx, features, |event, row| {
                let slot = packed.event_slots()[event] as usize;
                collect(&dy[slot / LANES * features * LANES..], slot % LANES, row, |a, b| a + b);
            });
        }
    }
}
