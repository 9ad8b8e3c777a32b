//! One sequence, its hidden units in the lanes of the vector units.

use dien_kernels::inline::{copy, each};
use dien_kernels::simd::{Kernel, Simd, math};
use dien_tensor::Real;

use super::activation::{candidate, sigmoid};
use super::cell::Cell;
use super::products::add_columns;

/// See [`Cell::steps`].
pub(super) struct Sequence<'a, T> {
    pub cell: &'a Cell<T>,
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    pub h: &'a mut [T],
    pub states: Option<&'a mut [T]>,
    /// The arguments of r and u, and U_c h + b_hc: `[gate_width]`; W_c x + b_c `[stride]`.
    pub scratch: &'a mut [T],
}

impl<T: Real> Kernel<T> for Sequence<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (stride, width) = (self.cell.stride, self.cell.gate_width());
        for (step, x) in self.gates.chunks_exact(width).enumerate() {
            let a = self.a.map_or(T::one(), |a| a[step]);
            self.step::<S>(x, a);
            if let Some(states) = &mut self.states {
                copy(self.h, &mut states[step * stride..][..stride]);
            }
        }
    }
}

impl<T: Real> Sequence<'_, T> {
    #[inline(always)]
    fn step<S: Simd>(&mut self, x: &[T], a: T) {
        let (cell, n) = (self.cell, self.cell.stride);
        let (sums, x_c) = self.scratch.split_at_mut(cell.gate_width());
        copy(x, sums);
        copy(&x[2 * n..3 * n], x_c);
        if cell.kind.scales_input() {
            each(&mut sums[..2 * n], [&cell.b], |z, [b]| *z = math::mul_add::<T, S>(a, *z, b));
            each(x_c, [&cell.b[2 * n..]], |x, [b]| *x = math::mul_add::<T, S>(a, *x, b));
        }
        copy(&cell.b_hc, &mut sums[2 * n..3 * n]);
        add_columns::<T, S>(&cell.u, &self.h[..cell.hidden], sums);
        let (z, c) = sums[..3 * n].split_at_mut(2 * n);
        sigmoid::<T, S>(z);
        let (r, u) = z.split_at(n);
        candidate::<T, S>(x_c, r, c);
        let (alpha, beta) = cell.kind.weight_line(a);
        each(self.h, [c, u], |h, [c, u]| *h = math::mul_add::<T, S>(alpha + beta * u, c - *h, *h));
    }
}
