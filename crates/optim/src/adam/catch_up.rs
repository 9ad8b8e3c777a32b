//! The steps that a row missed, made at once. The mathematics stands in [`super::history`].

use dien_tensor::Real;
use dien_tensor::simd::{Kernel, Simd, math};

use super::history::{History, Missed, TERMS};
use super::table::{Row, Table};
use super::update::normal;

/// Entries of a list of rows, and the part of the table that has them.
pub(super) struct CatchUp<'a, T, F> {
    pub(super) history: &'a History,
    pub(super) eps: f64,
    pub(super) entries: std::ops::Range<usize>,
    /// The row of an entry and the step at which it was last up to date.
    pub(super) row: F,
    pub(super) table: Table<'a, T>,
}

impl<T: Real, F: Fn(usize) -> (usize, u64)> Kernel for CatchUp<'_, T, F> {
    /// For how many rows the series did not do.
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(mut self) -> u64 {
        let mut looped = 0;
        for entry in self.entries {
            let (number, t) = (self.row)(entry);
            if t < self.history.now() {
                let missed = self.history.missed_since(t);
                let row = self.table.row(number);
                if series_does(&missed, self.eps, &row) {
                    by_series::<T, S>(&missed, self.eps, row);
                } else {
                    by_loop(&missed, self.eps, row);
                    looped += 1;
                }
            }
        }
        looped
    }
}

/// Whether the terms that the series leaves out are beyond the precision of the sum.
fn series_does<T: Real>(missed: &Missed<'_>, eps: f64, row: &Row<'_, T>) -> bool {
    let tolerance = T::epsilon().f64().max(1e-12);
    let m = &missed.moments;
    // The sum lies between M₀ − q M₁ and M₀, the rest below qᴶ M_J.
    let does = |q: f64| q.powi(TERMS as i32) * m[TERMS] <= tolerance * (m[0] - q * m[1]);
    does(1.0) || {
        let moving = row.m.iter().zip(&*row.v).filter(|(m, _)| **m != T::zero());
        let least = moving.fold(f64::INFINITY, |least, (_, v)| least.min(v.f64()));
        let shift = eps * missed.first_weight;
        does(shift / (least.sqrt() + shift))
    }
}

#[inline(always)]
fn by_series<T: Real, S: Simd>(missed: &Missed<'_>, eps: f64, row: Row<'_, T>) {
    let [beta1, beta2] = missed.decay.map(T::of);
    let moments = missed.moments.map(T::of);
    let (shift, shrink) = (T::of(eps * missed.first_weight), T::of(missed.shrink));
    for ((value, m), v) in row.value.iter_mut().zip(row.m).zip(row.v) {
        let inverse = T::one() / (v.sqrt() + shift);
        let minus_q = -shift * inverse;
        let mut sum = moments[TERMS - 1];
        for j in (0..TERMS - 1).rev() {
            sum = math::mul_add::<T, S>(sum, minus_q, moments[j]);
        }
        *value -= math::mul_add::<T, S>(shrink, *value, *m * inverse * sum);
        *m = normal(*m * beta1);
        *v = normal(*v * beta2);
    }
}

#[inline(always)]
fn by_loop<T: Real>(missed: &Missed<'_>, eps: f64, row: Row<'_, T>) {
    const LANES: usize = 16;
    let [beta1, beta2] = missed.decay.map(T::of);
    let (shrink, keep_after) = (T::of(missed.shrink), T::of(missed.keep_after));
    let chunks = row.value.chunks_mut(LANES).zip(row.m.chunks_mut(LANES)).zip(row.v.chunks_mut(LANES));
    for ((value, m), v) in chunks {
        let mut roots = [T::zero(); LANES];
        let mut sums = [T::zero(); LANES];
        roots.iter_mut().zip(&*v).for_each(|(root, v)| *root = v.sqrt());
        for (keep, scale, weight) in missed.moves() {
            let (keep, scale, shift) = (T::of(keep), T::of(scale), T::of(eps * weight));
            for (sum, &root) in sums.iter_mut().zip(&roots) {
                *sum = *sum * keep + scale / (root + shift);
            }
        }
        for (((value, m), v), &sum) in value.iter_mut().zip(m).zip(v).zip(&sums) {
            *value -= shrink * *value + *m * sum * keep_after;
            *m = normal(*m * beta1);
            *v = normal(*v * beta2);
        }
    }
}
