//! Some events of a tensor in lanes, as rows.

use dien_tensor::{Backward, OpGrads, Real, Scratch, Var};
use ndarray::ArrayViewD;
use std::sync::Arc;

use super::event_features;
use crate::packed::NONE;
use crate::{LANES, Packed};

struct Pick {
    cells: Scratch<u32>,
    features: usize,
}

/// Events of `x` `[blocks, features, LANES]` as rows `[picks.len(), features]`.
///
/// A pick is a sequence and a step of it; `None` gives a row of zeros. An event may be picked more than once.
///
/// # Panics
/// If `x` has another shape, or a pick is not an event.
#[track_caller]
pub fn pick<'t, T: Real>(
    x: Var<'t, T>,
    picks: impl IntoIterator<Item = Option<(usize, usize)>>,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let features = event_features("lanes pick", x, packed);
    let cell = |(sequence, step): (usize, usize)| {
        assert!(step < packed.lengths()[sequence] as usize, "lanes pick: step {step} of sequence {sequence}");
        packed.cell(sequence, step)
    };
    let (pool, picks) = (x.tape().pool(), picks.into_iter());
    let mut cells = pool.indices().take_stale(picks.size_hint().0);
    cells.clear();
    cells.extend(picks.map(|p| p.map_or(NONE, cell)));
    let mut y = pool.stale(&[cells.len(), features]);
    let (data, y_data) = (x.data(), y.as_slice_mut().expect("standard layout"));
    for (row, &cell) in y_data.chunks_exact_mut(features.max(1)).zip(&cells) {
        if cell == NONE {
            row.fill(T::zero());
            continue;
        }
        let (base, lane) = (cell as usize / LANES * features * LANES, cell as usize % LANES);
        row.iter_mut().enumerate().for_each(|(f, to)| *to = data[base + f * LANES + lane]);
    }
    let cells = pool.indices().adopt(cells);
    x.tape().record(&[x], y, Pick { cells, features })
}

impl<T: Real> Backward<T> for Pick {
    fn name(&self) -> &'static str {
        "lanes pick"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            for (row, &cell) in dy.chunks_exact(self.features.max(1)).zip(&self.cells[..]) {
                if cell != NONE {
                    let (base, lane) = (cell as usize / LANES * self.features * LANES, cell as usize % LANES);
                    row.iter().enumerate().for_each(|(f, &g)| dx[base + f * LANES + lane] += g);
                }
            }
        }
    }
}
