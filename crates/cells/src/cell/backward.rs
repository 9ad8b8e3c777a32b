//! A chunk back through time.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd};

use super::Kind;
use super::forward::{SAVED, candidate_weights, lanes};
use crate::lanes::{lane_sum, padded_inputs, transpose_lanes};
use crate::{LANES, Packed};

/// One chunk's way back. All slices are the chunk's own part.
pub(crate) struct Backward<'a, T> {
    pub kind: Kind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub hidden: usize,
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
    /// `[LANES, padded hidden]`: scratch.
    pub rows: &'a mut [T],
    /// This chunk's dU, `[3 hidden, padded hidden]`, db, `[3 hidden]`, and db_hc, `[hidden]`, added to.
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
            self.gates(step, active, width, before);
            let d = Block::new(&*self.d_recurrent, LANES);
            product::<T, S>(n, width, 3 * n, Block::new(self.u_t, 3 * n), d, self.dh, LANES, true);

            let stride = padded_inputs(n);
            transpose_lanes::<T, S>(before, self.rows, (n, stride), active);
            product::<T, S>(3 * n, stride, active, d, Block::new(&*self.rows, stride), self.du, stride, true);
        }
    }
}

impl<T: Real> Backward<'_, T> {
    /// From the gradient of a step's state to that of its gates, its score and, in part, the state before.
    #[inline(always)]
    fn gates(&mut self, step: usize, active: usize, width: usize, before: &[T]) {
        let (n, kind) = (self.hidden, self.kind);
        let one = T::one();
        let ones = [one; LANES];
        let a = match self.a {
            Some(scores) => &scores[step * LANES..][..width],
            None => &ones[..width],
        };
        let gates = &self.gates[step * 3 * n * LANES..][..3 * n * LANES];
        let saved = &self.saved[step * SAVED * n * LANES..][..SAVED * n * LANES];
        let d_gates = &mut self.d_gates[step * 3 * n * LANES..][..3 * n * LANES];
        let da = &mut self.da[step * LANES..][..width];
        da.fill(T::zero());
        for i in 0..n {
            let plane = |plane: usize| lanes(saved, plane * n + i, width);
            let (r, u, c, q) = (plane(0), plane(1), plane(2), plane(3));
            let h = lanes(before, i, width);
            let dh = &mut self.dh[i * LANES..][..width];
            // The gradient that reaches this step's state; finished lanes pass theirs on untouched.
            let mut g = [T::zero(); LANES];
            g[..active].copy_from_slice(&dh[..active]);
            let mut w = [T::zero(); LANES];
            candidate_weights(kind, &mut w[..width], u, a);
            let (mut dw, mut d_c, mut d_q) = ([T::zero(); LANES], [T::zero(); LANES], [T::zero(); LANES]);
            for l in 0..width {
                dw[l] = g[l] * (c[l] - h[l]);
                d_c[l] = g[l] * w[l] * (one - c[l] * c[l]);
                d_q[l] = d_c[l] * r[l];
            }
            for l in 0..active {
                dh[l] -= g[l] * w[l];
            }
            let (mut d_r, mut d_u) = ([T::zero(); LANES], [T::zero(); LANES]);
            for l in 0..width {
                d_r[l] = d_c[l] * q[l] * r[l] * (one - r[l]);
            }
            weight_slopes(kind, &mut d_u[..width], da, &dw, u, a);
            // Whatever a finished lane holds, its derivatives are nothing.
            [&mut d_r, &mut d_u, &mut d_c, &mut d_q].into_iter().for_each(|d| d[active..].fill(T::zero()));
            let d_pre = [&d_r[..width], &d_u[..width], &d_c[..width]];
            if kind.scales_input() {
                for (gate, d) in d_pre.iter().enumerate() {
                    let x = lanes(gates, gate * n + i, width);
                    da.iter_mut().zip(*d).zip(x).for_each(|((da, &d), &x)| *da += d * x);
                }
            }
            for (gate, d) in d_pre.iter().enumerate() {
                let at = (gate * n + i) * LANES;
                let to = &mut d_gates[at..at + width];
                match kind.scales_input() {
                    true => to.iter_mut().zip(*d).zip(a).for_each(|((to, &d), &a)| *to = a * d),
                    false => to.copy_from_slice(d),
                }
                self.d_recurrent[at..at + width].copy_from_slice(if gate == 2 { &d_q[..width] } else { d });
                self.db[gate * n + i] += lane_sum(d, active);
            }
            self.db[3 * n + i] += lane_sum(&d_q, active);
        }
    }
}

/// From the gradient of the candidate's weight to those of the update gate's argument and, added up, the score; the
/// kind is chosen outside the loop.
#[inline(always)]
fn weight_slopes<T: Real>(kind: Kind, d_u: &mut [T], da: &mut [T], dw: &[T], u: &[T], a: &[T]) {
    macro_rules! each {
        ($kind:expr) => {
            for ((((d_u, da), &dw), &u), &a) in d_u.iter_mut().zip(da).zip(dw).zip(u).zip(a) {
                let (w_u, w_a) = $kind.candidate_weight_slopes(u, a);
                *d_u = dw * w_u * u * (T::one() - u);
                *da += dw * w_a;
            }
        };
    }
    match kind {
        Kind::Gru => each!(Kind::Gru),
        Kind::Aigru => each!(Kind::Aigru),
        Kind::Agru => each!(Kind::Agru),
        Kind::Augru => each!(Kind::Augru),
        Kind::AugruOfficial => each!(Kind::AugruOfficial),
    }
}
