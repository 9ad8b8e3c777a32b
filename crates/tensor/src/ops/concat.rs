//! Matrices side by side, or one above the other.

use std::borrow::Borrow;

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::inline::copy;
use dien_kernels::par::for_rows;

/// `[n, m₁]`, `[n, m₂]`, … side by side: `[n, m₁ + m₂ + …]`.
///
/// # Panics
/// If there is nothing to join or the numbers of rows differ.
#[track_caller]
pub fn concat<'t, T: Real>(parts: impl IntoIterator<Item: Borrow<Var<'t, T>>>) -> Var<'t, T> {
    let mut parts = parts.into_iter().map(|part| *part.borrow());
    let first = parts.next().expect("concat: nothing to join");
    // Once: listing them may compute them.
    let mut list = first.tape().var_list();
    list.push(first);
    for part in parts {
        list.push(part);
    }
    let parts = list;
    let n = first.view2().nrows();
    for part in parts.iter() {
        let agrees = part.view2().nrows() == n;
        assert!(agrees, "concat: {:?} beside {:?}", part.shape(), first.shape());
    }
    let m = parts.iter().map(|v| v.shape()[1]).sum();
    let tape = first.tape();
    let mut y = tape.pool().stale(&[n, m]);
    let mut left = 0;
    for part in parts.iter() {
        let (x, width) = (part.data(), part.shape()[1]);
        for_rows(m, y.as_slice_mut().expect("standard layout"), &|i, row| {
            copy(&x[i * width..][..width], &mut row[left..left + width]);
        });
        left += width;
    }
    tape.record(parts.iter(), y, ConcatColumns)
}

struct ConcatColumns;

impl<T: Real> Backward<T> for ConcatColumns {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let m = dy.shape()[1];
        let dy = dy.to_slice().expect("standard layout");
        let mut left = 0;
        for input in 0..io.len() {
            let width = io.input(input).shape()[1];
            add_grad(io, input, |dx| {
                for_rows(width, dx, &|i, row| copy(&dy[i * m + left..][..width], row));
            });
            left += width;
        }
    }
}

/// `[n₁, m]`, `[n₂, m]`, … one above the other: `[n₁ + n₂ + …, m]`. Other shapes join on their first axis
/// too.
///
/// # Panics
/// If there is nothing to join or the other axes differ.
#[track_caller]
pub fn concat_rows<'t, T: Real>(parts: &[Var<'t, T>]) -> Var<'t, T> {
    let first = parts.first().expect("concat_rows: nothing to join");
    for part in parts {
        let agrees = !part.shape().is_empty() && part.shape()[1..] == first.shape()[1..];
        assert!(agrees, "concat_rows: {:?} above {:?}", first.shape(), part.shape());
    }
    let mut shape = first.shape().to_vec();
    shape[0] = parts.iter().map(|v| v.shape()[0]).sum();
    let tape = first.tape();
    let mut y = tape.pool().stale(&shape);
    let mut rest = y.as_slice_mut().expect("standard layout");
    for part in parts {
        let (own, below) = rest.split_at_mut(part.len());
        own.copy_from_slice(part.data());
        rest = below;
    }
    tape.record(parts, y, ConcatRows)
}

struct ConcatRows;

impl<T: Real> Backward<T> for ConcatRows {
    fn name(&self) -> &'static str {
        "concat_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let mut rest = dy.to_slice().expect("standard layout");
        for input in 0..io.len() {
            let (own, below) = rest.split_at(io.input(input).len());
            add_grad(io, input, |dx| dx.copy_from_slice(own));
            rest = below;
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
        check([&[3, 2], &[3, 1], &[3, 4]], |parts| concat(&parts));
        check([&[3, 2], &[3, 0]], |[a, b]| concat(&[a, b, a]));
        check([&[0, 2], &[0, 1]], |parts| concat(&parts));
        check([&[3, 2], &[0, 2], &[1, 2]], |parts| concat_rows(&parts));
        check([&[3], &[2]], |parts| concat_rows(&parts));
    }

    #[test]
    fn values() {
        let parts = || [of(array![[1.0], [2.0]]), of(array![[3.0, 4.0], [5.0, 6.0]])];
        assert_eq!(value(parts(), |parts| concat(&parts)), of(array![[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]));
        assert_eq!(value(parts(), |[_, b]| concat_rows(&[b, b])).len(), 8);
    }

    #[test]
    #[should_panic(expected = "concat: [1, 1] beside [2, 1]")]
    fn rows_must_agree() {
        value([of(array![[1.0], [2.0]]), of(array![[1.0]])], |parts| concat(&parts));
    }
}
