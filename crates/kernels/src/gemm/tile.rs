//! A tile of C stays in registers while K goes by: the inner loops of every product.
//!
//! Sums are arrays of one vector each, passed and returned whole: anything else ends in sums that are stored at every step.
//! `R` rows of `W` vectors of `L` columns want R·W of the machine's registers, and about eight of them in flight to
//! hide what a multiply-add takes. Call these from within a [`Kernel`](crate::simd::Kernel).

use super::block::Block;
use crate::Real;
use crate::simd::{Simd, axpy};

/// The sums of a tile: `R` rows of `W` vectors of `L` columns.
pub type Sums<T, const R: usize, const W: usize, const L: usize> = [[[T; L]; W]; R];

/// `sums` + A·B for `R` rows of A `[m, k]` and `W·L` columns of B `[k, n]`: the blocks begin with the tile's first row and column.
///
/// # Panics
/// If A's rows are shorter than `k`, or a row of B's than the columns.
#[inline(always)]
pub fn add_by_rows<T: Real, S: Simd, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    a: Block<'_, T>,
    b: Block<'_, T>,
    k: usize,
) -> Sums<T, R, W, L> {
    let mut sums = sums;
    // Not `array::from_fn`, which stays a call inside a function with target features.
    let mut rows: [&[T]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = &a.data[r * a.stride..][..k];
    }
    for (p, b) in b.data.chunks(b.stride).take(k).enumerate() {
        let (vectors, _) = b[..W * L].as_chunks::<L>();
        for r in 0..R {
            let x = rows[r][p];
            for w in 0..W {
                sums[r][w] = axpy::<T, S, L>(x, vectors[w], sums[r][w]);
            }
        }
    }
    sums
}

/// `sums` + Aᵀ·B for `R` columns of A `[k, m]` and `W·L` columns of B `[k, n]`: one pointer each is all it takes.
///
/// # Panics
/// If a row is shorter than its part of the tile.
#[inline(always)]
pub fn add_by_columns<T: Real, S: Simd, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    a: Block<'_, T>,
    b: Block<'_, T>,
    k: usize,
) -> Sums<T, R, W, L> {
    let mut sums = sums;
    // Cut here: a third end to look for would cost more than a step of a small tile.
    let steps = &a.data[..a.data.len().min(k * a.stride)];
    for (a, b) in steps.chunks(a.stride).zip(b.data.chunks(b.stride)) {
        let a: &[T; R] = a.first_chunk().expect("R columns");
        let (vectors, _) = b[..W * L].as_chunks::<L>();
        for r in 0..R {
            for w in 0..W {
                sums[r][w] = axpy::<T, S, L>(a[r], vectors[w], sums[r][w]);
            }
        }
    }
    sums
}

/// The sums to a tile of C, or added to it: its first rows, if it has fewer.
#[inline(always)]
pub fn store<T: Real, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    c: &mut [T],
    stride: usize,
    add: bool,
) {
    if c.len() > (R - 1) * stride {
        for r in 0..R {
            store_row(sums[r], &mut c[r * stride..], add);
        }
    } else {
        // What is indexed by a variable has to be in memory, and the sums have not: a copy, by constant places.
        let mut copy = [[[T::zero(); L]; W]; R];
        #[allow(clippy::manual_memcpy)]
        for r in 0..R {
            copy[r] = sums[r];
        }
        for (row, c) in copy.into_iter().zip(c.chunks_mut(stride)) {
            store_row(row, c, add);
        }
    }
}

#[inline(always)]
fn store_row<T: Real, const W: usize, const L: usize>(row: [[T; L]; W], c: &mut [T], add: bool) {
    let (vectors, _) = c[..W * L].as_chunks_mut::<L>();
    for w in 0..W {
        vectors[w] = if add { plus(row[w], vectors[w]) } else { row[w] };
    }
}

/// x + y
#[inline(always)]
fn plus<T: Real, const L: usize>(x: [T; L], y: [T; L]) -> [T; L] {
    let mut sum = y;
    for l in 0..L {
        sum[l] = y[l] + x[l];
    }
    sum
}
