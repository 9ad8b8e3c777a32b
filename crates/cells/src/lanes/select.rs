//! Some events of a tensor in lanes, as rows.

use dien_kernels::inline::zip;
use dien_tensor::{Backward, OpGrads, Real, Scratch, Var};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::event_features;
use crate::packed::NONE;
use crate::{LANES, Packed};

struct SelectEvents {
    slots: Scratch<u32>,
    features: usize,
}

/// Events of `x` `[blocks, features, LANES]` as rows `[events.len(), features]`.
///
/// One is a sequence and a step of it; `None` gives a row of zeros. An event may be selected more than once.
///
/// # Panics
/// If `x` has another shape, or one of them is not an event.
#[track_caller]
pub fn select_events<'t, T: Real>(
    x: Var<'t, T>,
    events: impl IntoIterator<Item = Option<(usize, usize)>>,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let features = event_features("select events", x, packed);
    let slot = |(sequence, step): (usize, usize)| {
        assert!(
            step < packed.lengths()[sequence] as usize,
            "select events: step {step} of sequence {sequence}"
        );
        packed.slot(sequence, step)
    };
    let (pool, events) = (x.tape().pool(), events.into_iter());
    let mut slots = pool.indices().take_stale(events.size_hint().0);
    slots.clear();
    slots.extend(events.map(|p| p.map_or(NONE, slot)));
    let mut y = pool.stale(&[slots.len(), features]);
    let (data, y_data) = (x.data(), y.as_slice_mut().expect("standard layout"));
    for (row, &slot) in zip(y_data.chunks_exact_mut(features.max(1)), &slots) {
        if slot == NONE {
            row.fill(T::zero());
            continue;
        }
        let (base, lane) = (slot as usize / LANES * features * LANES, slot as usize % LANES);
        row.iter_mut().enumerate().for_each(|(f, to)| *to = data[base + f * LANES + lane]);
    }
    let slots = pool.indices().adopt(slots);
    x.tape().record(&[x], y, SelectEvents { slots, features })
}

impl<T: Real> Backward<T> for SelectEvents {
    fn name(&self) -> &'static str {
        "select events"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            for (row, &slot) in zip(dy.chunks_exact(self.features.max(1)), &self.slots[..]) {
                if slot != NONE {
                    let (base, lane) = (slot as usize / LANES * self.features * LANES, slot as usize % LANES);
                    row.iter().enumerate().for_each(|(f, &g)| dx[base + f * LANES + lane] += g);
                }
            }
        }
    }
}
