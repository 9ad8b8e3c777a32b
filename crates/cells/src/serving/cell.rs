//! A cell of the GRU family: its weights, packed once, and one unit's arithmetic.

use dien_kernels::gemm::{Block, Rows, Store, product};
use dien_kernels::inline::{copy, fill};
use dien_kernels::simd::{Kernel, Simd};
use dien_tensor::Real;

use super::columns;
use super::tile::Tiles;
use super::units::Units;
use crate::cell::CellKind;
use crate::cell::reference::Weights;

/// A width rounded up to whole vectors.
pub fn padded(width: usize) -> usize {
    width.next_multiple_of(8)
}

/// A cell's weights, packed once. See [`mod@crate::cell`] for the equations.
///
/// In rows the hidden units are padded to `stride` = [`padded`]`(hidden)`; three gates, side by side, to
/// whole vectors of 16.
#[derive(Clone, Debug)]
pub struct Cell<T> {
    pub(super) kind: CellKind,
    inputs: usize,
    pub(super) hidden: usize,
    pub(super) stride: usize,
    /// W by column, `[inputs, gate_width]`.
    w: Vec<T>,
    /// U, for one sequence.
    pub(super) u: Units<T>,
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
    pub fn new(kind: CellKind, weights: Weights<'_, T>) -> Self {
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
            u: Units::new(weights.u, hidden, stride),
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
        self.stride
    }
}

fn gate_width(hidden: usize) -> usize {
    (3 * padded(hidden)).next_multiple_of(16)
}

pub(super) struct Gates<'a, T> {
    pub cell: &'a Cell<T>,
    pub x: &'a [T],
    pub x_stride: usize,
    pub gates: &'a mut [T],
}

impl<T: Real> Kernel<T> for Gates<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (cell, width) = (self.cell, self.cell.gate_width());
        let n = self.gates.len() / width;
        for row in self.gates.chunks_exact_mut(width) {
            if cell.kind.scales_input() { fill(row, T::zero()) } else { copy(&cell.b, row) }
        }
        let (x, w) = (Rows(Block::new(self.x, self.x_stride)), Block::new(&cell.w[..], width));
        product::<T, S, _, _>((n, width, cell.inputs), x, w, Store::add(self.gates, width));
    }
}
