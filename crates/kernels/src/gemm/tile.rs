//! A tile of C stays in registers while K goes by: the inner loop of every product.
//!
//! Sums are arrays of one vector each, passed and returned whole: anything else ends in sums that are stored
//! at every step. `R` rows of `W` vectors of `L` columns want R·W of the machine's registers, and about eight
//! of them in flight to hide what a multiply-add takes. Call these from within a
//! [`Kernel`](crate::simd::Kernel).

use super::Block;
use crate::Number;
use crate::simd::{Simd, axpy};

/// The sums of a tile: `R` rows of `W` vectors of `L` columns.
pub type Sums<T, const R: usize, const W: usize, const L: usize> = [[[T; L]; W]; R];

/// `sums` + A·B for `R` rows of A `[m, k]` and `W·L` columns of B `[k, n]`: the blocks begin with the tile's
/// first row and column.
///
/// # Panics
/// If A's rows are shorter than `k`, or a row of B's than the columns.
#[inline(always)]
pub fn add_by_rows<T: Number, S: Simd, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    a: Block<'_, T>,
    b: Block<'_, T>,
    k: usize,
) -> Sums<T, R, W, L> {
    let mut sums = sums;
    // Not `array`, whose closure stays a call in so long a function.
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

/// `sums` + Aᵀ·B for `R` columns of A `[k, m]` and `W·L` columns of B `[k, n]`: one pointer each is all it
/// takes.
///
/// # Panics
/// If there are fewer rows than `k`, or one is shorter than its part of the tile.
#[inline(always)]
pub fn add_by_columns<T: Number, S: Simd, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    a: Block<'_, T>,
    b: Block<'_, T>,
    k: usize,
) -> Sums<T, R, W, L> {
    let mut sums = sums;
    for p in 0..k {
        let a = a.data[p * a.stride..].first_chunk().expect("R columns");
        sums = add_step::<T, S, R, W, L>(sums, a, &b.data[p * b.stride..][..W * L]);
    }
    sums
}

/// `sums` + Aᵀ·B for A `[k, R]` without gaps and `W·L` columns of B `[k, n]`: four rows at a time, which ask
/// for their ends but once.
///
/// # Panics
/// If there are fewer rows than `k`, or one is shorter than its part of the tile.
#[inline(always)]
pub fn add_panel<T: Number, S: Simd, const R: usize, const W: usize, const L: usize>(
    sums: Sums<T, R, W, L>,
    a: &[[T; R]],
    b: Block<'_, T>,
    k: usize,
) -> Sums<T, R, W, L> {
    const AT_ONCE: usize = 4;
    let mut sums = sums;
    let (fours, rest) = a[..k].as_chunks::<AT_ONCE>();
    for (p, a) in fours.iter().enumerate() {
        let rows = &b.data[p * AT_ONCE * b.stride..][..(AT_ONCE - 1) * b.stride + W * L];
        for q in 0..AT_ONCE {
            sums = add_step::<T, S, R, W, L>(sums, &a[q], &rows[q * b.stride..][..W * L]);
        }
    }
    for (p, a) in rest.iter().enumerate() {
        let p = fours.len() * AT_ONCE + p;
        sums = add_step::<T, S, R, W, L>(sums, a, &b.data[p * b.stride..][..W * L]);
    }
    sums
}

/// `sums` + Aᵀ·B for A `[k, R]` and `W·L` columns of B `[k, N]` from `column` on, of which no row lies apart
/// from the next: one count is all that a step asks for.
///
/// # Panics
/// If a row is shorter than its part of the tile.
#[inline(always)]
pub fn add_packed<T: Number, S: Simd, const R: usize, const W: usize, const L: usize, const N: usize>(
    sums: Sums<T, R, W, L>,
    a: &[[T; R]],
    b: &[[T; N]],
    column: usize,
) -> Sums<T, R, W, L> {
    let mut sums = sums;
    let k = a.len().min(b.len());
    let (a, b) = (&a[..k], &b[..k]);
    for p in 0..k {
        sums = add_step::<T, S, R, W, L>(sums, &a[p], &b[p][column..][..W * L]);
    }
    sums
}

/// `sums` + the outer product of `R` rows and `W·L` columns.
#[inline(always)]
fn add_step<T: Number, S: Simd, const R: usize, const W: usize, const L: usize>(
    mut sums: Sums<T, R, W, L>,
    a: &[T; R],
    b: &[T],
) -> Sums<T, R, W, L> {
    let (vectors, _) = b.as_chunks::<L>();
    for r in 0..R {
        for w in 0..W {
            sums[r][w] = axpy::<T, S, L>(a[r], vectors[w], sums[r][w]);
        }
    }
    sums
}
