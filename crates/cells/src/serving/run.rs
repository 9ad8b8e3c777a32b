//! A cell's runs: over a history's own sequence, and over the events that candidates share.

use dien_kernels::concrete;
use dien_kernels::simd::dispatch;
use dien_tensor::Real;

use super::candidates::{Candidates, PLANES};
use super::cell::{Cell, Gates};
use super::sequence::Sequence;
use crate::LANES;

impl<T: Real + CellKernels<T>> Cell<T> {
    /// Rows `[n, gate_width]` of input gates from events, rows `[n, x_stride]` whose first `inputs` numbers
    /// count.
    ///
    /// They are W x + b, but W x alone where the score scales the input.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn gates(&self, x: &[T], x_stride: usize, gates: &mut [T]) {
        run_gates(self, x, x_stride, gates);
    }

    /// Runs one sequence over its events' `gates` `[n, gate_width]` and attention scores `a` `[n]` (none: all
    /// are 1). The state `h` `[stride]` is the one before, and becomes the last; `states` `[n, stride]` gets
    /// each. `scratch` has room for [`steps_scratch`](Self::steps_scratch) numbers.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn steps(
        &self,
        gates: &[T],
        a: Option<&[T]>,
        h: &mut [T],
        states: Option<&mut [T]>,
        scratch: &mut [T],
    ) {
        let (h, next) = (&mut h[..self.stride], &mut scratch[..self.steps_scratch()]);
        run_sequence(self, gates, a, h, states, next);
    }

    /// Runs candidates over the events that they share: `gates` `[n, gate_width]`, scores `a` `[n, LANES]`
    /// (none: all are 1), of which the first `width` lanes (a multiple of 8) are computed. The states `h`
    /// `[hidden, LANES]` are those before, and become the last; `scratch` has room for
    /// [`lanes_scratch`](Self::lanes_scratch) numbers.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn lanes(&self, gates: &[T], a: Option<&[T]>, h: &mut [T], width: usize, scratch: &mut [T]) {
        let h = &mut h[..self.hidden * LANES];
        run_candidates(self, gates, a, h, width, scratch);
    }

    /// See [`lanes`](Self::lanes).
    pub fn lanes_scratch(&self) -> usize {
        PLANES * self.hidden * LANES
    }
}

concrete! {
    /// A cell's kernels.
    pub trait CellKernels: Real;

    fn run_gates(cell: &Cell<T>, x: &[T], x_stride: usize, gates: &mut [T]) = gates_of;

    fn run_sequence(
        cell: &Cell<T>,
        gates: &[T],
        a: Option<&[T]>,
        h: &mut [T],
        states: Option<&mut [T]>,
        next: &mut [T],
    ) = sequence_of;

    fn run_candidates(
        cell: &Cell<T>, gates: &[T], a: Option<&[T]>, h: &mut [T], width: usize, scratch: &mut [T],
    ) = candidates_of;
}

fn gates_of<T: Real>(cell: &Cell<T>, x: &[T], x_stride: usize, gates: &mut [T]) {
    dispatch(Gates { cell, x, x_stride, gates });
}

fn sequence_of<T: Real>(
    cell: &Cell<T>,
    gates: &[T],
    a: Option<&[T]>,
    h: &mut [T],
    states: Option<&mut [T]>,
    next: &mut [T],
) {
    if cell.u.is_of_level() {
        dispatch(Sequence { cell, units: &cell.u, gates, a, h, states, next });
    } else {
        // Another level was forced since.
        dispatch(Sequence { cell, units: &cell.u.at_level(), gates, a, h, states, next });
    }
}

fn candidates_of<T: Real>(
    cell: &Cell<T>,
    gates: &[T],
    a: Option<&[T]>,
    h: &mut [T],
    width: usize,
    scratch: &mut [T],
) {
    dispatch(Candidates { cell, gates, a, h, width, scratch });
}
