//! Softmax along one axis, and its logarithm.

use ndarray::ArrayViewD;

use super::points::{add_grad, normal};
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::par::for_rows;

/// yᵢ = e^(xᵢ) / Σⱼ e^(xⱼ) along `axis`, any shape with that axis. For ragged rows see
/// [`segment_softmax`](super::segment_softmax).
///
/// Computed from xᵢ − max x, which does not overflow; a share below the normal numbers is 0. A row of −∞
/// alone is NaN.
///
/// # Panics
/// If there is no such axis.
#[track_caller]
pub fn softmax<T: Real>(x: Var<'_, T>, axis: usize) -> Var<'_, T> {
    along(x, axis, false)
}

/// The logarithm of [`softmax`], computed as x − max x − ln Σ e^(x − max x): finite where softmax is 0.
///
/// # Panics
/// If there is no such axis.
#[track_caller]
pub fn log_softmax<T: Real>(x: Var<'_, T>, axis: usize) -> Var<'_, T> {
    along(x, axis, true)
}

#[track_caller]
fn along<T: Real>(x: Var<'_, T>, axis: usize, log: bool) -> Var<'_, T> {
    let rows = Rows::of(name(log), x.shape(), axis);
    let mut y = x.tape().pool().stale(x.shape());
    let data = x.data();
    rows.for_each(y.as_slice_mut().expect("standard layout"), &|y, start, row| {
        let x = |i| data[start + i];
        let max = row.places().map(x).fold(T::neg_infinity(), T::max);
        row.places().for_each(|i| y[i] = (x(i) - max).exp());
        let sum = row.places().fold(T::zero(), |sum, i| sum + y[i]);
        if log {
            let log_sum = sum.ln();
            row.places().for_each(|i| y[i] = x(i) - max - log_sum);
        } else {
            row.places().for_each(|i| y[i] = normal(y[i] / sum));
        }
    });
    x.tape().record(&[x], y, Softmax { rows, log })
}

fn name(log: bool) -> &'static str {
    if log { "log_softmax" } else { "softmax" }
}

/// An array as blocks `[len, stride]`, of which each column is a row of the softmax.
#[derive(Clone, Copy)]
struct Rows {
    len: usize,
    stride: usize,
}

/// One row within its block.
#[derive(Clone, Copy)]
struct Row {
    first: usize,
    rows: Rows,
}

impl Row {
    /// Where its elements stand in the block.
    fn places(self) -> impl Iterator<Item = usize> {
        (self.first..self.rows.len * self.rows.stride).step_by(self.rows.stride)
    }
}

impl Rows {
    #[track_caller]
    fn of(op: &str, shape: &[usize], axis: usize) -> Self {
        assert!(axis < shape.len(), "{op}: axis {axis} of {shape:?}");
        Rows { len: shape[axis], stride: shape[axis + 1..].iter().product() }
    }

    /// Calls `run(block, start, row)` for every row; `block` is that part of `y`, which begins at `start`.
    fn for_each<T: Send>(self, y: &mut [T], run: &(dyn Fn(&mut [T], usize, Row) + Sync)) {
        let block = self.len * self.stride;
        for_rows(block, y, &|i, y| {
            (0..self.stride).for_each(|first| run(y, i * block, Row { first, rows: self }));
        });
    }
}

struct Softmax {
    rows: Rows,
    log: bool,
}

/// dx = y ∘ (dy − Σ dy ∘ y); of the logarithm dx = dy − e^y Σ dy.
impl<T: Real> Backward<T> for Softmax {
    fn name(&self) -> &'static str {
        name(self.log)
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, y) = (dy.to_slice().expect("standard layout"), io.output_data());
        add_grad(io, 0, |dx| {
            self.rows.for_each(dx, &|dx, start, row| {
                let (dy, y) = (|i| dy[start + i], |i| y[start + i]);
                if self.log {
                    let sum = row.places().fold(T::zero(), |sum, i| sum + dy(i));
                    row.places().for_each(|i| dx[i] = dy(i) - y(i).exp() * sum);
                } else {
                    let sum = row.places().fold(T::zero(), |sum, i| sum + dy(i) * y(i));
                    row.places().for_each(|i| dx[i] = y(i) * (dy(i) - sum));
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::super::{exp, segment_softmax, transpose};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 5][..], &[0, 5], &[3, 0], &[7], &[2, 3, 4]] {
            for axis in 0..shape.len() {
                check([shape], |[x]| softmax(x, axis));
                check([shape], |[x]| log_softmax(x, axis));
            }
        }
    }

    #[test]
    fn values() {
        let x = || [of(array![[1e3, 1e3, -1e3], [0.0, 2f64.ln(), 3f64.ln()]])];
        let y = value(x(), |[x]| softmax(x, 1));
        let expected = of(array![[0.5, 0.5, 0.0], [1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0]]);
        approx::assert_abs_diff_eq!(y, expected, epsilon = 1e-15);
        let log = value(x(), |[x]| log_softmax(x, 1));
        assert_eq!(log[[0, 2]], -2000.0 - 2f64.ln());
        approx::assert_abs_diff_eq!(value(x(), |[x]| exp(log_softmax(x, 1))), expected, epsilon = 1e-15);
        let across = value(x(), |[x]| transpose(softmax(transpose(x), 0)));
        assert_eq!(across, y, "the other axis is the transpose's");
        let segment = value([of(array![0.0, 2f64.ln(), 3f64.ln()])], |[x]| segment_softmax(x, &[0, 3]));
        approx::assert_abs_diff_eq!(segment, expected.index_axis(ndarray::Axis(0), 1), epsilon = 1e-15);
        assert!(value([of(array![0.0, f64::NAN])], |[x]| softmax(x, 0)).iter().all(|y| y.is_nan()));
    }

    #[test]
    #[should_panic(expected = "softmax: axis 2 of [1, 2]")]
    fn the_axis_must_be_there() {
        value([of(array![[1.0, 2.0]])], |[x]| softmax(x, 2));
    }
}
