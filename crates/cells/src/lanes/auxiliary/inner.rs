//! f(h, e) = (P h)·e

use dien_kernels::gemm::epilogue::Accumulate;
use dien_kernels::gemm::{Block, Rows, Store, dispatch_product};
use dien_kernels::inline::{each, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Pool, Real, Scratch};

use super::carve_mut;
use super::pair_tile::COLUMNS;
use super::rows::{padded, transpose};
use super::task::{Back, Score};
use crate::lanes::transpose_weight;

/// P `[event, hidden]`. The sums are its gradient, the columns padded.
pub(super) struct InnerProduct<'a, T: Real> {
    widths: (usize, usize),
    project: &'a [T],
    /// P transposed, if there is a way back.
    transposed: Option<Scratch<T>>,
}

impl<'a, T: Real> InnerProduct<'a, T> {
    /// `widths`: of an interest, of an event.
    pub(super) fn new(widths: (usize, usize), project: &'a [T], back: bool, pool: &Pool<T>) -> Self {
        let transposed = back.then(|| {
            let mut transposed = pool.scratch(project.len());
            transpose_weight(project, &mut transposed, widths);
            transposed
        });
        InnerProduct { widths, project, transposed }
    }

    /// P h, its gradient, and h transposed.
    fn sizes(&self) -> [usize; 3] {
        let (hidden, event) = self.widths;
        [event, event, padded(hidden)].map(|rows| rows * COLUMNS)
    }
}

impl<T: Real> Score<T> for InnerProduct<'_, T> {
    fn work(&self) -> usize {
        self.sizes().iter().sum()
    }

    fn sums(&self) -> usize {
        self.widths.1 * padded(self.widths.0)
    }

    fn state(&self, h: &[T], width: usize, work: &mut [T]) {
        let (hidden, event) = self.widths;
        let [projected, ..] = carve_mut(work, self.sizes());
        let w = Rows(Block::new(self.project, hidden));
        let to = Store::new(projected, COLUMNS);
        dispatch_product((event, width, hidden), w, Block::new(h, COLUMNS), to);
    }

    fn logits(&self, e: &[T], width: usize, work: &mut [T], z: &mut [T; COLUMNS]) {
        let [projected, ..] = carve_mut(work, self.sizes());
        dispatch(Dots { projected, e, width, z });
    }

    fn event_back(&self, dz: &[T; COLUMNS], e: &[T], first: bool, width: usize, back: Back<'_, T>) {
        let [projected, d_projected, _] = carve_mut(back.work, self.sizes());
        dispatch(DotsBack { projected, e, width, dz, first, de: back.dx, d_projected });
    }

    fn state_back(&self, h: &[T], width: usize, back: Back<'_, T>) {
        let (hidden, event) = self.widths;
        let [_, d_projected, rows] = carve_mut(back.work, self.sizes());
        let (d, stride) = (Block::new(&*d_projected, COLUMNS), padded(hidden));
        transpose(h, hidden, width, rows);
        let to = Accumulate { from: None, c: back.sums, stride };
        dispatch_product((event, stride, width), Rows(d), Block::new(&*rows, stride), to);
        let transposed = self.transposed.as_ref().expect("made for the way back");
        let w = Rows(Block::new(transposed, event));
        dispatch_product((hidden, width, event), w, d, Store::new(back.dx, COLUMNS));
    }
}

/// z = Σ pᵢ eᵢ over the rows of two tiles.
struct Dots<'a, T> {
    projected: &'a [T],
    e: &'a [T],
    width: usize,
    z: &'a mut [T; COLUMNS],
}

impl<T: Real> Kernel<T> for Dots<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let z = &mut self.z[..self.width];
        fill(z, T::zero());
        for (p, e) in zip(self.projected.chunks_exact(COLUMNS), self.e.chunks_exact(COLUMNS)) {
            each(z, [p, e], |z, [p, e]| *z = math::mul_add::<T, S>(p, e, *z));
        }
    }
}

/// de = dz p, and dp (+)= dz e.
struct DotsBack<'a, T> {
    projected: &'a [T],
    e: &'a [T],
    width: usize,
    dz: &'a [T; COLUMNS],
    first: bool,
    de: &'a mut [T],
    d_projected: &'a mut [T],
}

impl<T: Real> Kernel<T> for DotsBack<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let dz = &self.dz[..self.width];
        let values = zip(self.projected.chunks_exact(COLUMNS), self.e.chunks_exact(COLUMNS));
        let grads = zip(self.de.chunks_exact_mut(COLUMNS), self.d_projected.chunks_exact_mut(COLUMNS));
        for ((p, e), (de, dp)) in zip(values, grads) {
            each(de, [p, dz], |de, [p, dz]| *de = dz * p);
            if self.first {
                fill(&mut dp[..self.width], T::zero());
            }
            each(dp, [e, dz], |dp, [e, dz]| *dp = math::mul_add::<T, S>(dz, e, *dp));
        }
    }
}
