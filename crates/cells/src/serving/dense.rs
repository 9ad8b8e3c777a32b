//! Dense layers over candidates in lanes.

use dien_kernels::concrete;
use dien_kernels::gemm::{Block, Rows, Store, product};
use dien_kernels::inline::{each, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::Real;

use super::products::{self, for_columns};
use super::tile::Tiles;
use crate::LANES;

concrete! {
    /// Dense layers over candidates.
    pub trait DenseKernels: Real;

    /// y += W x for `x` `[inputs, LANES]`, `y` `[outputs, LANES]`, of which the first `width` lanes (a
    /// multiple of 8) are computed.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn add_product(weight: &Tiles<T>, x: &[T], y: &mut [T], width: usize) = add_product_of;

    /// Rows `x` `[n, x_stride]`, of which the first `inputs` count, times W by column `[inputs, outputs]`:
    /// `y` `[n, outputs]`.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn multiply_rows(
        x: &[T],
        x_stride: usize,
        columns: &[T],
        outputs: usize,
        y: &mut [T],
    ) = multiply_rows_of;

    /// y += W x for one vector: `columns` `[x, y]` is W by column.
    pub fn add_columns(columns: &[T], x: &[T], y: &mut [T]) = add_columns_of;

    fn run_dice(dice: &Dice<T>, x: &mut [T], width: usize) = dice_of;
}

fn add_product_of<T: Real>(weight: &Tiles<T>, x: &[T], y: &mut [T], width: usize) {
    dispatch(AddProduct { weight, x, y, width });
}

struct AddProduct<'a, T> {
    weight: &'a Tiles<T>,
    x: &'a [T],
    y: &'a mut [T],
    width: usize,
}

impl<T: Real> Kernel<T> for AddProduct<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for_columns!(S, self.width, lane, V => {
            products::add_product::<T, S, V, LANES>(self.weight, lane, self.x, self.y);
        });
    }
}

fn multiply_rows_of<T: Real>(x: &[T], x_stride: usize, columns: &[T], outputs: usize, y: &mut [T]) {
    dispatch(MultiplyRows { x, x_stride, columns, outputs, y });
}

struct MultiplyRows<'a, T> {
    x: &'a [T],
    x_stride: usize,
    columns: &'a [T],
    outputs: usize,
    y: &'a mut [T],
}

impl<T: Real> Kernel<T> for MultiplyRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let m = self.outputs;
        let dims = (self.y.len() / m, m, self.columns.len() / m);
        let (x, w) = (Rows(Block::new(self.x, self.x_stride)), Block::new(self.columns, m));
        product::<T, S, _, _>(dims, x, w, Store::new(self.y, m));
    }
}

/// Fills each row of `y` `[rows, LANES]` with its number of `values` `[rows]`.
pub fn fill<T: Real>(values: &[T], y: &mut [T]) {
    for (y, &value) in zip(y.as_chunks_mut::<LANES>().0, values) {
        *y = [value; LANES];
    }
}

fn add_columns_of<T: Real>(columns: &[T], x: &[T], y: &mut [T]) {
    dispatch(AddColumns { columns, x, y });
}

struct AddColumns<'a, T> {
    columns: &'a [T],
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel<T> for AddColumns<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (&x, column) in zip(self.x, self.columns.chunks_exact(self.y.len().max(1))) {
            each(self.y, [column], |y, [w]| *y = math::mul_add::<T, S>(w, x, *y));
        }
    }
}

/// max(0, x) + α min(0, x) of each row of `[rows, LANES]`, α its own or the only one.
pub fn prelu<T: Real>(alpha: &[T], x: &mut [T]) {
    for (x, &alpha) in zip(x.chunks_exact_mut(LANES), alpha.iter().cycle()) {
        for x in x {
            *x *= if *x > T::zero() { T::one() } else { alpha };
        }
    }
}

/// Dice with running statistics, for each unit: p = σ((x − mean) · scale), y = x (α + p (1 − α)).
#[derive(Clone, Debug)]
pub struct Dice<T> {
    /// E of each unit.
    pub mean: Vec<T>,
    /// 1/√(Var + ε) of each unit.
    pub scale: Vec<T>,
    /// α of each unit.
    pub alpha: Vec<T>,
}

impl<T: Real + DenseKernels<T>> Dice<T> {
    /// Activates `x` `[units, LANES]` in place, in the first `width` lanes.
    pub fn run(&self, x: &mut [T], width: usize) {
        run_dice(self, x, width);
    }
}

fn dice_of<T: Real>(dice: &Dice<T>, x: &mut [T], width: usize) {
    dispatch(RunDice { dice, x, width });
}

struct RunDice<'a, T> {
    dice: &'a Dice<T>,
    x: &'a mut [T],
    width: usize,
}

impl<T: Real> Kernel<T> for RunDice<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Dice { mean, scale, alpha } = self.dice;
        let rows = zip(self.x.chunks_exact_mut(LANES), zip(mean, zip(scale, alpha)));
        for (x, (&mean, (&scale, &alpha))) in rows {
            for x in &mut x[..self.width] {
                let p = math::sigmoid::<T, S>((*x - mean) * scale);
                *x *= math::mul_add::<T, S>(p, T::one() - alpha, alpha);
            }
        }
    }
}
