//! Products with their sums in registers: the inner loops of serving.

use dien_kernels::concrete;
use dien_kernels::gemm::tile::add_by_columns;
use dien_kernels::gemm::{Block, Epilogue, Store};
use dien_kernels::simd::{Kernel, Level, Simd, dispatch, math};
use dien_tensor::Real;

/// A weight `[rows, inputs]` in the order in which products read it: a few rows at a time, column by column.
#[derive(Clone, Debug)]
pub struct Tiles<T> {
    data: Vec<T>,
    rows: usize,
    inputs: usize,
    /// Rows of a tile: enough sums to hide how long each takes, few enough for the registers, and no row left
    /// over if that can be had. Those left over are tiles of one row.
    tile: usize,
}

impl<T: Real> Tiles<T> {
    /// Packs a row-major weight.
    ///
    /// # Panics
    /// If `weight` is not `[rows, inputs]`.
    #[track_caller]
    pub fn new(weight: &[T], inputs: usize) -> Self {
        let rows = weight.len().checked_div(inputs).unwrap_or(0);
        assert_eq!(weight.len(), rows * inputs, "tiles: a weight of {inputs} inputs");
        let sizes = Level::of::<T>().packing().rows;
        let tile = sizes.iter().copied().find(|&tile| rows.is_multiple_of(tile)).unwrap_or(6);
        let mut tiles = Tiles { data: vec![], rows, inputs, tile };
        for (from, tile) in tiles.tiles() {
            let columns =
                (0..inputs).flat_map(|p| (from..from + tile).map(move |row| weight[row * inputs + p]));
            tiles.data.extend(columns);
        }
        tiles
    }

    /// First row and rows of each tile.
    fn tiles(&self) -> impl Iterator<Item = (usize, usize)> + use<T> {
        let (rows, tile) = (self.rows, self.tile);
        let whole = rows / tile * tile;
        (0..whole).step_by(tile).map(move |row| (row, tile)).chain((whole..rows).map(|row| (row, 1)))
    }
}

impl<T: Real + TilesKernel<T>> Tiles<T> {
    /// W += V diag(s), for a weight V of the same shape and one number s an input.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn add_scaled(&mut self, other: &Tiles<T>, scale: &[T]) {
        let (own, theirs) = ((self.rows, self.inputs), (other.rows, other.inputs));
        assert!(
            own == theirs && scale.len() == self.inputs,
            "tiles: {own:?}, {theirs:?}, scale {}",
            scale.len()
        );
        run_add_scaled(self, other, scale);
    }
}

concrete! {
    /// Sums of packed weights.
    pub trait TilesKernel: Real;

    fn run_add_scaled(tiles: &mut Tiles<T>, other: &Tiles<T>, scale: &[T]) = add_scaled_of;
}

fn add_scaled_of<T: Real>(tiles: &mut Tiles<T>, other: &Tiles<T>, scale: &[T]) {
    dispatch(AddScaled { tiles, other, scale });
}

struct AddScaled<'a, T> {
    tiles: &'a mut Tiles<T>,
    other: &'a Tiles<T>,
    scale: &'a [T],
}

impl<T: Real> Kernel<T> for AddScaled<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        // The scale in a tile's order is the same for every tile.
        let tile = self.tiles.tile;
        let scale: Vec<T> = self.scale.iter().flat_map(|&s| std::iter::repeat_n(s, tile)).collect();
        let whole = self.tiles.rows / tile * tile * self.scale.len();
        let (data, left) = self.tiles.data.split_at_mut(whole);
        let (other, other_left) = self.other.data.split_at(whole);
        let add = |data: &mut [T], other: &[T], scale: &[T]| {
            for ((w, &v), &s) in data.iter_mut().zip(other).zip(scale) {
                *w = math::mul_add::<T, S>(v, s, *w);
            }
        };
        for (data, other) in
            data.chunks_exact_mut(scale.len().max(1)).zip(other.chunks_exact(scale.len().max(1)))
        {
            add(data, other, &scale);
        }
        let n = self.scale.len().max(1);
        for (data, other) in left.chunks_exact_mut(n).zip(other_left.chunks_exact(n)) {
            add(data, other, self.scale);
        }
    }
}

/// Y += W X for `V` lanes from `lane` on: X `[inputs, N]`, Y `[rows, N]`. Each sum begins with what Y has,
/// and takes the inputs in order.
#[inline(always)]
pub(super) fn add_product<T: Real, S: Simd, const V: usize, const N: usize>(
    w: &Tiles<T>,
    lane: usize,
    x: &[T],
    y: &mut [T],
) {
    match w.tile {
        4 => tiles::<T, S, V, N, 4>(w, lane, x, y),
        5 => tiles::<T, S, V, N, 5>(w, lane, x, y),
        8 => tiles::<T, S, V, N, 8>(w, lane, x, y),
        10 => tiles::<T, S, V, N, 10>(w, lane, x, y),
        12 => tiles::<T, S, V, N, 12>(w, lane, x, y),
        _ => tiles::<T, S, V, N, 6>(w, lane, x, y),
    }
}

