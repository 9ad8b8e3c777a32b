//! A range of columns or rows.

use std::ops::Range;

use ndarray::ArrayViewD;

use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::par::for_rows;

/// The columns `range` of `x` `[n, m]`: `[n, range.len()]`.
///
/// # Panics
/// If `x` is not a matrix or has fewer columns.
#[track_caller]
pub fn slice_columns<T: Real>(x: Var<'_, T>, range: Range<usize>) -> Var<'_, T> {
    let (n, m) = x.view2().dim();
    assert!(range.start <= range.end && range.end <= m, "slice_columns: {range:?} of {:?}", x.shape());
    let tape = x.tape();
    let mut y = tape.pool().stale(&[n, range.len()]);
    let data = x.data();
    for_rows(range.len(), y.as_slice_mut().expect("standard layout"), &|i, row| {
        row.copy_from_slice(&data[i * m..][range.clone()]);
    });
    tape.record(&[x], y, SliceColumns(range))
}

struct SliceColumns(Range<usize>);

impl<T: Real> Backward<T> for SliceColumns {
    fn name(&self) -> &'static str {
        "slice_columns"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (m, width) = (io.input(0).shape()[1], self.0.len());
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            for_rows(m, dx, &|i, row| {
                row[self.0.clone()].iter_mut().zip(&dy[i * width..]).for_each(|(x, &g)| *x += g);
            });
        }
    }
}

/// The rows `range` of `x` `[n, …]`: `[range.len(), …]`.
///
/// # Panics
/// If `x` is a scalar or has fewer rows.
#[track_caller]
pub fn slice_rows<T: Real>(x: Var<'_, T>, range: Range<usize>) -> Var<'_, T> {
    let fits = x.shape().first().is_some_and(|&n| range.start <= range.end && range.end <= n);
    assert!(fits, "slice_rows: {range:?} of {:?}", x.shape());
    let mut shape = x.shape().to_vec();
    let width: usize = shape[1..].iter().product();
    shape[0] = range.len();
    let tape = x.tape();
    let mut y = tape.pool().stale(&shape);
    let elements = range.start * width..range.end * width;
    y.as_slice_mut().expect("standard layout").copy_from_slice(&x.data()[elements.clone()]);
    tape.record(&[x], y, SliceRows { elements })
}

struct SliceRows {
    elements: Range<usize>,
}

impl<T: Real> Backward<T> for SliceRows {
    fn name(&self) -> &'static str {
        "slice_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout");
        if let Some(dx) = io.grad_data(0) {
            dx[self.elements.clone()].iter_mut().zip(dy).for_each(|(x, &g)| *x += g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        check([&[3, 5]], |[x]| slice_columns(x, 1..4) * slice_columns(x, 2..5));
        check([&[0, 5]], |[x]| slice_columns(x, 1..4));
        check([&[5, 3]], |[x]| slice_rows(x, 1..4) * slice_rows(x, 2..5));
        check([&[5]], |[x]| slice_rows(x, 2..2));
    }

    #[test]
    fn values() {
        let x = || [of(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])];
        assert_eq!(value(x(), |[x]| slice_columns(x, 1..3)), of(array![[2.0, 3.0], [5.0, 6.0]]));
        assert_eq!(value(x(), |[x]| slice_rows(x, 1..2)), of(array![[4.0, 5.0, 6.0]]));
    }

    #[test]
    #[should_panic(expected = "slice_columns: 1..4 of [1, 3]")]
    fn ranges_are_checked() {
        value([of(array![[1.0, 2.0, 3.0]])], |[x]| slice_columns(x, 1..4));
    }
}
