//! An LSTM with a forget gate, as a recurrence of two planes of state:
//!
//! ```text
//! i = σ(W_i x + U_i h + b_i)        f = σ(W_f x + U_f h + b_f)
//! g = tanh(W_g x + U_g h + b_g)     o = σ(W_o x + U_o h + b_o)
//! c' = f ∘ c + i ∘ g                h' = o ∘ tanh c'
//! ```
//!
//! The order of the gates is that of PyTorch's `nn.LSTM`, whose two biases add up to b.

use dien_cells::LANES;
use dien_cells::recurrence::{Derivatives, GateList, Recurrence, Saved, Simd, Tile, math};
use dien_tensor::Real;

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Recurrence for Lstm {
    const GATES: usize = 4;
    /// h and c.
    const STATES: usize = 2;
    /// i, f, g, o and tanh c'.
    const SAVED: usize = 5;

    fn name(self) -> &'static str {
        "lstm"
    }

    #[inline(always)]
    fn list_gates<L: GateList>(self, list: L) -> L::Output {
        list.take([0, 1, 2, 3])
    }

    #[inline(always)]
    fn gates<T: Real, S: Simd, const W: usize>(self, tile: Tile<'_, T, W>) {
        let Tile { planes, before, mut after, .. } = tile;
        let [i, f, g, o, t] = planes.split();
        for gate in [&mut *i, &mut *f, &mut *o] {
            gate.iter_mut().for_each(|z| *z = math::sigmoid::<T, S>(*z));
        }
        g.iter_mut().for_each(|z| *z = math::tanh::<T, S>(*z));
        let cells = before.plane(1).chunks_exact(LANES).zip(after.plane(1).chunks_exact_mut(LANES));
        for (k, (c, to)) in cells.enumerate() {
            for v in 0..W {
                let at = k * W + v;
                to[v] = math::mul_add::<T, S>(f[at], c[v], i[at] * g[at]);
                t[at] = math::tanh::<T, S>(to[v]);
            }
        }
        for (k, h) in after.plane(0).chunks_exact_mut(LANES).enumerate() {
            for v in 0..W {
                h[v] = o[k * W + v] * t[k * W + v];
            }
        }
    }

    #[inline(always)]
    fn derivatives<T: Real, S: Simd>(self, at: Saved<T>) -> Derivatives<T> {
        let Saved { planes: [i, f, g, o, t, ..], before: [_, c, ..], d_after: [dh, dc, ..], .. } = at;
        let one = T::one();
        let dc = dc + dh * o * (one - t * t);
        let (d_i, d_f) = (dc * g * i * (one - i), dc * c * f * (one - f));
        let (d_g, d_o) = (dc * i * (one - g * g), dh * t * o * (one - o));
        Derivatives::new([d_i, d_f, d_g, d_o], [T::zero(), dc * f])
    }
}
