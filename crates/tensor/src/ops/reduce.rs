//! Sums and means over everything, and over the columns of each row.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::inline::fill;
use dien_kernels::map::map_rows;
use dien_kernels::par::{CHUNK, for_chunks};
use dien_kernels::sums::{self, total};

/// The sum of all elements: `[]`.
#[track_caller]
pub fn sum<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    scaled_sum(x, T::one(), "sum")
}

/// The mean of all elements: `[]`; exactly 0 if there are none.
#[track_caller]
pub fn mean<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    scaled_sum(x, T::of(1.0 / x.len().max(1) as f64), "mean")
}

#[track_caller]
fn scaled_sum<'t, T: Real>(x: Var<'t, T>, scale: T, name: &'static str) -> Var<'t, T> {
    let pool = x.tape().pool();
    let mut y = pool.stale(&[]);
    y.fill(scale * total(|[x]: [T; 1], _: [T; 0]| [x], pool.values(), [x.data()]));
    x.tape().record(&[x], y, ScaledSum { scale, name })
}

struct ScaledSum<T> {
    scale: T,
    name: &'static str,
}

impl<T: Real> Backward<T> for ScaledSum<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout")[0] * self.scale;
        add_grad(io, 0, |dx| for_chunks(CHUNK, dx, &|_, dx| fill(dx, dy)));
    }
}

/// The sum of each row of `x` `[n, m]`: `[n, 1]`.
///
/// # Panics
/// If `x` is not a matrix.
#[track_caller]
pub fn sum_rows<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let (n, m) = x.view2().dim();
    let mut y = x.tape().pool().stale(&[n, 1]);
    let data = y.as_slice_mut().expect("standard layout");
    sums::sum_rows(|[x]: [T; 1], _: [T; 0]| [x], m, [x.data()], [], data);
    x.tape().record(&[x], y, SumRows)
}

struct SumRows;

impl<T: Real> Backward<T> for SumRows {
    fn name(&self) -> &'static str {
        "sum_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let m = io.input(0).shape()[1];
        let dy = dy.to_slice().expect("standard layout");
        add_grad(io, 0, |dx| map_rows(|_: [T; 0], [dy]: [T; 1]| [dy], m, [], [dy], dx));
    }
}

/// The inner product of each row of `a` with that of `b`, both `[n, m]`: `[n, 1]`.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn dot_rows<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let (n, m) = a.view2().dim();
    assert!(a.shape() == b.shape(), "dot_rows: {:?} with {:?}", a.shape(), b.shape());
    let mut y = a.tape().pool().stale(&[n, 1]);
    let data = y.as_slice_mut().expect("standard layout");
    sums::sum_rows(|[a, b]: [T; 2], _: [T; 0]| [a * b], m, [a.data(), b.data()], [], data);
    a.tape().record(&[a, b], y, DotRows)
}

struct DotRows;

impl<T: Real> Backward<T> for DotRows {
    fn name(&self) -> &'static str {
        "dot_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let m = io.input(0).shape()[1];
        let dy = dy.to_slice().expect("standard layout");
        for (input, other) in [(0, 1), (1, 0)] {
            let x = io.input_data(other);
            add_grad(io, input, |dx| map_rows(|[x]: [T; 1], [dy]: [T; 1]| [x * dy], m, [x], [dy], dx));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn gradients() {
        for shape in [&[3, 21][..], &[0, 4], &[1, 1]] {
            check([shape], |[x]| sum(x));
            check([shape], |[x]| mean(x));
            check([shape], |[x]| sum_rows(x));
            check([shape, shape], |[a, b]| dot_rows(a, b));
            check([shape], |[x]| dot_rows(x, x));
        }
    }

    #[test]
    fn values() {
        let x = || of(array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(value([x()], |[x]| mean(x)).sum(), 2.5);
        assert_eq!(value([x()], |[x]| sum_rows(x)), of(array![[3.0], [7.0]]));
        assert_eq!(value([x(), x()], |[a, b]| dot_rows(a, b)), of(array![[5.0], [25.0]]));
        assert_eq!(value([of(Array1::zeros(0))], |[x]| mean(x)).sum(), 0.0);
        let n = 100_001;
        assert_eq!(
            value([of(Array1::from_iter((0..n).map(f64::from)))], |[x]| sum(x)).sum(),
            5_000_050_000.0
        );
    }
}
