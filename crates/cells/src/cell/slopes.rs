//! From the gradient of a step's state to those of its gates' arguments.

use dien_tensor::Real;
use dien_tensor::simd::{Simd, math};

use super::Kind;
use super::forward::SAVED;
use crate::LANES;

/// Lanes in a partial sum of a bias gradient.
pub(crate) const PARTIAL: usize = 8;

/// One step of a chunk on its way back.
pub(crate) struct Slopes<'a, T> {
    pub kind: Kind,
    pub hidden: usize,
    /// The true lanes.
    pub active: usize,
    /// Attention scores `[LANES]`; 1 for the kinds that take none.
    pub a: &'a [T],
    /// The state before, `[hidden, LANES]`.
    pub h: &'a [T],
    /// `[hidden, SAVED, LANES]`
    pub saved: &'a [T],
    /// What reaches this step's state from outside, `[hidden, LANES]`, if the states were the value.
    pub d_state: Option<&'a [T]>,
    /// In: what reaches this step's state through later steps; out: what reaches the state before past the products.
    pub dh: &'a mut [T],
    /// Out: the gradients of q, and of the arguments of r, u and c, `[4, hidden, LANES]`; zero in lanes that are not true.
    pub d: &'a mut [T],
    /// Out: the gradient of the scores as weights of the candidate state, `[LANES]`.
    pub da: &'a mut [T],
    /// The same as `d` summed over steps and lanes, `[hidden, 4, PARTIAL]`: added to.
    pub bias: &'a mut [T],
}

impl<T: Real> Slopes<'_, T> {
    /// The first `W` lanes. Whatever those past the true ones hold, their derivatives are nothing and their gradient stays.
    #[inline(always)]
    pub fn run<S: Simd, const W: usize>(self) {
        let (n, one, zero) = (self.hidden, T::one(), T::zero());
        let [alpha, beta] = self.kind.weight_lines::<T, W>(self.a[..W].try_into().expect("W lanes"));
        let (gamma, delta) = self.kind.weight_slope::<T>();
        let (d_q, rest) = self.d.split_at_mut(n * LANES);
        let (d_r, rest) = rest.split_at_mut(n * LANES);
        let (d_u, d_c) = rest.split_at_mut(n * LANES);
        let mut true_lanes = [false; W];
        true_lanes[..self.active.min(W)].fill(true);
        let mut da = [zero; W];
        let zeros = [zero; W];
        for i in 0..n {
            let saved = &self.saved[i * SAVED * LANES..][..SAVED * LANES];
            let plane = |p: usize| -> &[T; W] { saved[p * LANES..][..W].try_into().expect("W lanes") };
            let (r, u, c, q) = (plane(0), plane(1), plane(2), plane(3));
            let at = i * LANES;
            let h: &[T; W] = self.h[at..at + W].try_into().expect("W lanes");
            let outside: &[T; W] = match self.d_state {
                Some(d) => d[at..at + W].try_into().expect("W lanes"),
                None => &zeros,
            };
            let dh: &mut [T; W] = (&mut self.dh[at..at + W]).try_into().expect("W lanes");
            let d_q: &mut [T; W] = (&mut d_q[at..at + W]).try_into().expect("W lanes");
            let d_r: &mut [T; W] = (&mut d_r[at..at + W]).try_into().expect("W lanes");
            let d_u: &mut [T; W] = (&mut d_u[at..at + W]).try_into().expect("W lanes");
            let d_c: &mut [T; W] = (&mut d_c[at..at + W]).try_into().expect("W lanes");
            for v in 0..W {
                let g = dh[v] + outside[v];
                let through = g * math::mul_add::<T, S>(beta[v], u[v], alpha[v]);
                let of_weight = g * (c[v] - h[v]);
                let of_c = through * math::mul_add::<T, S>(-c[v], c[v], one);
                let of_q = of_c * r[v];
                let of_r = of_q * q[v] * (one - r[v]);
                let of_u = of_weight * beta[v] * math::mul_add::<T, S>(-u[v], u[v], u[v]);
                let keep = true_lanes[v];
                d_c[v] = if keep { of_c } else { zero };
                d_q[v] = if keep { of_q } else { zero };
                d_r[v] = if keep { of_r } else { zero };
                d_u[v] = if keep { of_u } else { zero };
                dh[v] = if keep { g - through } else { dh[v] };
                da[v] += if keep { of_weight * math::mul_add::<T, S>(delta, u[v], gamma) } else { zero };
            }
            let bias = &mut self.bias[i * 4 * PARTIAL..][..4 * PARTIAL];
            for (bias, d) in bias.chunks_exact_mut(PARTIAL).zip([&*d_q, d_r, d_u, d_c]) {
                for d in d.chunks_exact(PARTIAL) {
                    for v in 0..PARTIAL {
                        bias[v] += d[v];
                    }
                }
            }
        }
        self.da[..W].copy_from_slice(&da);
    }
}
