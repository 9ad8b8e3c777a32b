//! A cell of the GRU family: its weights, packed once, and one unit's arithmetic.

use dien_kernels::concrete;
use dien_kernels::gemm::{Block, Rows, Store, product};
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::Real;

use super::candidates::{Candidates, PLANES};
use super::columns;
use super::sequence::Sequence;
use super::tile::Tiles;
use crate::LANES;
use crate::cell::Kind;
use crate::cell::reference::Weights;

/// A width rounded up to whole vectors.
pub fn padded(width: usize) -> usize {
    width.next_multiple_of(8)
}

/// A cell's weights, packed once. See [`mod@crate::cell`] for the equations.
///
/// In rows the hidden units are padded to `stride` = [`padded`]`(hidden)`; three gates, side by side, to whole vectors of 16.
#[derive(Clone, Debug)]
pub struct Cell<T> {
    pub(super) kind: Kind,
    inputs: usize,
    pub(super) hidden: usize,
    pub(super) stride: usize,
    /// W by column, `[inputs, gate_width]`.
    w: Vec<T>,
    /// U by column, `[hidden, gate_width]`.
    pub(super) u: Vec<T>,
    /// U of each gate, for candidates in lanes.
    pub(super) u_rows: [Tiles<T>; 3],
    /// `[gate_width]`
    pub(super) b: Vec<T>,
    /// `[stride]`
    pub(super) b_hc: Vec<T>,
}

impl<T: Real> Cell<T> {
    /// Packs a cell's weights.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn new(kind: Kind, weights: Weights<'_, T>) -> Self {
        let hidden = weights.b_hc.len();
        let inputs = weights.w.len() / (3 * hidden);
        let found = [weights.w.len(), weights.u.len(), weights.b.len()];
        assert_eq!(found, [3 * hidden * inputs, 3 * hidden * hidden, 3 * hidden], "serving cell: w, u, b");
        let (stride, width) = (padded(hidden), gate_width(hidden));
        // Each gate's rows become columns of their own, padded.
        let gates = |weight: &[T], inputs: usize| {
            let mut packed = vec![T::zero(); inputs * width];
            for (gate, rows) in weight.chunks_exact((hidden * inputs).max(1)).enumerate() {
                let block = columns(rows, inputs, stride);
                for (to, from) in packed.chunks_exact_mut(width).zip(block.chunks_exact(stride)) {
                    to[gate * stride..][..stride].copy_from_slice(from);
                }
            }
            packed
        };
        let mut b_hc = weights.b_hc.to_vec();
        b_hc.resize(stride, T::zero());
        Cell {
            kind,
            inputs,
            hidden,
            stride,
            w: gates(weights.w, inputs),
            u: gates(weights.u, hidden),
            u_rows: [0, 1, 2]
                .map(|gate| Tiles::new(&weights.u[gate * hidden * hidden..][..hidden * hidden], hidden)),
            b: gates(weights.b, 1),
            b_hc,
        }
    }

    /// The hidden units.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Numbers of an event's [input gates](Self::gates).
    pub fn gate_width(&self) -> usize {
        gate_width(self.hidden)
    }

    /// See [`steps`](Self::steps).
    pub fn steps_scratch(&self) -> usize {
        self.gate_width() + self.stride
    }

    /// See [`lanes`](Self::lanes).
    pub fn lanes_scratch(&self) -> usize {
        PLANES * self.hidden * LANES
    }
}

impl<T: Real + CellKernels<T>> Cell<T> {
    /// Rows `[n, gate_width]` of input gates from events, rows `[n, x_stride]` whose first `inputs` numbers count.
    ///
    /// They are W x + b, but W x alone where the score scales the input.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn gates(&self, x: &[T], x_stride: usize, gates: &mut [T]) {
        run_gates(self, x, x_stride, gates);
    }

    /// Runs one sequence over its events' `gates` `[n, gate_width]` and attention scores `a` `[n]` (none: all are 1). The
    /// state `h` `[stride]` is the one before, and becomes the last; `states` `[n, stride]` gets each.
    /// `scratch` has room for [`steps_scratch`](Self::steps_scratch) numbers.
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
        let (h, scratch) = (&mut h[..self.stride], &mut scratch[..self.steps_scratch()]);
        run_sequence(self, gates, a, h, states, scratch);
    }

    /// Runs candidates over the events that they share: `gates` `[n, gate_width]`, scores `a` `[n, LANES]` (none: all are
    /// 1), of which the first `width` lanes (a multiple of 8) are computed. The states `h` `[hidden, LANES]` are those
    /// before, and become the last; `scratch` has room for [`lanes_scratch`](Self::lanes_scratch) numbers.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn lanes(&self, gates: &[T], a: Option<&[T]>, h: &mut [T], width: usize, scratch: &mut [T]) {
        let h = &mut h[..self.hidden * LANES];
        run_candidates(self, gates, a, h, width, scratch);
    }
}

concrete! {
    /// A cell's kernels.
    pub trait CellKernels;

    fn run_gates(cell: &Cell<T>, x: &[T], x_stride: usize, gates: &mut [T]) = gates_of;

    fn run_sequence(
        cell: &Cell<T>, gates: &[T], a: Option<&[T]>, h: &mut [T], states: Option<&mut [T]>, scratch: &mut [T],
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
    scratch: &mut [T],
) {
    dispatch(Sequence { cell, gates, a, h, states, scratch });
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

fn gate_width(hidden: usize) -> usize {
    (3 * padded(hidden)).next_multiple_of(16)
}

struct Gates<'a, T> {
    cell: &'a Cell<T>,
    x: &'a [T],
    x_stride: usize,
    gates: &'a mut [T],
}

impl<T: Real> Kernel<T> for Gates<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (cell, width) = (self.cell, self.cell.gate_width());
        let n = self.gates.len() / width;
        for row in self.gates.chunks_exact_mut(width) {
            if cell.kind.scales_input() { row.fill(T::zero()) } else { row.copy_from_slice(&cell.b) }
        }
        let (x, w) = (Rows(Block::new(self.x, self.x_stride)), Block::new(&cell.w[..], width));
        product::<T, S, _, _>((n, width, cell.inputs), x, w, Store::add(self.gates, width));
    }
}
