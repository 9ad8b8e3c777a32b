//! C (+)= A·B for row-major blocks that fit the caches: the product inside the lane kernels.
//!
//! A tile of C of `R` rows × `V` columns stays in registers over the whole of K; B's rows enter as vectors, A's
//! elements as broadcasts. Columns beyond a multiple of 8 are slow: pad B and C. Call it from within a [`Kernel`](crate::simd::Kernel).

use crate::Real;
use crate::simd::{Level, Simd, axpy};

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
    match S::LEVEL {
        Level::Portable => rows::<T, S, 4, 2, 8>(m, n, k, a, b, c, c_stride, add, between),
        Level::Avx2 => rows::<T, S, 6, 3, 16>(m, n, k, a, b, c, c_stride, add, between),
        Level::Avx512 => rows::<T, S, 8, 4, 32>(m, n, k, a, b, c, c_stride, add, between),
    }
}

/// Rows outside and columns inside, so that a panel of A is read once while B stays in the first cache; then the columns
/// that are left, in taller tiles: a tile with few sums waits for each of them.
#[inline(always)]
fn rows<T: Real, S: Simd, const R: usize, const HALF: usize, const V: usize>(
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
    let whole = if V > 16 { n / 16 * 16 } else { n / V * V };
    let mut i = 0;
    while i + R <= m {
        panel::<T, S, R, V>(i, whole, k, a, b, c, c_stride, add);
        between();
        i += R;
    }
    while i + HALF <= m {
        panel::<T, S, HALF, V>(i, whole, k, a, b, c, c_stride, add);
        i += HALF;
    }
    while i < m {
        panel::<T, S, 1, V>(i, whole, k, a, b, c, c_stride, add);
        i += 1;
    }
    let mut j = whole;
    while j + 8 <= n {
        match S::LEVEL {
            Level::Portable => column::<T, S, R, HALF, 8>(m, j, k, a, b, c, c_stride, add),
            _ => column::<T, S, 12, 4, 8>(m, j, k, a, b, c, c_stride, add),
        }
        j += 8;
    }
    while j < n {
        column::<T, S, R, HALF, 1>(m, j, k, a, b, c, c_stride, add);
        j += 1;
    }
}

#[inline(always)]
fn panel<T: Real, S: Simd, const R: usize, const V: usize>(
    i: usize,
    n: usize,
    k: usize,
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    let mut j = 0;
    while j + V <= n {
        tile::<T, S, R, V>(i, j, k, a, b, c, c_stride, add);
        j += V;
    }
    while j < n {
        tile::<T, S, R, 16>(i, j, k, a, b, c, c_stride, add);
        j += 16;
    }
}

#[inline(always)]
fn column<T: Real, S: Simd, const R: usize, const HALF: usize, const V: usize>(
    m: usize,
    j: usize,
    k: usize,
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    let mut i = 0;
    while i + R <= m {
        tile::<T, S, R, V>(i, j, k, a, b, c, c_stride, add);
        i += R;
    }
    while i + HALF <= m {
        tile::<T, S, HALF, V>(i, j, k, a, b, c, c_stride, add);
        i += HALF;
    }
    while i < m {
        tile::<T, S, 1, V>(i, j, k, a, b, c, c_stride, add);
        i += 1;
    }
}

#[inline(always)]
fn tile<T: Real, S: Simd, const R: usize, const V: usize>(
    i: usize,
    j: usize,
    k: usize,
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    // Not `array::from_fn`, which stays a call inside a function with target features.
    let mut rows: [&[T]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = &a.data[(i + r) * a.stride..][..k];
    }
    let mut sum = [[T::zero(); V]; R];
    for p in 0..k {
        let b: &[T; V] = b.data[p * b.stride + j..][..V].try_into().expect("V elements");
        for r in 0..R {
            sum[r] = axpy::<T, S, V>(rows[r][p], *b, sum[r]);
        }
    }
    for r in 0..R {
        let c: &mut [T; V] = (&mut c[(i + r) * c_stride + j..][..V]).try_into().expect("V elements");
        for v in 0..V {
            c[v] = if add { c[v] + sum[r][v] } else { sum[r][v] };
        }
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
    impl<T: Real> Kernel for Product<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            let (a, b) = (Block::new(self.a, self.k), Block::new(self.b, self.n));
            product::<T, S>(self.m, self.n, self.k, a, b, self.c, self.n, self.add);
        }
    }

    fn check<T: Real>(tolerance: f64) {
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
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
