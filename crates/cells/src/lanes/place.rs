//! Between rows and lanes.

use dien_kernels::concrete;
use dien_tensor::{Backward, OpGrads, Real, Var, ops};
use ndarray::ArrayViewD;
use rayon::prelude::*;
use std::sync::Arc;

use super::sequence_features;
use crate::{LANES, Packed, Padded};

struct Place {
    packed: Arc<Packed>,
    features: usize,
}

struct Rows {
    packed: Arc<Packed>,
    features: usize,
}

struct Pack {
    packed: Arc<Packed>,
    features: usize,
}

concrete! {
    /// The moves between rows and lanes on the tape.
    pub trait PlaceOps;

    /// A row per sequence, `[sequences, features]`, into lanes: `[chunks, features, LANES]`, idle lanes zero.
    ///
    /// # Panics
    /// If there is not one row per sequence.
    pub fn place<'t>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> = record_place;

    /// The inverse of [`place`]: `[chunks, features, LANES]` to `[sequences, features]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn rows<'t>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> = record_rows;

    /// A row per event, `[events, features]` in jagged order, into lanes: `[blocks, features, LANES]`.
    ///
    /// # Panics
    /// If there is not one row per event.
    pub fn pack<'t>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> = record_pack;
}

#[track_caller]
fn record_place<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = row_features("lanes place", x, packed.len());
    let mut y = x.tape().pool().zeros(&[packed.chunks(), features, LANES]);
    let data = x.data();
    par_chunks_mut(y.as_slice_mut().expect("standard layout"), features, |chunk, y| {
        for lane in 0..LANES {
            if let Some(s) = packed.sequence(chunk, lane) {
                scatter(&data[s * features..][..features], y, lane);
            }
        }
    });
    x.tape().record(&[x], y, Place { packed: packed.clone(), features })
}

#[track_caller]
fn record_rows<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = sequence_features("lanes rows", x, packed);
    let mut y = x.tape().pool().stale(&[packed.len(), features]);
    let data = x.data();
    par_rows_mut(y.as_slice_mut().expect("standard layout"), features, |s, row| {
        let (chunk, lane) = packed.place(s);
        collect(&data[chunk * features * LANES..], lane, row, |_, x| x);
    });
    x.tape().record(&[x], y, Rows { packed: packed.clone(), features })
}

#[track_caller]
fn record_pack<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let features = row_features("lanes pack", x, packed.events());
    let mut y = x.tape().pool().zeros(&[packed.blocks(), features, LANES]);
    let (data, y_data) = (x.data(), y.as_slice_mut().expect("standard layout"));
    for (row, &cell) in data.chunks_exact(features.max(1)).zip(packed.cells()) {
        let (block, lane) = (cell as usize / LANES, cell as usize % LANES);
        scatter(row, &mut y_data[block * features * LANES..], lane);
    }
    x.tape().record(&[x], y, Pack { packed: packed.clone(), features })
}

/// The true events of padded rows, `[rows, steps, features]`, into lanes: `[blocks, features, LANES]` over
/// [`Padded::packed`]. Padding is not read.
///
/// # Panics
/// If `x` has another shape.
#[track_caller]
pub fn pack_padded<'t, T: Real + PlaceOps<T>>(
    x: Var<'t, T>,
    padded: &Padded,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let [rows, steps, features] = *x.shape() else {
        panic!("lanes pack_padded: expected [rows, steps, features], found {:?}", x.shape())
    };
    assert_eq!((rows, steps), (padded.lengths.len(), padded.steps), "lanes pack_padded: rows and steps");
    assert_eq!(packed.lengths(), padded.lengths, "lanes pack_padded: lengths");
    let cells = ops::reshape(x, &[rows * steps, features]);
    pack(ops::gather(cells, &padded.cells()), packed)
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

fn par_chunks_mut<T: Real>(data: &mut [T], features: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    data.par_chunks_mut((features * LANES).max(1)).enumerate().for_each(|(chunk, part)| f(chunk, part));
}

fn par_rows_mut<T: Real>(data: &mut [T], features: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    data.par_chunks_mut(features.max(1)).with_min_len(64).enumerate().for_each(|(s, row)| f(s, row));
}

impl<T: Real> Backward<T> for Place {
    fn name(&self) -> &'static str {
        "lanes place"
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

impl<T: Real> Backward<T> for Rows {
    fn name(&self) -> &'static str {
        "lanes rows"
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

impl<T: Real> Backward<T> for Pack {
    fn name(&self) -> &'static str {
        "lanes pack"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        let (packed, features) = (&self.packed, self.features);
        if let Some(dx) = io.grad_data(0) {
            par_rows_mut(dx, features, |event, row| {
                let cell = packed.cells()[event] as usize;
                collect(&dy[cell / LANES * features * LANES..], cell % LANES, row, |a, b| a + b);
            });
        }
    }
}
