//! Each target's events.

use dien_kernels::concrete;
use std::ops::Range;
use std::sync::Arc;

use dien_kernels::inline::zip;
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use super::Windows;
use super::rows::{HistoryRows, add_rows, history_rows, put_blocks, sum_targets};
use crate::lanes::event_features;
use crate::{LANES, Packed, per_block, per_task};

struct Gather {
    windows: Arc<Windows>,
    features: usize,
}

concrete! {
    /// The gather on the tape.
    pub trait GatherOp: Real;

    /// Each target's window of `x`: `[history blocks, features, LANES]` to
    /// `[target blocks, features, LANES]`.
    ///
    /// `x` itself if the windows are the [identity](Windows::is_identity).
    ///
    /// # Panics
    /// If `x` is not an event tensor over the histories.
    pub fn gather<'t>(x: Var<'t, T>, windows: &Arc<Windows>) -> Var<'t, T> = record_gather;
}

#[track_caller]
fn record_gather<'t, T: Real>(x: Var<'t, T>, windows: &Arc<Windows>) -> Var<'t, T> {
    let (histories, targets) = (&*windows.histories, &*windows.targets);
    let features = event_features("lanes gather", x, histories);
    if windows.is_identity() {
        return x;
    }
    let pool = x.tape().pool();
    let rows = history_rows(pool, histories, x.data(), features);
    let mut y = pool.stale(&[targets.blocks(), features, LANES]);
    let size = features * LANES;
    let mut scratch = pool.scratch(windows.tasks() * size);
    let y_part = per_block(y.as_slice_mut().expect("standard layout"), features);
    windows.par_tasks((y_part, per_task(&mut scratch[..], size)), |task, (y, scratch)| {
        let (blocks, chunk) = windows.task(task);
        let from = HistoryRows::new(&rows, features, windows, chunk);
        dispatch(Forward { targets, blocks, from, y, scratch });
    });
    drop((rows, scratch));
    x.tape().record(&[x], y, Gather { windows: windows.clone(), features })
}

struct Forward<'a, T> {
    targets: &'a Packed,
    blocks: Range<usize>,
    from: HistoryRows<'a, T>,
    y: &'a mut [T],
    /// The numbers of a block.
    scratch: &'a mut [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (block, y) in zip(self.blocks, self.y.chunks_exact_mut(self.scratch.len())) {
            self.from.gather::<S>(block, self.targets.active(block), y, self.scratch);
        }
    }
}

impl<T: Real> Backward<T> for Gather {
    fn name(&self) -> &'static str {
        "lanes gather"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (windows, features) = (&*self.windows, self.features);
        let targets = &*windows.targets;
        let pool = io.pool();
        let Some(dx) = io.grad_data(0) else { return };
        let mut rows = pool.scratch(dy.len());
        let dy = per_block(dy.to_slice().expect("standard layout"), features);
        windows.par_tasks((dy, per_block(&mut rows[..], features)), |task, (dy, rows)| {
            put_blocks(targets, windows.task(task).0.start, (dy, features), rows, (features, 0));
        });
        let sums = sum_targets(pool, windows, &rows, features);
        add_rows(pool, &windows.histories, (&sums, features, 0), (dx, features));
    }
}
