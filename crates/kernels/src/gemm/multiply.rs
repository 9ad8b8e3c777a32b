//! Products of row-major matrices by the register-tiled [`product`], in parallel over rows.

use super::{Block, Rows, Store, product};
use crate::par::{CHUNK, for_chunks};
use crate::simd::{Kernel, Simd, dispatch, transpose};
use crate::{Number, concrete};

/// Rows of C that one task computes: whole tiles at every level, and fixed, so that the bits do not depend on
/// the pool.
const ROWS: usize = 24;
/// Columns of a vector that every level's tiles end with.
const LAST: usize = 8;

concrete! {
    /// Products of matrices.
    pub trait Products;

    /// C = A B for `a` `[m, k]`, `b` `[k, n]` and `c` `[m, n]`, all row-major. Allocates nothing.
    ///
    /// For what fits into a cache: neither A nor B is copied into panels, which for a few hundred rows and
    /// columns costs more than it saves.
    ///
    /// # Panics
    /// If `a` or `b` is too short, or `c` does not have m · n elements.
    pub fn multiply(a: &[T], b: &[T], c: &mut [T], dims: (usize, usize, usize)) = multiply_of;

    /// `to` `[n, m]` = Aᵀ for `a` `[m, n]`, row-major.
    ///
    /// # Panics
    /// If a slice does not have m · n elements.
    pub fn transposed(a: &[T], dims: (usize, usize), to: &mut [T]) = transposed_of;
}

fn multiply_of<T: Number>(a: &[T], b: &[T], c: &mut [T], (m, n, k): (usize, usize, usize)) {
    assert!(
        a.len() >= m * k && b.len() >= k * n && c.len() == m * n,
        "multiply: [{m}, {k}] · [{k}, {n}] with {}, {} and {} elements",
        a.len(),
        b.len(),
        c.len()
    );
    if c.is_empty() {
        return;
    }
    for_chunks(ROWS * n, c, &|start, c| {
        let rows = c.len() / n;
        let a = &a[start / n * k..][..rows * k];
        dispatch(Task { a, b, c, dims: (rows, n, k) });
    });
}

struct Task<'a, T> {
    a: &'a [T],
    b: &'a [T],
    c: &'a mut [T],
    dims: (usize, usize, usize),
}

impl<T: Number> Kernel<T> for Task<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (m, n, k) = self.dims;
        let whole = if n < LAST { n } else { n - n % LAST };
        let a = Rows(Block::new(self.a, k));
        product::<T, S, _, _>((m, whole, k), a, Block::new(self.b, n), Store::new(&mut *self.c, n));
        if whole < n {
            // The last columns in a vector that overlaps the one before: it computes the same numbers once
            // more.
            let left = n - LAST;
            let b = Block::new(self.b.get(left..).unwrap_or_default(), n);
            product::<T, S, _, _>((m, LAST, k), a, b, Store::new(&mut self.c[left..], n));
        }
    }
}

fn transposed_of<T: Number>(a: &[T], (m, n): (usize, usize), to: &mut [T]) {
    assert!(
        a.len() == m * n && to.len() == m * n,
        "transposed: [{m}, {n}] with {} and {} elements",
        a.len(),
        to.len()
    );
    struct Transpose<'a, T>(&'a [T], usize, (usize, usize), &'a mut [T]);
    impl<T: Number> Kernel<T> for Transpose<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            let Transpose(a, n, (m, columns), to) = self;
            transpose::<T, S>(a, n, (m, columns), to, m);
        }
    }
    if to.is_empty() {
        return;
    }
    // Some columns of A at a time, which are rows of the other.
    let columns = (CHUNK / m).next_multiple_of(LAST);
    for_chunks(columns * m, to, &|start, to| {
        dispatch(Transpose(&a[start / m..], n, (m, to.len() / m), to));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::gemm;
    use crate::simd::{Level, dispatch_at};
    use crate::testing::assert_close;
    use ndarray::{ArrayView2, ArrayViewMut2};

    fn check<T: Number + Products<T>>(tolerance: f64) {
        for (m, n, k) in
            [(1, 1, 1), (128, 162, 20), (50, 200, 33), (97, 7, 9), (5, 9, 0), (0, 4, 2), (3, 0, 2)]
        {
            let a: Vec<T> = (0..m * k).map(|i| T::of((i as f64 * 0.7).sin())).collect();
            let b: Vec<T> = (0..k * n).map(|i| T::of((i as f64 * 1.3).cos())).collect();
            let mut exact = vec![T::zero(); m * n];
            gemm(
                T::one(),
                ArrayView2::from_shape((m, k), &a).unwrap(),
                ArrayView2::from_shape((k, n), &b).unwrap(),
                T::zero(),
                ArrayViewMut2::from_shape((m, n), &mut exact).unwrap(),
            );
            let near = |c: &[T], how: &str| {
                assert_close(c, &exact, tolerance, format_args!("{how} [{m}, {k}] · [{k}, {n}]"));
            };
            let mut c = vec![T::nan(); m * n];
            multiply(&a, &b, &mut c, (m, n, k));
            near(&c, "in parallel");
            for level in Level::available::<T>() {
                c.fill(T::nan());
                dispatch_at(level, Task { a: &a, b: &b, c: &mut c, dims: (m, n, k) });
                near(&c, &format!("{level:?}"));
            }
        }
    }

    #[test]
    fn every_level_agrees_with_the_portable_product() {
        check::<f32>(2e-5);
        check::<f64>(1e-13);
    }

    #[test]
    #[should_panic = "transposed: [2, 3] with 6 and 5 elements"]
    fn transposes_only_what_fits() {
        transposed(&[0f32; 6], (2, 3), &mut [0.0; 5]);
    }

    #[test]
    fn transposes() {
        let a: Vec<f32> = (0..37 * 11).map(|i| i as f32).collect();
        let mut t = vec![0.0; a.len()];
        transposed(&a, (37, 11), &mut t);
        assert!((0..37 * 11).all(|i| t[i % 11 * 37 + i / 11] == a[i]));
    }
}
