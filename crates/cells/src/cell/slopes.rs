//! From the gradient of a step's state to those of its gates' arguments.

use dien_kernels::simd::{Simd, Vectors, math};
use dien_tensor::Real;

use super::CellKind;
use super::layout::{HELD_STRIDE, PARTIAL, SAVED};
use crate::LANES;

/// One step of a chunk on its way back.
pub(crate) struct Slopes<'a, T> {
    pub kind: CellKind,
    pub hidden: usize,
    /// The true lanes.
    pub active: usize,
    /// The lanes that are computed.
    pub width: usize,
    /// Attention scores `[LANES]`; 1 for the kinds that take none.
    pub a: &'a [T],
    /// The state before, `[hidden, LANES]`.
    pub h: &'a [T],
    /// `[hidden, SAVED, LANES]`
    pub saved: &'a [T],
    /// What reaches this step's state from outside, `[hidden, LANES]`, if the states were the value.
    pub d_state: Option<&'a [T]>,
    /// In: what reaches this step's state through later steps; out: what reaches the state before past the
    /// products.
    pub dh: &'a mut [T],
    /// Out: the gradients of q, and of the arguments of r, u and c, in `[4, hidden, HELD_STRIDE]`; zero in
    /// lanes that are not true.
    pub d: &'a mut [T],
    /// The first of these lanes in `d`.
    pub first: usize,
    /// Out: the gradient of the scores as weights of the candidate state, `[LANES]`.
    pub da: &'a mut [T],
    /// The same as `d` summed over steps and lanes, `[hidden, 4, PARTIAL]`: added to.
    pub bias: &'a mut [T],
}

impl<T: Real> Vectors for Slopes<'_, T> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self) {
        if self.width > LANES / 2 {
            self.lanes::<S, V, LANES>();
        } else {
            self.lanes::<S, V, { LANES / 2 }>();
        }
    }
}

impl<T: Real> Slopes<'_, T> {
    /// The first `W` lanes, `V` at a time: a multiple of [`PARTIAL`]. Whatever those past the true ones hold,
    /// their derivatives are nothing and their gradient stays.
    ///
    /// `V` lanes are copied to arrays, worked on there and copied back: between slices that might overlap the
    /// compiler would go lane by lane.
    #[inline(always)]
    fn lanes<S: Simd, const V: usize, const W: usize>(self) {
        let (n, one, zero) = (self.hidden, T::one(), T::zero());
        let [alpha, beta] = self.kind.weight_lines::<T, W>(self.a[..W].try_into().expect("W lanes"));
        let (gamma, delta) = self.kind.weight_slope::<T>();
        let (d_q, rest) = self.d.split_at_mut(n * HELD_STRIDE);
        let (d_r, rest) = rest.split_at_mut(n * HELD_STRIDE);
        let (d_u, d_c) = rest.split_at_mut(n * HELD_STRIDE);
        let mut keep = [zero; W];
        keep[..self.active.min(W)].fill(one);
        let mut da = [zero; W];
        for i in 0..n {
            let saved = &self.saved[i * SAVED * LANES..][..SAVED * LANES];
            let mut sums = [[zero; PARTIAL]; 4];
            for lane in (0..W).step_by(V) {
                let (at, to) = (i * LANES + lane, i * HELD_STRIDE + self.first + lane);
                let plane = |p: usize| lanes::<T, V>(saved, p * LANES + lane);
                let (r, u, c, q) = (plane(0), plane(1), plane(2), plane(3));
                let (h, before) = (lanes::<T, V>(self.h, at), lanes::<T, V>(self.dh, at));
                let outside = self.d_state.map_or([zero; V], |d| lanes::<T, V>(d, at));
                let (alpha, beta) = (lanes::<T, V>(&alpha, lane), lanes::<T, V>(&beta, lane));
                let (keep, mut of_a) = (lanes::<T, V>(&keep, lane), lanes::<T, V>(&da, lane));
                let [mut to_q, mut to_r, mut to_u, mut to_c, mut to_h] = [[zero; V]; 5];
                for v in 0..V {
                    let g = before[v] + outside[v];
                    let through = g * math::mul_add::<T, S>(beta[v], u[v], alpha[v]);
                    let of_weight = g * (c[v] - h[v]);
                    let of_c = through * math::mul_add::<T, S>(-c[v], c[v], one);
                    let of_q = of_c * r[v];
                    let of_r = of_q * q[v] * (one - r[v]);
                    let of_u = of_weight * beta[v] * math::mul_add::<T, S>(-u[v], u[v], u[v]);
                    let keep = keep[v] != zero;
                    to_c[v] = if keep { of_c } else { zero };
                    to_q[v] = if keep { of_q } else { zero };
                    to_r[v] = if keep { of_r } else { zero };
                    to_u[v] = if keep { of_u } else { zero };
                    to_h[v] = if keep { g - through } else { before[v] };
                    of_a[v] +=
                        if keep { of_weight * math::mul_add::<T, S>(delta, u[v], gamma) } else { zero };
                }
                d_q[to..to + V].copy_from_slice(&to_q);
                d_r[to..to + V].copy_from_slice(&to_r);
                d_u[to..to + V].copy_from_slice(&to_u);
                d_c[to..to + V].copy_from_slice(&to_c);
                self.dh[at..at + V].copy_from_slice(&to_h);
                da[lane..lane + V].copy_from_slice(&of_a);
                for half in (0..V).step_by(PARTIAL) {
                    for v in 0..PARTIAL {
                        sums[0][v] += to_q[half + v];
                        sums[1][v] += to_r[half + v];
                        sums[2][v] += to_u[half + v];
                        sums[3][v] += to_c[half + v];
                    }
                }
            }
            let bias = &mut self.bias[i * 4 * PARTIAL..][..4 * PARTIAL];
            for (bias, sum) in bias.iter_mut().zip(sums.as_flattened()) {
                *bias += *sum;
            }
        }
        self.da[..W].copy_from_slice(&da);
    }
}

/// `V` lanes from `at` on.
#[inline(always)]
fn lanes<T: Real, const V: usize>(data: &[T], at: usize) -> [T; V] {
    data[at..at + V].try_into().expect("V lanes")
}
