//! Weights in the order in which the forward kernel reads them.

use dien_kernels::simd::Level;
use dien_tensor::Real;

use super::CellKind;

/// The shape of a packed stream of weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub hidden: usize,
    /// 0 if the input gates are given.
    pub inputs: usize,
    /// 3, or 2 for the kinds without an update gate.
    pub gates: usize,
    /// Hidden units a tile.
    pub units: usize,
}

impl Stream {
    pub fn new(kind: CellKind, level: Level, hidden: usize, inputs: usize) -> Stream {
        Stream { hidden, inputs, gates: if kind.has_update() { 3 } else { 2 }, units: level.packing().units }
    }

    /// Elements of a tile: the gates' biases and b_hc, then for each input and each hidden unit one weight a
    /// gate and unit.
    pub fn tile(self) -> usize {
        self.units * (self.gates + 1 + self.gates * (self.inputs + self.hidden))
    }

    /// Elements of all tiles.
    pub fn len(self) -> usize {
        self.hidden.div_ceil(self.units) * self.tile()
    }

    /// Packs `w` `[3 hidden, inputs]` (empty if the input gates are given), `u` `[3 hidden, hidden]`, `b`
    /// `[3 hidden]` and `b_hc` `[hidden]`. Those of the gates r and u are multiplied by −log₂e, so that
    /// σ(z) = 1 / (1 + 2^z'). Units beyond the last are zero.
    pub fn pack<T: Real>(self, w: &[T], u: &[T], b: &[T], b_hc: &[T], to: &mut [T]) {
        let Stream { hidden, inputs, gates, units } = self;
        let used: &[usize] = if gates == 3 { &[0, 1, 2] } else { &[0, 2] };
        let scale = gate_scale::<T>();
        for (tile, to) in to.chunks_exact_mut(self.tile()).enumerate() {
            let mut to = to.iter_mut();
            let mut put = |from: &[T], columns: usize, column: usize| {
                for &gate in used {
                    for unit in tile * units..(tile + 1) * units {
                        let value = if unit < hidden {
                            from[(gate * hidden + unit) * columns + column]
                        } else {
                            T::zero()
                        };
                        *to.next().expect("a tile's size") = if gate == 2 { value } else { value * scale };
                    }
                }
            };
            put(b, 1, 0);
            (0..inputs).for_each(|i| put(w, inputs, i));
            (0..hidden).for_each(|i| put(u, hidden, i));
            for unit in tile * units..(tile + 1) * units {
                *to.next().expect("a tile's size") = b_hc.get(unit).copied().unwrap_or(T::zero());
            }
        }
    }
}

/// −log₂e: turns the argument of σ into that of 2^z.
pub(crate) fn gate_scale<T: Real>() -> T {
    T::of(-std::f64::consts::LOG2_E)
}
