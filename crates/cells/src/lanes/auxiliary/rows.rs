//! What a tile needs besides products: transposes, and sums over its columns.

use dien_kernels::inline::{each, fill, zip};
use dien_kernels::simd::{self, Kernel, Simd, dispatch, math};
use dien_tensor::Real;

use super::pair_tile::COLUMNS;

/// Features, rounded up to whole vectors.
pub(super) fn padded(features: usize) -> usize {
    features.next_multiple_of(8)
}

/// A tile `[features, COLUMNS]` with its first `width` columns as rows, `[width, padded features]`, zero
/// past the features.
pub(super) fn transpose<T: Real>(tile: &[T], features: usize, width: usize, rows: &mut [T]) {
    dispatch(Transpose { tile, features, width, rows });
}

struct Transpose<'a, T> {
    tile: &'a [T],
    features: usize,
    width: usize,
    rows: &'a mut [T],
}

impl<T: Real> Kernel<T> for Transpose<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Transpose { tile, features, width, rows } = self;
        let stride = padded(features);
        simd::transpose::<T, S>(tile, COLUMNS, (features, width), rows, stride);
        if features < stride {
            for row in rows.chunks_exact_mut(stride).take(width) {
                fill(&mut row[features..], T::zero());
            }
        }
    }
}

/// Sums over columns are kept in this many parts: adding those up is slow, and left to the end.
pub(super) const PARTS: usize = 16;

/// Adds the sum over each row's first `width` columns of a tile to that row's [`PARTS`] of `sums`.
pub(super) fn add_row_sums<T: Real>(tile: &[T], width: usize, sums: &mut [T]) {
    dispatch(RowSums { tile, width, sums });
}

struct RowSums<'a, T> {
    tile: &'a [T],
    width: usize,
    sums: &'a mut [T],
}

impl<T: Real> Kernel<T> for RowSums<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (sum, row) in zip(self.sums.as_chunks_mut().0, self.tile.chunks_exact(COLUMNS)) {
            let mut parts = [T::zero(); PARTS];
            for x in row[..self.width].as_chunks::<PARTS>().0 {
                for l in 0..PARTS {
                    parts[l] += x[l];
                }
            }
            add(sum, &parts);
        }
    }
}

#[inline(always)]
fn add<T: Real>(sum: &mut [T; PARTS], parts: &[T; PARTS]) {
    for l in 0..PARTS {
        sum[l] += parts[l];
    }
}

/// The sum of its parts, by halves.
pub(super) fn total<T: Real>(parts: &[T; PARTS]) -> T {
    let mut parts = *parts;
    let mut half = PARTS / 2;
    while half > 0 {
        for l in 0..half {
            parts[l] += parts[l + half];
        }
        half /= 2;
    }
    parts[0]
}

/// y = σ(z) for each row's first `width` columns, in place.
///
/// A pass of its own: in a product's tiles the constants of σ and the sums would compete for registers.
pub(super) fn sigmoid<T: Real>(tile: &mut [T], width: usize) {
    dispatch(Sigmoid { tile, width });
}

struct Sigmoid<'a, T> {
    tile: &'a mut [T],
    width: usize,
}

impl<T: Real> Kernel<T> for Sigmoid<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        // A full tile is one run of memory.
        let row = if self.width == COLUMNS { self.tile.len() } else { COLUMNS };
        for row in self.tile.chunks_exact_mut(row) {
            let used = if self.width == COLUMNS { row.len() } else { self.width };
            for y in &mut row[..used] {
                *y = math::sigmoid::<T, S>(*y);
            }
        }
    }
}

/// z = Σ wᵢ yᵢ + b over the rows of a tile.
pub(super) struct Dot<'a, T> {
    pub tile: &'a [T],
    pub width: usize,
    pub w: &'a [T],
    pub b: T,
    pub z: &'a mut [T; COLUMNS],
}

impl<T: Real> Kernel<T> for Dot<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let z = &mut self.z[..self.width];
        fill(z, self.b);
        for (row, &w) in zip(self.tile.chunks_exact(COLUMNS), self.w) {
            each(z, [row], |z, [y]| *z = math::mul_add::<T, S>(w, y, *z));
        }
    }
}

/// Back through [`Dot`] and the sigmoid before it: a row y becomes dz w y (1 − y), whose sum `row_sums`
/// gathers, and dw gathers Σ dz y; both in [`PARTS`].
pub(super) struct DotBack<'a, T> {
    pub dz: &'a [T; COLUMNS],
    pub tile: &'a mut [T],
    pub width: usize,
    pub w: &'a [T],
    pub dw: &'a mut [T],
    pub row_sums: &'a mut [T],
}

impl<T: Real> Kernel<T> for DotBack<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let dz = self.dz[..self.width].as_chunks::<PARTS>().0;
        let rows = zip(self.tile.chunks_exact_mut(COLUMNS), self.w);
        let sums = zip(self.dw.as_chunks_mut().0, self.row_sums.as_chunks_mut().0);
        for ((row, &w), (dw, row_sum)) in zip(rows, sums) {
            let (mut dw_parts, mut row_parts) = ([T::zero(); PARTS], [T::zero(); PARTS]);
            for (y, dz) in zip(row.as_chunks_mut::<PARTS>().0, dz) {
                let mut through = [T::zero(); PARTS];
                for l in 0..PARTS {
                    let dy = dz[l] * y[l];
                    dw_parts[l] += dy;
                    through[l] = w * dy * (T::one() - y[l]);
                }
                add(&mut row_parts, &through);
                *y = through;
            }
            add(dw, &dw_parts);
            add(row_sum, &row_parts);
        }
    }
}
