//! Products with their sums in registers: the inner loops of serving.

use dien_kernels::gemm::tile::add_packed;
use dien_kernels::gemm::{Epilogue, Store};
use dien_kernels::inline::copy;
use dien_kernels::simd::{Kernel, Simd, axpy};
use dien_tensor::Real;

use super::tile::Tiles;

/// Y += W X for `V` lanes from `lane` on: X `[inputs, N]`, Y `[rows, N]`. Each sum begins with what Y has,
/// and takes the inputs in order.
#[inline(always)]
pub(super) fn add_product<T: Real, S: Simd, const V: usize, const N: usize>(
    w: &Tiles<T>,
    lane: usize,
    x: &[T],
    y: &mut [T],
) {
    // One function a level, for all who call: there are many shapes of tiles in it.
    S::run(AddProduct::<T, V, N> { w, lane, x: &x[..w.inputs * N], y: &mut y[..w.rows * N] });
}

struct AddProduct<'a, T, const V: usize, const N: usize> {
    w: &'a Tiles<T>,
    lane: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const V: usize, const N: usize> Kernel<T> for AddProduct<'_, T, V, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (w, mut whole) = (self.w, self.w.rows / self.w.tile * self.w.tile);
        macro_rules! tiles {
            ($($rows:literal)*) => {
                match w.tile {
                    $($rows if const { packs::<S>($rows) } => self.tiles::<S, $rows>(whole),)*
                    // Packed at another level.
                    _ => whole = 0,
                }
            };
        }
        tiles!(4 5 6 8 10 12);
        for row in whole..w.rows {
            let (first, stride) = w.row(row);
            if stride == 1 {
                self.vectors::<S, 1>(&w.data[first..][..w.inputs], row);
            } else {
                self.row_of_tile::<S>(&w.data[first..], stride, row);
            }
        }
    }
}

/// Whether a level packs weights by so many rows: other tiles are not compiled for it.
const fn packs<S: Simd>(rows: usize) -> bool {
    let sizes = S::PACKING.rows;
    let mut i = 0;
    while i < sizes.len() {
        if sizes[i] == rows {
            return true;
        }
        i += 1;
    }
    false
}

impl<T: Real, const V: usize, const N: usize> AddProduct<'_, T, V, N> {
    /// The first `rows` rows, by `R` at a time.
    #[inline(always)]
    fn tiles<S: Simd, const R: usize>(&mut self, rows: usize) {
        let w = self.w;
        for (tile, stream) in w.data[..rows * w.inputs].chunks_exact((w.inputs * R).max(1)).enumerate() {
            self.vectors::<S, R>(stream, tile * R);
        }
    }

    /// `R` rows from `row` on, in the vectors that the level has for `V` lanes.
    #[inline(always)]
    fn vectors<S: Simd, const R: usize>(&mut self, w: &[T], row: usize) {
        let y = &mut self.y[row * N..][..R * N];
        if V == 8 {
            sums::<T, S, N, R, 1, 8>(w, self.x, y, self.lane);
        } else if S::LANES == 16 {
            sums::<T, S, N, R, 1, 16>(w, self.x, y, self.lane);
        } else {
            sums::<T, S, N, R, 2, 8>(w, self.x, y, self.lane);
        }
    }

    /// One row of a tile that another level has packed, which begins with `w`.
    #[inline(always)]
    fn row_of_tile<S: Simd>(&mut self, w: &[T], stride: usize, row: usize) {
        let y = &mut self.y[row * N + self.lane..][..V];
        let mut sums: [T; V] = lanes(y, 0);
        for p in 0..self.w.inputs {
            sums = axpy::<T, S, V>(w[p * stride], lanes(self.x, p * N + self.lane), sums);
        }
        copy(&sums, y);
    }
}

/// `R` rows packed side by side, `W` vectors of `L` lanes.
#[inline(always)]
fn sums<T: Real, S: Simd, const N: usize, const R: usize, const W: usize, const L: usize>(
    w: &[T],
    x: &[T],
    y: &mut [T],
    lane: usize,
) {
    let mut sums = [[[T::zero(); L]; W]; R];
    for r in 0..R {
        for w in 0..W {
            sums[r][w] = lanes(y, r * N + lane + w * L);
        }
    }
    let (w, x) = (w.as_chunks::<R>().0, x.as_chunks::<N>().0);
    let sums = add_packed::<T, S, R, W, L, N>(sums, w, x, lane);
    let mut to = Store::new(y, N);
    for r in 0..R {
        for w in 0..W {
            to.finish::<S, L>(r, lane + w * L, sums[r][w]);
        }
    }
}

/// `V` elements from `at` on.
#[inline(always)]
pub(super) fn lanes<T: Real, const V: usize>(data: &[T], at: usize) -> [T; V] {
    data[at..][..V].try_into().expect("V elements")
}

/// Runs `$run` with `$lane` going through `0..$width` in steps of the constant `$V`: the widest columns of
/// lanes that the level has, then narrower ones. `$width` is a multiple of 8.
macro_rules! for_columns {
    ($S:ident, $width:expr, $lane:ident, $V:ident => $run:expr) => {{
        let (width, mut $lane) = ($width, 0);
        macro_rules! columns {
            ($v:literal) => {
                while $lane + $v <= width {
                    const $V: usize = $v;
                    $run;
                    $lane += $v;
                }
            };
        }
        if $S::LANES >= 8 {
            columns!(16);
        }
        columns!(8);
    }};
}
pub(super) use for_columns;
