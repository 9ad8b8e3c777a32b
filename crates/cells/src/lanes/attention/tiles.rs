//! C (+)= A·B for the matrices of a batch of events: register tiles that leave no slow remainder.
//!
//! 80, 40 and 36 rows are no multiples of 6, and 72 columns none of 16: a row or a half vector left over waits for the
//! latency of its own sums. So what is left is cut into tiles that still have eight sums in flight.

use dien_kernels::gemm::block::Block;
use dien_kernels::gemm::tile;
use dien_kernels::simd::{Kernel, Level, Simd};
use dien_tensor::Real;

/// C[m, n] = Aᵀ · B[k, n], or C += Aᵀ·B if `add`, where A is `[k, m]`; `n` is a multiple of 8.
///
/// With A by columns a tile reads both through one pointer each: for weights, which are transposed once a pass.
///
/// One function at each level, called rather than inlined: a product here takes far longer than a call, and the tiles
/// are much code.
pub(super) fn product<T: Real, S: Simd>(
    dims: (usize, usize, usize),
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    S::run(Product::<T, true> { dims, a, b, c, c_stride, add });
}

/// C[m, n] = A[m, k] · B[k, n], or C += A·B if `add`; `n` is a multiple of 8.
///
/// Four rows at a time, so that their pointers stay in registers: for weight gradients, where K runs over events.
pub(super) fn product_by_rows<T: Real, S: Simd>(
    dims: (usize, usize, usize),
    a: Block<'_, T>,
    b: Block<'_, T>,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    S::run(Product::<T, false> { dims, a, b, c, c_stride, add });
}

struct Product<'a, T, const BY_COLUMNS: bool> {
    dims: (usize, usize, usize),
    a: Block<'a, T>,
    b: Block<'a, T>,
    c: &'a mut [T],
    c_stride: usize,
    add: bool,
}

impl<T: Real, const BY_COLUMNS: bool> Kernel<T> for Product<'_, T, BY_COLUMNS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (m, n, k) = self.dims;
        debug_assert_eq!(n % 8, 0, "whole vectors");
        let a_holds = if BY_COLUMNS { self.a.holds(k, m) } else { self.a.holds(m, k) };
        assert!(a_holds && self.b.holds(k, n), "product: [{m}, {k}] · [{k}, {n}] of shorter slices");
        let mut j = 0;
        while j < n {
            j += match (S::LEVEL, BY_COLUMNS, n - j) {
                (Level::Avx512, true, 32..) => self.strip::<S, 8, 2, 16>(j),
                (Level::Avx512, false, 48..) => self.strip::<S, 4, 3, 16>(j),
                (Level::Avx512, false, 32..) => self.strip::<S, 4, 2, 16>(j),
                (Level::Avx512, _, 16..) => self.strip::<S, 8, 1, 16>(j),
                (Level::Avx2, true, 16..) => self.strip::<S, 6, 2, 8>(j),
                (Level::Avx2, false, 24 | 40..) => self.strip::<S, 4, 3, 8>(j),
                (Level::Avx2, false, 16..) => self.strip::<S, 4, 2, 8>(j),
                (Level::Portable, ..) => self.strip::<S, 4, 2, 4>(j),
                _ => self.strip::<S, 8, 1, 8>(j),
            };
        }
    }
}

impl<T: Real, const BY_COLUMNS: bool> Product<'_, T, BY_COLUMNS> {
    /// All rows of `W` vectors of `L` columns from `j` on, `R` rows at a time; returns the number of columns.
    #[inline(always)]
    fn strip<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, j: usize) -> usize {
        let m = self.dims.0;
        // With 6 rows, two tiles of 4 for the last 8, and 4, 2 and 1 for the last 7.
        let whole = if R == 6 && m > 6 && (m % 6 == 1 || m % 6 == 2) { m - m % 6 - 6 } else { m - m % R };
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
        if BY_COLUMNS {
            sums = tile::add_by_columns::<T, S, R, W, L>(sums, a.at(0, i), b.at(0, j), k);
        } else {
            sums = tile::add_by_rows::<T, S, R, W, L>(sums, a.at(i, 0), b.at(0, j), k);
        }
        tile::store(sums, &mut self.c[i * self.c_stride + j..], self.c_stride, self.add);
    }
}
