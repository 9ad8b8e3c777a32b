//! A weight in the order in which serving's products read it.

use dien_kernels::concrete;
use dien_kernels::inline::{each, zip};
use dien_kernels::simd::{Kernel, Level, Simd, dispatch, math};
use dien_tensor::Real;

/// A weight `[rows, inputs]` in the order in which products read it: a few rows at a time, column by column.
#[derive(Clone, Debug)]
pub struct Tiles<T> {
    pub(super) data: Vec<T>,
    pub(super) rows: usize,
    pub(super) inputs: usize,
    /// Rows of a tile: enough sums to hide how long each takes, few enough for the registers, and no row left
    /// over if that can be had. Those left over are tiles of one row.
    pub(super) tile: usize,
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

    /// Where a row's first element stands, and how far it is from one to the next.
    pub(super) fn row(&self, row: usize) -> (usize, usize) {
        let whole = self.rows / self.tile * self.tile;
        if row < whole {
            let first = row / self.tile * self.tile * self.inputs + row % self.tile;
            (first.min(self.data.len()), self.tile)
        } else {
            (row * self.inputs, 1)
        }
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
            each(data, [other, scale], |w, [v, s]| *w = math::mul_add::<T, S>(v, s, *w));
        };
        let n = scale.len().max(1);
        for (data, other) in zip(data.chunks_exact_mut(n), other.chunks_exact(n)) {
            add(data, other, &scale);
        }
        let n = self.scale.len().max(1);
        for (data, other) in zip(left.chunks_exact_mut(n), other_left.chunks_exact(n)) {
            add(data, other, self.scale);
        }
    }
}
