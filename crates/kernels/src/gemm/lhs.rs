//! How the left matrix of a product is stored, which decides how tiles read it and which shape they have.

use super::Block;
use super::tile::{Sums, add_by_columns, add_by_rows, add_panel};
use crate::Number;
use crate::simd::{Level, Simd, Strips};

/// The left matrix of a [`product`](super::product), `[m, k]`.
pub trait Lhs<T: Number>: Copy {
    /// Whether rows past the last are there, as zeros, up to a whole tile.
    const PADDED: bool = false;

    /// Rows that are finished with before the next are begun; otherwise columns are.
    const ROWS_AT_ONCE: usize = usize::MAX;

    /// Whether it has so many rows and columns.
    fn holds(self, m: usize, k: usize) -> bool;

    /// Runs the columns from `j` on, of `n`, in this level's tile for such a matrix; gives how many.
    fn strip<S: Simd, W: Strips>(n: usize, j: usize, work: &mut W) -> usize;

    /// `sums` + the `R` rows from `i` on times the block `b`.
    fn add<S: Simd, const R: usize, const W: usize, const L: usize>(
        self,
        sums: Sums<T, R, W, L>,
        i: usize,
        b: Block<'_, T>,
        k: usize,
    ) -> Sums<T, R, W, L>;
}

/// Row-major, `[m, k]`, with rows as short as a layer is wide.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T>(pub Block<'a, T>);

/// Row-major, `[m, k]`, where k runs over events: a weight's gradient. Few rows at a time, so that their
/// pointers stay in registers, and those over all columns: unlike B it does not fit into a first cache.
#[derive(Clone, Copy, Debug)]
pub struct LongRows<'a, T>(pub Block<'a, T>);

/// By column, `[k, m]`: a tile reads it through one pointer.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, T>(pub Block<'a, T>);

macro_rules! by_rows {
    ($name:ident, $strip:ident, $rows:expr) => {
        impl<T: Number> Lhs<T> for $name<'_, T> {
            const ROWS_AT_ONCE: usize = $rows;

            #[inline(always)]
            fn holds(self, m: usize, k: usize) -> bool {
                self.0.holds(m, k)
            }

            #[inline(always)]
            fn strip<S: Simd, W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
                S::$strip(n, j, work)
            }

            #[inline(always)]
            fn add<S: Simd, const R: usize, const W: usize, const L: usize>(
                self,
                sums: Sums<T, R, W, L>,
                i: usize,
                b: Block<'_, T>,
                k: usize,
            ) -> Sums<T, R, W, L> {
                add_by_rows::<T, S, R, W, L>(sums, self.0.at(i, 0), b, k)
            }
        }
    };
}
by_rows!(Rows, rows, usize::MAX);
// Whole tiles of 4 and of 12 rows.
by_rows!(LongRows, long_rows, 12);

impl<T: Number> Lhs<T> for Columns<'_, T> {
    #[inline(always)]
    fn holds(self, m: usize, k: usize) -> bool {
        self.0.holds(k, m)
    }

    #[inline(always)]
    fn strip<S: Simd, W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        S::columns(n, j, work)
    }

    #[inline(always)]
    fn add<S: Simd, const R: usize, const W: usize, const L: usize>(
        self,
        sums: Sums<T, R, W, L>,
        i: usize,
        b: Block<'_, T>,
        k: usize,
    ) -> Sums<T, R, W, L> {
        add_by_columns::<T, S, R, W, L>(sums, self.0.at(0, i), b, k)
    }
}

/// A matrix that multiplies many others, packed once in the order in which the tiles read it:
/// `[panels, k, rows]`, a panel being the rows of a tile. Rows past the last are zeros: a whole tile costs
/// less than the small ones that would fit what is left, whose few sums wait for each other.
#[derive(Clone, Copy, Debug)]
pub struct Panels {
    rows: usize,
    /// Rows of the matrix.
    pub m: usize,
    /// Columns of the matrix.
    pub k: usize,
}

impl Panels {
    /// The panels of an m × k matrix at a level.
    pub fn new(level: Level, m: usize, k: usize) -> Self {
        Panels { rows: level.packing().panel, m, k }
    }

    /// Elements of all panels.
    pub fn len(self) -> usize {
        self.m.next_multiple_of(self.rows) * self.k
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Packs the matrix whose elements `a(row, column)` are.
    pub fn pack<T: Number>(self, a: impl Fn(usize, usize) -> T, to: &mut [T]) {
        for (panel, to) in to.chunks_exact_mut((self.rows * self.k).max(1)).enumerate() {
            for (p, to) in to.chunks_exact_mut(self.rows).enumerate() {
                for (r, to) in to.iter_mut().enumerate() {
                    let row = panel * self.rows + r;
                    *to = if row < self.m { a(row, p) } else { T::zero() };
                }
            }
        }
    }

    /// The packed matrix, for a product.
    #[inline(always)]
    pub fn packed<T>(self, data: &[T]) -> Packed<'_, T> {
        Packed { panels: self, data }
    }
}

/// What [`Panels`] have packed.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a, T> {
    panels: Panels,
    data: &'a [T],
}

impl<T: Number> Lhs<T> for Packed<'_, T> {
    const PADDED: bool = true;

    #[inline(always)]
    fn holds(self, m: usize, k: usize) -> bool {
        (self.panels.m, self.panels.k) == (m, k) && self.data.len() >= self.panels.len()
    }

    #[inline(always)]
    fn strip<S: Simd, W: Strips>(n: usize, j: usize, work: &mut W) -> usize {
        S::panels(n, j, work)
    }

    #[inline(always)]
    fn add<S: Simd, const R: usize, const W: usize, const L: usize>(
        self,
        sums: Sums<T, R, W, L>,
        i: usize,
        b: Block<'_, T>,
        k: usize,
    ) -> Sums<T, R, W, L> {
        add_panel::<T, S, R, W, L>(sums, self.data[i * k..].as_chunks().0, b, k)
    }
}
