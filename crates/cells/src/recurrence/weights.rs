//! Weights in the order in which the forward kernel reads them.

use dien_kernels::simd::Level;
use dien_tensor::Real;

use super::{GateList, Recurrence};
use crate::LANES;

/// The shape of a packed stream of weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub hidden: usize,
    /// 0 if the input gates are given.
    pub inputs: usize,
    /// Gates that are computed.
    pub gates: usize,
    /// Hidden units a tile.
    pub units: usize,
    /// Whether there is a b_u.
    split: bool,
}

/// A recurrence's weights, row-major.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a, T> {
    /// `[GATES hidden, inputs]`, empty if the input gates are given.
    pub w: &'a [T],
    /// `[GATES hidden, hidden]`
    pub u: &'a [T],
    /// `[GATES hidden]`
    pub b: &'a [T],
    /// `[hidden]`, empty if the last gate is not split.
    pub b_u: &'a [T],
}

/// How many gates there are in a list.
struct Count;

impl GateList for Count {
    type Output = usize;
    fn take<const G: usize>(self, _: [usize; G]) -> usize {
        G
    }
}

impl Stream {
    pub fn new<R: Recurrence>(recurrence: R, level: Level, hidden: usize, inputs: usize) -> Stream {
        let (gates, units) = (recurrence.list_gates(Count), level.packing().units);
        Stream { hidden, inputs, gates, units, split: R::SPLIT }
    }

    /// Elements of a tile: the gates' biases, then for each input and each hidden unit one weight a gate and
    /// unit, then b_u.
    pub fn tile(self) -> usize {
        self.units * (self.gates + self.gates * (self.inputs + self.hidden) + usize::from(self.split))
    }

    /// Elements of a step's sums: `[tiles, gates, units, LANES]`.
    pub fn sums(self) -> usize {
        self.hidden.next_multiple_of(self.units) * self.gates * LANES
    }

    /// Elements of all tiles.
    pub fn len(self) -> usize {
        self.hidden.div_ceil(self.units) * self.tile()
    }

    /// Packs all weights, scaled. Units beyond the last are zero.
    pub fn pack<T: Real, R: Recurrence>(self, recurrence: R, weights: Weights<'_, T>, to: &mut [T]) {
        recurrence.list_gates(Pack { stream: self, scale: R::scale::<T>, weights, to });
    }
}

struct Pack<'a, T> {
    stream: Stream,
    scale: fn(usize) -> T,
    weights: Weights<'a, T>,
    to: &'a mut [T],
}

impl<T: Real> GateList for Pack<'_, T> {
    type Output = ();
    fn take<const G: usize>(self, gates: [usize; G]) {
        let Stream { hidden, inputs, units, .. } = self.stream;
        let Weights { w, u, b, b_u } = self.weights;
        let scaled = gates.map(|gate| (gate, (self.scale)(gate)));
        for (tile, to) in self.to.chunks_exact_mut(self.stream.tile()).enumerate() {
            let mut to = to.iter_mut();
            let mut put = |value: T| *to.next().expect("a tile's size") = value;
            let mut column = |from: &[T], columns: usize, column: usize| {
                for (gate, scale) in scaled {
                    for unit in tile * units..(tile + 1) * units {
                        let row = (gate * hidden + unit) * columns;
                        put(if unit < hidden { from[row + column] * scale } else { T::zero() });
                    }
                }
            };
            column(b, 1, 0);
            (0..inputs).for_each(|i| column(w, inputs, i));
            (0..hidden).for_each(|i| column(u, hidden, i));
            if self.stream.split {
                let (_, scale) = scaled[G - 1];
                for unit in tile * units..(tile + 1) * units {
                    put(if unit < hidden { b_u[unit] * scale } else { T::zero() });
                }
            }
        }
    }
}
