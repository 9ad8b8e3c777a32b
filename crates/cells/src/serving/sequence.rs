//! One sequence, its hidden units in the lanes of the vector units.

use dien_tensor::Real;
use dien_tensor::simd::{Kernel, Simd, math};

use super::Cell;
use super::cell::{for_kind, unit};
use crate::cell::Kind;

/// See [`Cell::steps`].
pub(super) struct Sequence<'a, T> {
    pub cell: &'a Cell<T>,
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    pub h: &'a mut [T],
    pub states: Option<&'a mut [T]>,
}

/// Vectors of 8 units whose three sums stay in registers together.
const TILE: usize = 5;

impl<T: Real> Kernel for Sequence<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for_kind!(self.cell.kind, KIND => self.steps::<S, KIND>())
    }
}

impl<T: Real> Sequence<'_, T> {
    #[inline(always)]
    fn steps<S: Simd, const KIND: usize>(mut self) {
        let stride = self.cell.stride;
        let tiles = (stride / 8).div_ceil(TILE);
        let tile = (stride / 8).div_ceil(tiles);
        let h = &mut self.h[..stride];
        let mut sums = vec![T::zero(); 3 * stride];
        for (step, x) in self.gates.chunks_exact(3 * stride).enumerate() {
            let a = self.a.map_or(T::one(), |a| a[step]);
            let mut i = 0;
            while i < stride {
                // The last tile may be narrower.
                match tile.min((stride - i) / 8) {
                    1 => self.cell.recur::<S, 8>(i, h, &mut sums),
                    2 => self.cell.recur::<S, 16>(i, h, &mut sums),
                    3 => self.cell.recur::<S, 24>(i, h, &mut sums),
                    4 => self.cell.recur::<S, 32>(i, h, &mut sums),
                    _ => self.cell.recur::<S, 40>(i, h, &mut sums),
                }
                i += 8 * tile;
            }
            self.cell.update::<S, KIND>(x, a, &sums, h);
            if let Some(states) = &mut self.states {
                states[step * stride..][..stride].copy_from_slice(h);
            }
        }
    }
}

impl<T: Real> Cell<T> {
    /// U h for the units `i..i + V`, all three gates: a product by columns, every sum in a register.
    #[inline(always)]
    fn recur<S: Simd, const V: usize>(&self, i: usize, h: &[T], sums: &mut [T]) {
        let stride = self.stride;
        let mut acc = [[T::zero(); V]; 3];
        for (&h, row) in h[..self.hidden].iter().zip(self.u.chunks_exact(3 * stride)) {
            for gate in 0..3 {
                let w: &[T; V] = row[gate * stride + i..][..V].try_into().expect("V elements");
                for v in 0..V {
                    acc[gate][v] = math::mul_add::<T, S>(w[v], h, acc[gate][v]);
                }
            }
        }
        for gate in 0..3 {
            sums[gate * stride + i..][..V].copy_from_slice(&acc[gate]);
        }
    }

    /// The new state of every unit.
    #[inline(always)]
    fn update<S: Simd, const KIND: usize>(&self, x: &[T], a: T, sums: &[T], h: &mut [T]) {
        let n = self.stride;
        let (x, s, b) = (gates(x, n), gates(sums, n), gates(&self.b, n));
        let (h, b_hc) = (&mut h[..n], &self.b_hc[..n]);
        for i in 0..n {
            let at = |d: [&[T]; 3]| [d[0][i], d[1][i], d[2][i]];
            h[i] = unit::<T, S>(Kind::ALL[KIND], at(x), at(s), at(b), b_hc[i], a, h[i]);
        }
    }
}

/// The three gates' parts of a row `[3 n]`.
#[inline(always)]
fn gates<T>(row: &[T], n: usize) -> [&[T]; 3] {
    [&row[..n], &row[n..][..n], &row[2 * n..][..n]]
}