#[inline(always)]
fn tiles<T: Real, S: Simd, const V: usize, const N: usize, const R: usize>(
    w: &Tiles<T>,
    lane: usize,
    x: &[T],
    y: &mut [T],
) {
    let x = &x[..w.inputs * N];
    let whole = w.rows / R * R;
    let (y, y_left) = y[..w.rows * N].split_at_mut(whole * N);
    let (data, left) = w.data.split_at(whole * w.inputs);
    for (stream, y) in data.chunks_exact((w.inputs * R).max(1)).zip(y.chunks_exact_mut(R * N)) {
        tile::<T, S, V, N, R>(stream, lane, x, y);
    }
    for (stream, y) in left.chunks_exact(w.inputs.max(1)).zip(y_left.chunks_exact_mut(N)) {
        tile::<T, S, V, N, 1>(stream, lane, x, y);
    }
}

#[inline(always)]
fn tile<T: Real, S: Simd, const V: usize, const N: usize, const R: usize>(
    stream: &[T],
    lane: usize,
    x: &[T],
    y: &mut [T],
) {
    if V == 8 {
        vectors::<T, S, N, R, 1, 8>(stream, lane, x, y);
    } else if S::LANES == 16 {
        vectors::<T, S, N, R, 1, 16>(stream, lane, x, y);
    } else {
        vectors::<T, S, N, R, 2, 8>(stream, lane, x, y);
    }
}

/// `R` rows, `W` vectors of `L` lanes.
#[inline(always)]
fn vectors<T: Real, S: Simd, const N: usize, const R: usize, const W: usize, const L: usize>(
    stream: &[T],
    lane: usize,
    x: &[T],
    y: &mut [T],
) {
    let mut sums = [[[T::zero(); L]; W]; R];
    for r in 0..R {
        for w in 0..W {
            sums[r][w] = lanes(y, r * N + lane + w * L);
        }
    }
    let sums = add_by_columns::<T, S, R, W, L>(
        sums,
        Block::new(stream, R),
        Block::new(x, N).at(0, lane),
        stream.len() / R,
    );
    let mut to = Store::new(y, N);
    for r in 0..R {
        for w in 0..W {
            to.finish::<S, L>(r, lane + w * L, sums[r][w]);
        }
    }
}

/// y += W x for one vector: `columns` `[x, y]` is W by column, and `y` as long as whole vectors of 16 (8 will
/// do but for AVX-512). Each sum begins with what `y` has, and takes the inputs in order.
#[inline(always)]
pub(super) fn add_columns<T: Real, S: Simd>(columns: &[T], x: &[T], y: &mut [T]) {
    if S::LANES == 16 {
        parts::<T, S, 16, 15>(columns, x, y);
    } else if S::LANES == 8 {
        parts::<T, S, 8, 15>(columns, x, y);
    } else {
        parts::<T, S, 8, 5>(columns, x, y);
    }
}

/// At most `MOST` vectors of `V` at a time, evenly.
#[inline(always)]
fn parts<T: Real, S: Simd, const V: usize, const MOST: usize>(columns: &[T], x: &[T], y: &mut [T]) {
    let (vectors, mut at) = (y.len() / V, 0);
    while at < vectors {
        let left = vectors - at;
        let n = left.div_ceil(left.div_ceil(MOST));
        macro_rules! part {
            ($($n:literal)*) => {
                match n {
                    $($n if $n <= MOST => part::<T, S, V, $n>(at * V, columns, x, y),)*
                    _ => unreachable!("at most {MOST} vectors"),
                }
            };
        }
        part!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        at += n;
    }
}

#[inline(always)]
fn part<T: Real, S: Simd, const V: usize, const R: usize>(at: usize, columns: &[T], x: &[T], y: &mut [T]) {
    let columns = Block::new(columns, y.len()).at(0, at);
    let y = &mut y[at..][..R * V];
    let mut sums = [[[T::zero(); V]; R]];
    for r in 0..R {
        sums[0][r] = lanes(y, r * V);
    }
    let sums = add_by_columns::<T, S, 1, R, V>(sums, Block::new(x, 1), columns, x.len());
    let mut to = Store::new(y, R * V);
    for r in 0..R {
        to.finish::<S, V>(0, r * V, sums[0][r]);
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
