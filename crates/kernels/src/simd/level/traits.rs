//! What a kernel knows of the level that it is compiled for.

use super::{Level, Sealed};

/// Work over numbers of type `T`, to be compiled once for each [`Level`] that `T` has. Mark `run` and all it
/// calls `#[inline(always)]`.
pub trait Kernel<T> {
    /// What the work returns.
    type Output;
    /// Does the work.
    fn run<S: Simd>(self) -> Self::Output;
}

/// The type-level form of a [`Level`]. There are no others than those of its list: code of a level only runs
/// where [`dispatch`](crate::simd::dispatch()) has found its instructions.
pub trait Simd: Sealed + Copy + 'static {
    /// Which level this is.
    const LEVEL: Level;
    /// Whether `mul_add` is one instruction rather than a call into a library.
    const FMA: bool;

    /// `f32` numbers in a vector.
    const LANES: usize;
    /// Sizes that operands are packed by.
    const PACKING: Packing;

    /// Whether this machine has the instructions.
    fn is_available() -> bool;

    /// Runs `kernel` in a function of its own that is compiled for this level: for what is too much to be
    /// inlined into the kernel that calls it.
    fn run<T, K: Kernel<T>>(kernel: K) -> K::Output;

    /// α x + y, `L` lanes of each; see [`axpy`](crate::simd::axpy()).
    fn axpy<const L: usize>(alpha: f32, x: [f32; L], y: [f32; L]) -> [f32; L];

    /// An 8 × 8 tile of [`transpose`](crate::simd::transpose()).
    fn transpose8(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize);

    /// Runs the columns from `j` on, of `n`, of a product in the tile for [rows](crate::gemm::Rows); gives
    /// how many. At least 8 are left, here as below.
    fn rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize;

    /// The same in the tile for [long rows](crate::gemm::LongRows).
    fn long_rows<W: Strips>(n: usize, j: usize, work: &mut W) -> usize;

    /// The same in the tile for [columns](crate::gemm::Columns).
    fn columns<W: Strips>(n: usize, j: usize, work: &mut W) -> usize;

    /// The same in the tile for [panels](crate::gemm::Panels), of [`Packing::panel`] rows.
    fn panels<W: Strips>(n: usize, j: usize, work: &mut W) -> usize;

    /// Runs `work` in the tiles of hidden units that fill this level's registers.
    fn unit_tiles<W: UnitTiles>(work: W);

    /// Runs `work` by as many lanes as its few vectors take.
    fn vectors<W: Vectors>(work: W);
}

/// The sizes that a level's operands are packed by.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// Hidden units in a tile of a recurrence: of the sums of every gate and vector of lanes as many as there
    /// are registers for, beside what is loaded.
    pub units: usize,
    /// Rows of a panel of a packed matrix.
    pub panel: usize,
    /// Rows of a weight that a product with candidates reads at a time, best first: the first of which no row
    /// is left over is taken.
    pub rows: &'static [usize],
    /// How the hidden units of one sequence are packed.
    pub sequence: SequencePacking,
}

/// Hidden units of one sequence that a step computes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequencePacking {
    /// Units of a vector: 8 or 16.
    pub lanes: usize,
    /// Vectors at a time, at most: the sums of three gates of each fill the registers.
    pub vectors: usize,
}

/// Work in tiles of hidden units.
pub trait UnitTiles {
    /// `UNITS` are [`Packing::units`]; of a block's lanes `FULL` are computed at a time, of half a block's
    /// `HALF`.
    fn run<S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize>(self);
}

/// Work of a few vectors at a time.
pub trait Vectors {
    /// `V` lanes at a time: 8 or 16.
    fn run<S: Simd, const V: usize>(self);
}

/// A product, some of whose columns can be computed in tiles of any shape.
pub trait Strips {
    /// All rows of the `W · L` columns from `j` on, in tiles of `R` rows of `W` vectors of `L` columns; gives
    /// W · L.
    fn strip<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, j: usize) -> usize;
}
