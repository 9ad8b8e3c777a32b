//! Sums that the ops share, over columns, rows or everything.
//!
//! Sixteen partial sums run side by side over chunks fixed by the shape, and are added in one order: no bit
//! depends on the pool.

use crate::inline::{array, copy, fill};
use crate::map::Point;
use crate::par::{CHUNK, for_chunks};
use crate::reduce::sum_parts;
use crate::simd::{Kernel, Simd};
use crate::{Buffers, Number, Scratch};

/// A vector of `f32` at AVX-512.
const LANES: usize = 16;

/// `[Q][m]`: the sum of `f(x[i][j], p[j])` over the rows i, for each column j.
pub fn sum_columns<T: Number, F: Point<T, N, P, Q>, const N: usize, const P: usize, const Q: usize>(
    f: F,
    buffers: &Buffers<T>,
    m: usize,
    x: [&[T]; N],
    p: [&[T]; P],
) -> Scratch<T> {
    let chunk = (CHUNK / m.max(1)).max(1) * m;
    let chunks = if m == 0 { 0 } else { x[0].len().div_ceil(chunk) };
    let mut sums = buffers.scratch(chunks.max(1) * Q * m);
    if chunks == 0 {
        fill(&mut sums, T::zero());
        return sums;
    }
    for_chunks(Q * m, &mut sums, &|start, out| {
        let start = start / (Q * m) * chunk;
        let x = array(|k| &x[k][start..x[k].len().min(start + chunk)]);
        F::launch(Results(SumColumns { f, m, x, p, out }));
    });
    sum_parts(&mut sums, Q * m);
    sums
}

/// `y[i] = Σⱼ f(x[i][j], p[i])` for rows of `m` columns.
pub fn sum_rows<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize>(
    f: F,
    m: usize,
    x: [&[T]; N],
    p: [&[T]; P],
    y: &mut [T],
) {
    for_chunks((CHUNK / m.max(1)).max(1), y, &|start, y| {
        let x = array(|k| &x[k][start * m..(start + y.len()) * m]);
        let p = array(|k| &p[k][start..start + y.len()]);
        F::launch(SumRows { f, m, x, p, y });
    });
}

/// `Σᵢ f(x[i])`
pub fn total<T: Number, const N: usize>(f: impl Point<T, N, 0, 1>, buffers: &Buffers<T>, x: [&[T]; N]) -> T {
    let whole = x[0].len() / CHUNK;
    let mut sums = buffers.scratch(whole + 1);
    sum_rows(f, CHUNK, array(|k| &x[k][..whole * CHUNK]), [], &mut sums[..whole]);
    let rest: [&[T]; N] = array(|k| &x[k][whole * CHUNK..]);
    sum_rows(f, rest[0].len(), rest, [], &mut sums[whole..]);
    sum_parts(&mut sums, 1);
    sums[0]
}

struct SumColumns<'a, T, F, const N: usize, const P: usize> {
    f: F,
    m: usize,
    x: [&'a [T]; N],
    p: [&'a [T]; P],
    out: &'a mut [T],
}

impl<T: Number, F, const N: usize, const P: usize> SumColumns<'_, T, F, N, P> {
    /// The columns `j..j + W`, their sums in registers.
    #[inline(always)]
    fn block<S: Simd, const W: usize, const Q: usize>(&mut self, j: usize)
    where
        F: Point<T, N, P, Q>,
    {
        let m = self.m;
        let p: [&[T]; P] = array(|k| &self.p[k][j..][..W]);
        let mut sums = [[T::zero(); W]; Q];
        for i in 0..self.x[0].len() / m {
            let x: [&[T]; N] = array(|k| &self.x[k][i * m + j..][..W]);
            for l in 0..W {
                let terms = self.f.at::<S>(array(|k| x[k][l]), array(|k| p[k][l]));
                for q in 0..Q {
                    sums[q][l] += terms[q];
                }
            }
        }
        for q in 0..Q {
            copy(&sums[q], &mut self.out[q * m + j..][..W]);
        }
    }
}

/// Ties [`SumColumns`] to a number of results, which its fields do not mention.
struct Results<K, const Q: usize>(K);

impl<T: Number, F, const N: usize, const P: usize, const Q: usize> Kernel<T>
    for Results<SumColumns<'_, T, F, N, P>, Q>
where
    F: Point<T, N, P, Q>,
{
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let m = self.0.m;
        let whole = m - m % LANES;
        let mut j = 0;
        while j < whole {
            self.0.block::<S, LANES, Q>(j);
            j += LANES;
        }
        while j < m {
            self.0.block::<S, 1, Q>(j);
            j += 1;
        }
    }
}

struct SumRows<'a, T, F, const N: usize, const P: usize> {
    f: F,
    m: usize,
    x: [&'a [T]; N],
    p: [&'a [T]; P],
    y: &'a mut [T],
}

impl<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize> Kernel<T> for SumRows<'_, T, F, N, P> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumRows { f, m, x, p, y } = self;
        for (i, y) in y.iter_mut().enumerate() {
            let x: [&[T]; N] = array(|k| &x[k][i * m..][..m]);
            let p = array(|k| p[k][i]);
            let mut sums = [T::zero(); LANES];
            for b in 0..m / LANES {
                let x: [&[T]; N] = array(|k| &x[k][b * LANES..][..LANES]);
                for l in 0..LANES {
                    let [term] = f.at::<S>(array(|k| x[k][l]), p);
                    sums[l] += term;
                }
            }
            let mut sum = T::zero();
            for j in m - m % LANES..m {
                let [term] = f.at::<S>(array(|k| x[k][j]), p);
                sum += term;
            }
            *y = sums.iter().fold(sum, |sum, &s| sum + s);
        }
    }
}
