//! One sequence, its hidden units in the lanes of the vector units.

use dien_kernels::inline::{copy, zip};
use dien_kernels::simd::{Kernel, Simd, axpy, math};
use dien_tensor::Real;

use super::cell::Cell;
use super::products::lanes;
use super::units::{Group, Units, first_unit};

/// See [`Cell::steps`].
pub(super) struct Sequence<'a, T> {
    pub cell: &'a Cell<T>,
    /// U, packed for the level that runs.
    pub units: &'a Units<T>,
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    pub h: &'a mut [T],
    pub states: Option<&'a mut [T]>,
    /// The state after the step, `[stride]`: all units read the one before.
    pub next: &'a mut [T],
}

impl<T: Real> Kernel<T> for Sequence<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        if S::LANES >= 16 && self.units.lanes() == 16 {
            self.steps::<S, 16>();
        } else {
            self.steps::<S, 8>();
        }
    }
}

impl<T: Real> Sequence<'_, T> {
    #[inline(always)]
    fn steps<S: Simd, const V: usize>(mut self) {
        let (cell, units, stride) = (self.cell, self.units, self.cell.stride);
        for (step, x) in self.gates.chunks_exact(cell.gate_width()).enumerate() {
            let a = self.a.map_or(T::one(), |a| a[step]);
            let of = Step { cell, x, a, h: self.h };
            for group in units.groups() {
                macro_rules! vectors {
                    ($($n:literal)*) => {
                        match group.vectors {
                            $($n if $n <= const { S::PACKING.sequence.vectors } => {
                                of.units::<S, V, $n>(units.of(group), group, self.next);
                            })*
                            n => unreachable!("{n} vectors of units at {:?}", S::LEVEL),
                        }
                    };
                }
                vectors!(1 2 3 4 5);
            }
            copy(self.next, self.h);
            if let Some(states) = &mut self.states {
                copy(self.next, &mut states[step * stride..][..stride]);
            }
        }
    }
}

/// A step: the input gates of its event, its score, and the state before it.
struct Step<'a, T> {
    cell: &'a Cell<T>,
    x: &'a [T],
    a: T,
    h: &'a [T],
}

impl<T: Real> Step<'_, T> {
    /// The next state of a group of `N` vectors. What is between the event and the state stays in registers.
    #[inline(always)]
    fn units<S: Simd, const V: usize, const N: usize>(&self, u: &[T], group: Group, next: &mut [T]) {
        let (cell, stride) = (self.cell, self.cell.stride);
        let mut at = [0; N];
        for j in 0..N {
            at[j] = first_unit(group.first + j, V, stride);
        }
        let zero = [[T::zero(); V]; N];
        let (mut r, mut z, mut c, mut x_c) = (zero, zero, zero, zero);
        for j in 0..N {
            r[j] = self.input::<S, V>(at[j]);
            z[j] = self.input::<S, V>(stride + at[j]);
            x_c[j] = self.input::<S, V>(2 * stride + at[j]);
            c[j] = lanes(&cell.b_hc, at[j]);
        }
        for (&h, [of_r, of_z, of_c]) in
            zip(self.h, u.as_chunks::<V>().0.as_chunks::<N>().0.as_chunks::<3>().0)
        {
            for j in 0..N {
                r[j] = axpy::<T, S, V>(h, of_r[j], r[j]);
                z[j] = axpy::<T, S, V>(h, of_z[j], z[j]);
                c[j] = axpy::<T, S, V>(h, of_c[j], c[j]);
            }
        }
        let (alpha, beta) = cell.kind.weight_line(self.a);
        for j in 0..N {
            let mut h: [T; V] = lanes(self.h, at[j]);
            for v in 0..V {
                let reset = math::sigmoid::<T, S>(r[j][v]);
                let candidate = math::tanh::<T, S>(math::mul_add::<T, S>(reset, c[j][v], x_c[j][v]));
                let update = alpha + beta * math::sigmoid::<T, S>(z[j][v]);
                h[v] = math::mul_add::<T, S>(update, candidate - h[v], h[v]);
            }
            copy(&h, &mut next[at[j]..][..V]);
        }
    }

    /// `V` of the input gates, scaled by the score where the kind says so.
    #[inline(always)]
    fn input<S: Simd, const V: usize>(&self, at: usize) -> [T; V] {
        let (mut x, b) = (lanes(self.x, at), lanes::<T, V>(&self.cell.b, at));
        if self.cell.kind.scales_input() {
            for v in 0..V {
                x[v] = math::mul_add::<T, S>(self.a, x[v], b[v]);
            }
        }
        x
    }
}
