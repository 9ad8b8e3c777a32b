//! Candidates in lanes over events that they share: an event's input gates enter as broadcasts.

use dien_kernels::inline::{copy, zip};
use dien_kernels::simd::{Kernel, Simd, axpy, math, splat};
use dien_tensor::Real;

use super::activation::{candidate, sigmoid};
use super::cell::Cell;
use super::products::{add_product, for_columns, lanes};
use crate::LANES;

/// What a step keeps for a unit and lane: the state, the arguments of r and u, U_c h + b_hc, W_c x + b_c.
pub(super) const PLANES: usize = 5;

/// See [`Cell::lanes`].
pub(super) struct Candidates<'a, T> {
    pub cell: &'a Cell<T>,
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    pub h: &'a mut [T],
    pub width: usize,
    /// `[PLANES, hidden, LANES]`
    pub scratch: &'a mut [T],
}

impl<T: Real> Kernel<T> for Candidates<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        // Columns of lanes do not meet: each goes through time on its own, so that little of the cache is in
        // use.
        for_columns!(S, self.width, lane, V => self.column::<S, V>(lane));
    }
}

impl<T: Real> Candidates<'_, T> {
    /// `V` lanes from `lane` on through time.
    #[inline(always)]
    fn column<S: Simd, const V: usize>(&mut self, lane: usize) {
        let cell = self.cell;
        let size = cell.hidden * V;
        let (h, planes) = self.scratch[..PLANES * size].split_at_mut(size);
        for (h, all) in zip(h.as_chunks_mut::<V>().0, self.h.chunks(LANES)) {
            *h = lanes(all, lane);
        }
        for (step, x) in self.gates.chunks_exact(cell.gate_width()).enumerate() {
            let a = match self.a {
                Some(a) => lanes(a, step * LANES + lane),
                None => [T::one(); V],
            };
            cell.step::<S, V>(x, &a, h, planes);
        }
        for (h, all) in zip(h.as_chunks::<V>().0, self.h.chunks_mut(LANES)) {
            copy(h, &mut all[lane..][..V]);
        }
    }
}

impl<T: Real> Cell<T> {
    /// The states `h` `[hidden, V]` after an event.
    #[inline(always)]
    fn step<S: Simd, const V: usize>(&self, x: &[T], a: &[T; V], h: &mut [T], planes: &mut [T]) {
        let (n, size) = (self.hidden, h.len());
        let gate = |data, gate: usize| -> &[T] { row(data, gate * self.stride, n) };
        let (z, rest) = planes.split_at_mut(2 * size);
        let (c, x_c) = rest.split_at_mut(size);
        let (z_r, z_u) = z.split_at_mut(size);
        for (part, to) in [&mut *z_r, &mut *z_u, &mut *x_c].into_iter().enumerate() {
            let rows = zip(to.as_chunks_mut::<V>().0, zip(gate(x, part), gate(&self.b, part)));
            for (to, (&x, &b)) in rows {
                *to = if self.kind.scales_input() {
                    axpy::<T, S, V>(x, *a, [b; V])
                } else {
                    splat::<T, S, V>(x)
                };
            }
        }
        for (c, &b) in zip(c.as_chunks_mut::<V>().0, &self.b_hc) {
            *c = splat::<T, S, V>(b);
        }
        for (part, sums) in [z_r, z_u, &mut *c].into_iter().enumerate() {
            if part != 1 || self.kind.has_update() {
                add_product::<T, S, V, V>(&self.u_rows[part], 0, h, sums);
            }
        }
        sigmoid::<T, S>(if self.kind.has_update() { z } else { &mut z[..size] });
        let (r, u) = z.split_at(size);
        candidate::<T, S>(x_c, r, c);
        let [alpha, beta] = self.kind.weight_lines(a);
        let rows = zip(h.as_chunks_mut::<V>().0, zip(c.as_chunks::<V>().0, u.as_chunks::<V>().0));
        for (h, (&c, &u)) in rows {
            // Arrays of their own, or the compiler fears that one store changes the next load.
            let mut new = *h;
            for v in 0..V {
                new[v] = math::mul_add::<T, S>(alpha[v] + beta[v] * u[v], c[v] - new[v], new[v]);
            }
            *h = new;
        }
    }
}

#[inline(always)]
fn row<T>(data: &[T], from: usize, len: usize) -> &[T] {
    &data[from..][..len]
}
