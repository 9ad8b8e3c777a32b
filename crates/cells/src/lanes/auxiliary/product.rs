//! A·B tile by tile, each tile started and finished while it is in registers.

use dien_kernels::gemm::block::Block;
use dien_kernels::gemm::tile;
use dien_kernels::simd::{Kernel, Level, Simd, dispatch};
use dien_tensor::Real;

/// What the elements of a product start from, and what is made of them. `i` is a row, `j` the first of `V` columns.
pub(super) trait Edge<T: Real> {
    /// The start of the sum.
    fn start<const V: usize>(&self, i: usize, j: usize) -> [T; V];

    /// Takes the sum.
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]);
}

/// A[m, k] · B[k, n] into `edge`; n is a multiple of 8.
///
/// # Panics
/// If a slice is too short.
pub(super) fn product<T: Real, E: Edge<T>>(
    (m, n, k): (usize, usize, usize),
    a: Block<'_, T>,
    b: Block<'_, T>,
    edge: E,
) {
    debug_assert!(n.is_multiple_of(8));
    assert!(a.holds(m, k) && b.holds(k, n), "product: [{m}, {k}] · [{k}, {n}] of shorter slices");
    dispatch(Product { dims: (m, n, k), a, b, edge });
}

struct Product<'a, T, E> {
    dims: (usize, usize, usize),
    a: Block<'a, T>,
    b: Block<'a, T>,
    edge: E,
}

impl<T: Real, E: Edge<T>> Kernel<T> for Product<'_, T, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let n = self.dims.1;
        let mut j = 0;
        while j < n {
            j += match (S::LEVEL, n - j) {
                (Level::Avx512, 32..) => self.strip::<S, 6, 2, 16>(j),
                (Level::Avx512, 16..) => self.strip::<S, 6, 1, 16>(j),
                (Level::Avx2, 24 | 40..) if n % 16 == 8 && j == 0 => self.strip::<S, 4, 3, 8>(j),
                (Level::Avx2, 16..) => self.strip::<S, 6, 2, 8>(j),
                (Level::Portable, ..) => self.strip::<S, 4, 2, 4>(j),
                _ => self.strip::<S, 6, 1, 8>(j),
            };
        }
    }
}

impl<T: Real, E: Edge<T>> Product<'_, T, E> {
    /// All rows of `W` vectors of `L` columns from `j` on; returns the number of columns. Twelve sums hide the latency, and so,
    /// nearly, do the eight of four rows, which take what six would leave over.
    #[inline(always)]
    fn strip<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, j: usize) -> usize {
        let m = self.dims.0;
        let whole = if R == 6 && m % 6 == 2 && m > 6 { m - 8 } else { m - m % R };
        let mut i = 0;
        while i < whole {
            self.tile::<S, R, W, L>(i, j);
            i += R;
        }
        while i + 4 <= m {
            self.tile::<S, 4, W, L>(i, j);
            i += 4;
        }
        while i + 2 <= m {
            self.tile::<S, 2, W, L>(i, j);
            i += 2;
        }
        if i < m {
            self.tile::<S, 1, W, L>(i, j);
        }
        W * L
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, i: usize, j: usize) {
        let Product { dims: (_, _, k), a, b, .. } = *self;
        let mut sums = [[[T::zero(); L]; W]; R];
        for r in 0..R {
            for w in 0..W {
                sums[r][w] = self.edge.start(i + r, j + w * L);
            }
        }
        let sums = tile::add_by_rows::<T, S, R, W, L>(sums, a.at(i, 0), b.at(0, j), k);
        for r in 0..R {
            for w in 0..W {
                self.edge.finish::<S, L>(i + r, j + w * L, sums[r][w]);
            }
        }
    }
}

/// V elements of row `i` from column `j` on.
#[inline(always)]
fn at<T, const V: usize>(data: &[T], stride: usize, i: usize, j: usize) -> &[T; V] {
    data[i * stride + j..].first_chunk().expect("V elements")
}

#[inline(always)]
fn at_mut<T, const V: usize>(data: &mut [T], stride: usize, i: usize, j: usize) -> &mut [T; V] {
    data[i * stride + j..].first_chunk_mut().expect("V elements")
}

/// C = A·B
pub(super) struct Store<'a, T> {
    pub c: &'a mut [T],
    pub stride: usize,
}

impl<T: Real> Edge<T> for Store<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, _: usize, _: usize) -> [T; V] {
        [T::zero(); V]
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        *at_mut(self.c, self.stride, i, j) = sum;
    }
}

/// C = A·B + a bias for each row
pub(super) struct Affine<'a, T> {
    pub bias: &'a [T],
    pub c: &'a mut [T],
    pub stride: usize,
}

impl<T: Real> Edge<T> for Affine<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, _: usize, _: usize) -> [T; V] {
        [T::zero(); V]
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        let (c, b) = (at_mut::<T, V>(self.c, self.stride, i, j), self.bias[i]);
        for v in 0..V {
            c[v] = sum[v] + b;
        }
    }
}

/// C += A·B
pub(super) struct Add<'a, T> {
    pub c: &'a mut [T],
    pub stride: usize,
}

impl<T: Real> Edge<T> for Add<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, i: usize, j: usize) -> [T; V] {
        *at(self.c, self.stride, i, j)
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        *at_mut(self.c, self.stride, i, j) = sum;
    }
}

/// C = `with` + A·B, both of one stride
pub(super) struct Sum<'a, T> {
    pub with: &'a [T],
    pub c: &'a mut [T],
    pub stride: usize,
}

impl<T: Real> Edge<T> for Sum<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, i: usize, j: usize) -> [T; V] {
        *at(self.with, self.stride, i, j)
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        *at_mut(self.c, self.stride, i, j) = sum;
    }
}

/// Back through y = σ(z): y becomes dz = (A·B) y (1 − y), which is also added to `sum`, or begins it if `first`.
pub(super) struct SigmoidSlope<'a, T> {
    pub y: &'a mut [T],
    pub sum: &'a mut [T],
    pub first: bool,
    pub stride: usize,
}

impl<T: Real> Edge<T> for SigmoidSlope<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, _: usize, _: usize) -> [T; V] {
        [T::zero(); V]
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, dy: [T; V]) {
        // Values first, stores last: the compiler does not know that the two slices are apart.
        let y = *at::<T, V>(self.y, self.stride, i, j);
        let before = *at::<T, V>(self.sum, self.stride, i, j);
        let (mut dz, mut sum) = ([T::zero(); V], [T::zero(); V]);
        for v in 0..V {
            dz[v] = dy[v] * y[v] * (T::one() - y[v]);
        }
        for v in 0..V {
            sum[v] = if self.first { dz[v] } else { before[v] + dz[v] };
        }
        *at_mut(self.y, self.stride, i, j) = dz;
        *at_mut(self.sum, self.stride, i, j) = sum;
    }
}
