//! A chunk through time.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd, math};

use super::{Kind, Weights};
use crate::{LANES, Packed};

/// What the forward pass keeps for the backward pass, per hidden unit: r, u, c and U_c h + b_hc.
pub(crate) const SAVED: usize = 4;

/// One chunk's steps. All slices are the chunk's own part.
pub(crate) struct Forward<'a, T> {
    pub kind: Kind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub hidden: usize,
    pub weights: Weights<'a, T>,
    /// W x of the three gates, without bias: `[steps, 3 hidden, LANES]`.
    pub gates: &'a [T],
    /// Attention scores `[steps, LANES]`.
    pub a: Option<&'a [T]>,
    /// The state, `[hidden, LANES]`: on entry the initial one, on return each lane's last.
    pub h: &'a mut [T],
    /// U h, `[3 hidden, LANES]`.
    pub recurrent: &'a mut [T],
    /// Every state, `[steps, hidden, LANES]`, if wanted.
    pub states: Option<&'a mut [T]>,
    /// `[steps, SAVED, hidden, LANES]`, if wanted.
    pub saved: Option<&'a mut [T]>,
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let size = self.hidden * LANES;
        for (step, block) in self.packed.chunk(self.chunk).enumerate() {
            let (active, width) = (self.packed.active(block), self.packed.width(block));
            self.recur::<S>(width);
            self.gates::<S>(step, active, width);
            if let Some(states) = &mut self.states {
                states[step * size..][..size].copy_from_slice(self.h);
            }
        }
    }
}

impl<T: Real> Forward<'_, T> {
    /// U h for the gates in use.
    #[inline(always)]
    fn recur<S: Simd>(&mut self, width: usize) {
        let (n, u) = (self.hidden, self.weights.u);
        let h = Block::new(&*self.h, LANES);
        if self.kind.has_update() {
            product::<T, S>(3 * n, width, n, Block::new(u, n), h, self.recurrent, LANES, false);
        } else {
            product::<T, S>(n, width, n, Block::new(u, n), h, self.recurrent, LANES, false);
            let (u_c, to) = (&u[2 * n * n..], &mut self.recurrent[2 * n * LANES..]);
            product::<T, S>(n, width, n, Block::new(u_c, n), h, to, LANES, false);
        }
    }

    /// The gates of one step, and the new state of its active lanes.
    #[inline(always)]
    fn gates<S: Simd>(&mut self, step: usize, active: usize, width: usize) {
        let (n, kind) = (self.hidden, self.kind);
        let gates = &self.gates[step * 3 * n * LANES..][..3 * n * LANES];
        let mut a = [T::one(); LANES];
        if let Some(scores) = self.a {
            a.copy_from_slice(&scores[step * LANES..][..LANES]);
        }
        let mut scale = [T::one(); LANES];
        if kind.scales_input() {
            scale = a;
        }
        let lanes = |data: &mut [T], row: usize| -> [T; LANES] {
            data[row * LANES..][..LANES].try_into().expect("LANES")
        };
        let row = |data: &[T], row: usize| -> [T; LANES] {
            data[row * LANES..][..LANES].try_into().expect("LANES")
        };
        for i in 0..n {
            let (x_r, x_u, x_c) = (row(gates, i), row(gates, n + i), row(gates, 2 * n + i));
            let (h_r, h_u, h_c) =
                (lanes(self.recurrent, i), lanes(self.recurrent, n + i), lanes(self.recurrent, 2 * n + i));
            let (b_r, b_u, b_c) = (self.weights.b[i], self.weights.b[n + i], self.weights.b[2 * n + i]);
            let b_hc = self.weights.b_hc[i];
            let h: &mut [T; LANES] = (&mut self.h[i * LANES..][..LANES]).try_into().expect("LANES");
            let mut kept = [[T::zero(); LANES]; SAVED];
            for l in 0..width {
                let r = math::sigmoid::<T, S>(math::mul_add::<T, S>(scale[l], x_r[l], h_r[l] + b_r));
                let u = if kind.has_update() {
                    math::sigmoid::<T, S>(math::mul_add::<T, S>(scale[l], x_u[l], h_u[l] + b_u))
                } else {
                    T::zero()
                };
                let q = h_c[l] + b_hc;
                let c = math::tanh::<T, S>(math::mul_add::<T, S>(
                    r,
                    q,
                    math::mul_add::<T, S>(scale[l], x_c[l], b_c),
                ));
                let w = if l < active { kind.candidate_weight(u, a[l]) } else { T::zero() };
                h[l] = math::mul_add::<T, S>(w, c - h[l], h[l]);
                (kept[0][l], kept[1][l], kept[2][l], kept[3][l]) = (r, u, c, q);
            }
            if let Some(saved) = &mut self.saved {
                for (plane, kept) in kept.iter().enumerate() {
                    saved[((step * SAVED + plane) * n + i) * LANES..][..LANES].copy_from_slice(kept);
                }
            }
        }
    }
}
