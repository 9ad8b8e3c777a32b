//! C (+)= A·B for row-major blocks that fit the caches: the product inside the lane kernels.
//!
//! A tile of C of `R` rows × `V` columns stays in registers over the whole of K; B's rows enter as vectors, A's
//! elements as broadcasts. Columns beyond a multiple of 8 are slow: pad B and C. Call it from within a [`Kernel`](crate::simd::Kernel).

use super::tile;
use crate::Real;
use crate::simd::{Level, Simd};

/// A row-major matrix inside a slice: `stride` elements from one row to the next.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a, T> {
    /// The elements, from the block's first on.
    pub data: &'a [T],
    /// Elements from one row to the next.
    pub stride: usize,
}

impl<'a, T> Block<'a, T> {
    /// A block over `data`.
    #[inline(always)]
    pub fn new(data: &'a [T], stride: usize) -> Self {
        Block { data, stride }
    }

    /// Whether it has so many rows and columns.
    #[inline(always)]
    pub fn holds(self, rows: usize, columns: usize) -> bool {
        rows == 0 || columns == 0 || self.data.len() >= (rows - 1) * self.stride + columns
    }

    /// The block from element (i, j) on; nothing, past the last.
    #[inline(always)]
    pub fn at(self, i: usize, j: usize) -> Self {
        Block { data: self.data.get(i * self.stride + j..).unwrap_or_default(), stride: self.stride }
    }
}

/// C[m, n] = A[m, k] · B[k, n], or C += A·B if `add`. Row-major, `c_stride` elements a row of C.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn product<T: Real, S: Simd>(
    m: usize,
    n: usize,
    k: usize,
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    product_between::<T, S>(m, n, k, a, b, c, c_stride, add, &mut || {});
}

/// [`product`] that calls `between` after every few rows: to fetch what comes next, for instance.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn product_between<T: Real, S: Simd>(
    m: usize,
    n: usize,
    k: usize,
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
    between: &mut impl FnMut(),
) {
    assert!(
        a.holds(m, k) && b.holds(k, n) && Block::new(c, c_stride).holds(m, n),
        "product: [{m}, {k}] · [{k}, {n}] with {}, {} and {} elements",
        a.data.len(),
        b.data.len(),
        c.len()
    );
    let work = Product { dims: (m, n, k), a, b, c, c_stride, add };
    match S::LEVEL {
        Level::Portable => work.rows::<S, 4, 2, 2, 4>(between),
        Level::Avx2 => work.rows::<S, 6, 3, 2, 8>(between),
        Level::Avx512 => work.rows::<S, 4, 2, 4, 16>(between),
    }
}

struct Product<'a, T> {
    dims: (usize, usize, usize),
    a: Block<'a, T>,
    b: Block<'a, T>,
    c: &'a mut [T],
    c_stride: usize,
    add: bool,
}

impl<T: Real> Product<'_, T> {
    /// Rows outside and columns inside, so that a panel of A is read once while B stays in the first cache; then the columns
    /// that are left, in taller tiles: a tile with few sums waits for each of them.
    #[inline(always)]
    fn rows<S: Simd, const R: usize, const HALF: usize, const W: usize, const L: usize>(
        mut self,
        between: &mut impl FnMut(),
    ) {
        let (m, n, _) = self.dims;
        // At AVX-512 fewer vectors will do for the last columns; elsewhere they are left to `column`.
        let whole = if L == 16 { n / L * L } else { n / (W * L) * (W * L) };
        let mut i = 0;
        while i + R <= m {
            self.panel::<S, R, W, L>(i, whole);
            between();
            i += R;
        }
        while i + HALF <= m {
            self.panel::<S, HALF, W, L>(i, whole);
            i += HALF;
        }
        while i < m {
            self.panel::<S, 1, W, L>(i, whole);
            i += 1;
        }
        let mut j = whole;
        while j + 8 <= n {
            match S::LEVEL {
                Level::Portable => self.column::<S, R, HALF, 8>(j),
                _ => self.column::<S, 12, 4, 8>(j),
            }
            j += 8;
        }
        while j < n {
            self.column::<S, R, HALF, 1>(j);
            j += 1;
        }
    }

    /// `R` rows of the first `n` columns.
    #[inline(always)]
    fn panel<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, i: usize, n: usize) {
        let mut j = 0;
        while j + W * L <= n {
            self.tile::<S, R, W, L>(i, j);
            j += W * L;
        }
        if W > 2 && j + 2 * L <= n {
            self.tile::<S, R, 2, L>(i, j);
            j += 2 * L;
        }
        if j < n {
            self.tile::<S, R, 1, L>(i, j);
        }
    }

    /// All rows of one vector of columns.
    #[inline(always)]
    fn column<S: Simd, const R: usize, const HALF: usize, const L: usize>(&mut self, j: usize) {
        let m = self.dims.0;
        let mut i = 0;
        while i + R <= m {
            self.tile::<S, R, 1, L>(i, j);
            i += R;
        }
        while i + HALF <= m {
            self.tile::<S, HALF, 1, L>(i, j);
            i += HALF;
        }
        while i < m {
            self.tile::<S, 1, 1, L>(i, j);
            i += 1;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, i: usize, j: usize) {
        let Product { dims: (_, _, k), a, b, .. } = *self;
        let sums = [[[T::zero(); L]; W]; R];
        let sums = tile::add_by_rows::<T, S, R, W, L>(sums, a.at(i, 0), b.at(0, j), k);
        tile::store(sums, &mut self.c[i * self.c_stride + j..], self.c_stride, self.add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, dispatch_at};

    struct Product<'a, T> {
        m: usize,
        n: usize,
        k: usize,
        a: &'a [T],
        b: &'a [T],
        c: &'a mut [T],
        add: bool,
    }
    impl<T: Real> Kernel<T> for Product<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            let (a, b) = (Block::new(self.a, self.k), Block::new(self.b, self.n));
            product::<T, S>(self.m, self.n, self.k, a, b, self.c, self.n, self.add);
        }
    }

    fn check<T: Real>(tolerance: f64) {
        for level in Level::available::<T>() {
            for (m, n, k) in [(1, 1, 1), (6, 32, 36), (108, 32, 36), (7, 37, 5), (13, 11, 3), (3, 32, 0)] {
                let a: Vec<T> = (0..m * k).map(|i| T::of((i as f64 * 0.7).sin())).collect();
                let b: Vec<T> = (0..k * n).map(|i| T::of((i as f64 * 1.3).cos())).collect();
                for add in [false, true] {
                    let mut c = vec![T::of(0.5); m * n];
                    dispatch_at(level, Product { m, n, k, a: &a, b: &b, c: &mut c, add });
                    for i in 0..m {
                        for j in 0..n {
                            let mut exact = if add { 0.5 } else { 0.0 };
                            for p in 0..k {
                                exact += a[i * k + p].f64() * b[p * n + j].f64();
                            }
                            assert!((c[i * n + j].f64() - exact).abs() <= tolerance, "{level:?} {m} {n} {k}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_agrees_with_the_sum() {
        check::<f32>(5e-6);
        check::<f64>(1e-13);
    }
}
