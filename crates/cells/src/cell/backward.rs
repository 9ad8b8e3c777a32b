//! A chunk back through time.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd};

use super::forward::SAVED;
use super::{Kind, Weights};
use crate::lanes::transpose_lanes;
use crate::{LANES, Packed};

/// One chunk's way back. All slices are the chunk's own part.
pub(crate) struct Backward<'a, T> {
    pub kind: Kind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub hidden: usize,
    pub weights: Weights<'a, T>,
    /// U transposed, `[hidden, 3 hidden]`.
    pub u_t: &'a [T],
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    /// The initial state, `[hidden, LANES]`.
    pub h0: &'a [T],
    pub states: &'a [T],
    pub saved: &'a [T],
    /// The gradient of every state, if the states were the value.
    pub d_states: Option<&'a [T]>,
    /// On entry the gradient of the last states, on return that of the initial state.
    pub dh: &'a mut [T],
    /// The gradient of the gates' inputs, overwritten.
    pub d_gates: &'a mut [T],
    /// The gradient of the scores, `[steps, LANES]`, overwritten.
    pub da: &'a mut [T],
    /// The gradient of U h + biases inside the products, `[3 hidden, LANES]`: scratch.
    pub d_recurrent: &'a mut [T],
    /// `[LANES, hidden]`: scratch.
    pub rows: &'a mut [T],
    /// This chunk's dU, `[3 hidden, hidden]`, db, `[3 hidden]`, and db_hc, `[hidden]`, added to.
    pub du: &'a mut [T],
    pub db: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (n, size) = (self.hidden, self.hidden * LANES);
        for (step, block) in self.packed.chunk(self.chunk).enumerate().rev() {
            let (active, width) = (self.packed.active(block), self.packed.width(block));
            if let Some(d_states) = self.d_states {
                let d = &d_states[step * size..][..size];
                for (dh, d) in self.dh.chunks_exact_mut(LANES).zip(d.chunks_exact(LANES)) {
                    dh[..active].iter_mut().zip(d).for_each(|(dh, &d)| *dh += d);
                }
            }
            let before = if step == 0 { self.h0 } else { &self.states[(step - 1) * size..][..size] };
            self.gates::<S>(step, active, width, before);
            let d = Block::new(&*self.d_recurrent, LANES);
            product::<T, S>(n, width, 3 * n, Block::new(self.u_t, 3 * n), d, self.dh, LANES, true);
            transpose_lanes(before, self.rows, n, width);
            product::<T, S>(3 * n, n, active, d, Block::new(&*self.rows, n), self.du, n, true);
        }
    }
}

impl<T: Real> Backward<'_, T> {
    /// From the gradient of a step's state to that of its gates, its score and, in part, the state before.
    #[inline(always)]
    fn gates<S: Simd>(&mut self, step: usize, active: usize, width: usize, before: &[T]) {
        let (n, kind) = (self.hidden, self.kind);
        let one = T::one();
        let mut a = [T::one(); LANES];
        if let Some(scores) = self.a {
            a.copy_from_slice(&scores[step * LANES..][..LANES]);
        }
        let mut scale = [T::one(); LANES];
        if kind.scales_input() {
            scale = a;
        }
        let gates = &self.gates[step * 3 * n * LANES..][..3 * n * LANES];
        let saved = &self.saved[step * SAVED * n * LANES..][..SAVED * n * LANES];
        let d_gates = &mut self.d_gates[step * 3 * n * LANES..][..3 * n * LANES];
        let row = |data: &[T], row: usize| -> [T; LANES] {
            data[row * LANES..][..LANES].try_into().expect("LANES")
        };
        let mut da = [T::zero(); LANES];
        for i in 0..n {
            let (r, u, c, q) =
                (row(saved, i), row(saved, n + i), row(saved, 2 * n + i), row(saved, 3 * n + i));
            let h = row(before, i);
            let x = [row(gates, i), row(gates, n + i), row(gates, 2 * n + i)];
            let dh: &mut [T; LANES] = (&mut self.dh[i * LANES..][..LANES]).try_into().expect("LANES");
            let mut d_pre = [[T::zero(); LANES]; 3];
            let mut d_q = [T::zero(); LANES];
            for l in 0..width {
                let g = if l < active { dh[l] } else { T::zero() };
                let w = kind.candidate_weight(u[l], a[l]);
                let (w_u, w_a) = kind.candidate_weight_slopes(u[l], a[l]);
                let dw = g * (c[l] - h[l]);
                let dc = g * w * (one - c[l] * c[l]);
                let dr = dc * q[l] * r[l] * (one - r[l]);
                let du = dw * w_u * u[l] * (one - u[l]);
                da[l] += dw * w_a;
                dh[l] = dh[l] - g * w;
                (d_pre[0][l], d_pre[1][l], d_pre[2][l], d_q[l]) = (dr, du, dc, dc * r[l]);
            }
            if kind.scales_input() {
                for l in 0..width {
                    da[l] += d_pre[0][l] * x[0][l] + d_pre[1][l] * x[1][l] + d_pre[2][l] * x[2][l];
                }
            }
            for gate in 0..3 {
                let at = (gate * n + i) * LANES;
                let d = &d_pre[gate];
                for l in 0..width {
                    d_gates[at + l] = scale[l] * d[l];
                }
                let d_recurrent = if gate == 2 { &d_q } else { d };
                self.d_recurrent[at..at + width].copy_from_slice(&d_recurrent[..width]);
                self.db[gate * n + i] += crate::lanes::lane_sum(&d[..width]);
            }
            self.db[3 * n + i] += crate::lanes::lane_sum(&d_q[..width]);
        }
        self.da[step * LANES..][..width].copy_from_slice(&da[..width]);
    }
}
