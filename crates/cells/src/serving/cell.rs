//! A cell of the GRU family: its weights, packed once, and one unit's arithmetic.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd, dispatch, math};

use super::candidates::{self, Candidates};
use super::columns;
use super::sequence::Sequence;
use crate::cell::Kind;
use crate::cell::reference::Weights;

/// A width rounded up to whole vectors.
pub fn padded(width: usize) -> usize {
    width.next_multiple_of(8)
}

/// A cell's weights, packed once. See [`mod@crate::cell`] for the equations.
///
/// In rows the hidden units are padded to `stride` = [`padded`]`(hidden)`.
#[derive(Clone, Debug)]
pub struct Cell<T> {
    pub(super) kind: Kind,
    inputs: usize,
    pub(super) hidden: usize,
    pub(super) stride: usize,
    /// W by column, `[inputs, 3 stride]`.
    w: Vec<T>,
    /// U by column, `[hidden, 3 stride]`.
    pub(super) u: Vec<T>,
    /// U in the order of [`candidates::pack`].
    pub(super) u_tiles: Vec<T>,
    /// `[3 stride]`
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
        let stride = padded(hidden);
        // Each gate's rows become columns of their own, padded.
        let gates = |weight: &[T], inputs: usize| {
            let mut packed = vec![T::zero(); inputs * 3 * stride];
            for (gate, rows) in weight.chunks_exact((hidden * inputs).max(1)).enumerate() {
                let block = columns(rows, inputs, stride);
                for (to, from) in packed.chunks_exact_mut(3 * stride).zip(block.chunks_exact(stride)) {
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
            u_tiles: candidates::pack(weights.u, hidden),
            b: gates(weights.b, 1),
            b_hc,
        }
    }

    /// The hidden units.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Numbers of an event's [input gates](Self::gates): three times the padded hidden units.
    pub fn gate_width(&self) -> usize {
        3 * self.stride
    }

    /// Rows `[n, gate_width]` of input gates from events, rows `[n, x_stride]` whose first `inputs` numbers count.
    ///
    /// They are W x + b, but W x alone where the score scales the input.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn gates(&self, x: &[T], x_stride: usize, gates: &mut [T]) {
        dispatch(Gates { cell: self, x, x_stride, gates });
    }

    /// Runs one sequence over its events' `gates` `[n, gate_width]` and attention scores `a` `[n]` (none: all are 1). The
    /// state `h` `[stride]` is the one before, and becomes the last; `states` `[n, stride]` gets each.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn steps(&self, gates: &[T], a: Option<&[T]>, h: &mut [T], states: Option<&mut [T]>) {
        dispatch(Sequence { cell: self, gates, a, h, states });
    }

    /// Runs candidates over the events that they share: `gates` `[n, gate_width]`, scores `a` `[n, LANES]` (none: all are
    /// 1), of which the first `width` lanes (a multiple of 8) are computed. `h` is [`lane_states`](Self::lane_states)
    /// long: its first `[hidden, LANES]` are the states before, and become the last.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn lanes(&self, gates: &[T], a: Option<&[T]>, h: &mut [T], width: usize) {
        dispatch(Candidates { cell: self, gates, a, h, width });
    }
}

struct Gates<'a, T> {
    cell: &'a Cell<T>,
    x: &'a [T],
    x_stride: usize,
    gates: &'a mut [T],
}

impl<T: Real> Kernel for Gates<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (cell, width) = (self.cell, self.cell.gate_width());
        let n = self.gates.len() / width;
        for row in self.gates.chunks_exact_mut(width) {
            if cell.kind.scales_input() { row.fill(T::zero()) } else { row.copy_from_slice(&cell.b) }
        }
        let (x, w) = (Block::new(self.x, self.x_stride), Block::new(&cell.w[..], width));
        product::<T, S>(n, width, cell.inputs, x, w, self.gates, width, true);
    }
}

/// One unit's new state, from its three input gates `x`, U h `s`, biases `b` and `b_hc`, the score and the old state.
///
/// Both layouts use it, so that they give the same bits.
#[inline(always)]
pub(super) fn unit<T: Real, S: Simd>(kind: Kind, x: [T; 3], s: [T; 3], b: [T; 3], b_hc: T, a: T, h: T) -> T {
    let scales = kind.scales_input();
    let z = |gate: usize| {
        if scales { math::mul_add::<T, S>(a, x[gate], s[gate] + b[gate]) } else { s[gate] + x[gate] }
    };
    let r = math::sigmoid::<T, S>(z(0));
    let u = if kind.has_update() { math::sigmoid::<T, S>(z(1)) } else { T::zero() };
    let x_c = if scales { math::mul_add::<T, S>(a, x[2], b[2]) } else { x[2] };
    let c = math::tanh::<T, S>(math::mul_add::<T, S>(r, s[2] + b_hc, x_c));
    math::mul_add::<T, S>(kind.candidate_weight(u, a), c - h, h)
}

/// Evaluates `$run` with the kind's place in [`Kind::ALL`] as the constant `$K`, so that loops are compiled for it.
macro_rules! for_kind {
    ($kind:expr, $K:ident => $run:expr) => {
        match $kind {
            Kind::Gru => for_kind!(0, $K, $run),
            Kind::Aigru => for_kind!(1, $K, $run),
            Kind::Agru => for_kind!(2, $K, $run),
            Kind::Augru => for_kind!(3, $K, $run),
            Kind::AugruOfficial => for_kind!(4, $K, $run),
        }
    };
    ($place:literal, $K:ident, $run:expr) => {{
        const $K: usize = $place;
        $run
    }};
}
pub(super) use for_kind;
