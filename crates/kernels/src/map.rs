//! Loops over elements.
//!
//! A [`Point`] is the arithmetic of one element. The loops cut arrays into chunks fixed by their shape, run
//! those with rayon, and compile those of a [`Point`] that asks for it for each SIMD level.

use crate::Number;
use crate::inline::array;
use crate::par::{CHUNK, for_chunks};
use crate::simd::{Kernel, Portable, Simd, dispatch};

/// The arithmetic of one element: `N` numbers of its own, `P` of its column or row, `Q` results.
pub trait Point<T: Number, const N: usize, const P: usize, const Q: usize>: Copy + Send + Sync {
    /// From the element's numbers `x` and its column's or row's `p`.
    fn at<S: Simd>(self, x: [T; N], p: [T; P]) -> [T; Q];

    /// Runs a loop over this arithmetic, by default compiled for each SIMD level.
    #[inline]
    fn launch<K: Kernel<T>>(kernel: K) -> K::Output {
        dispatch(kernel)
    }
}

/// Closures are for what waits on memory anyway, a few sums and products: compiled once, for every op costs
/// build time.
impl<T: Number, const N: usize, const P: usize, const Q: usize, F> Point<T, N, P, Q> for F
where
    F: Fn([T; N], [T; P]) -> [T; Q] + Copy + Send + Sync,
{
    #[inline(always)]
    fn at<S: Simd>(self, x: [T; N], p: [T; P]) -> [T; Q] {
        self(x, p)
    }

    #[inline]
    fn launch<K: Kernel<T>>(kernel: K) -> K::Output {
        kernel.run::<Portable>()
    }
}

/// `y[i][j] = f(x[i][j], p[j])` for rows of `m` columns.
pub fn map_columns<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize>(
    f: F,
    m: usize,
    x: [&[T]; N],
    p: [&[T]; P],
    y: &mut [T],
) {
    let chunk = (CHUNK / m.max(1)).max(1) * m;
    for_chunks(chunk, y, &|start, y| {
        let x = array(|k| &x[k][start..start + y.len()]);
        F::launch(Map { f, m, x, p, y });
    });
}

/// `y[i][j] = f(x[i][j], p[i])` for rows of `m` columns.
pub fn map_rows<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize>(
    f: F,
    m: usize,
    x: [&[T]; N],
    p: [&[T]; P],
    y: &mut [T],
) {
    let rows = (CHUNK / m.max(1)).max(1);
    for_chunks(rows * m, y, &|start, y| {
        let x = array(|k| &x[k][start..start + y.len()]);
        let p = array(|k| &p[k][start / m.max(1)..]);
        F::launch(MapRows { f, m, x, p, y });
    });
}

/// `y[i] = f(x[i])`
pub fn map<T: Number, F: Point<T, N, 0, 1>, const N: usize>(f: F, x: [&[T]; N], y: &mut [T]) {
    for_chunks(CHUNK, y, &|start, y| {
        let x = array(|k| &x[k][start..start + y.len()]);
        F::launch(Map { f, m: y.len(), x, p: [], y });
    });
}

struct Map<'a, T, F, const N: usize, const P: usize> {
    f: F,
    m: usize,
    x: [&'a [T]; N],
    p: [&'a [T]; P],
    y: &'a mut [T],
}

impl<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize> Kernel<T> for Map<'_, T, F, N, P> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Map { f, m, x, p, y } = self;
        let p: [&[T]; P] = array(|k| &p[k][..m]);
        for (i, y) in y.chunks_exact_mut(m.max(1)).enumerate() {
            let x: [&[T]; N] = array(|k| &x[k][i * m..][..m]);
            for (j, y) in y.iter_mut().enumerate() {
                [*y] = f.at::<S>(array(|k| x[k][j]), array(|k| p[k][j]));
            }
        }
    }
}

struct MapRows<'a, T, F, const N: usize, const P: usize> {
    f: F,
    m: usize,
    x: [&'a [T]; N],
    p: [&'a [T]; P],
    y: &'a mut [T],
}

impl<T: Number, F: Point<T, N, P, 1>, const N: usize, const P: usize> Kernel<T> for MapRows<'_, T, F, N, P> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let MapRows { f, m, x, p, y } = self;
        for (i, y) in y.chunks_exact_mut(m.max(1)).enumerate() {
            let x: [&[T]; N] = array(|k| &x[k][i * m..][..m]);
            let p = array(|k| p[k][i]);
            for (j, y) in y.iter_mut().enumerate() {
                [*y] = f.at::<S>(array(|k| x[k][j]), p);
            }
        }
    }
}
