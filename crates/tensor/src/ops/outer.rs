//! The outer product of rows.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::par::for_rows;

/// The outer product of each row of `a` `[n, p]` with that of `b` `[n, q]`: `[n, p q]`, the index of `b`
/// running fastest.
///
/// # Panics
/// If the numbers of rows differ.
#[track_caller]
pub fn outer_rows<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let ((n, p), (rows, q)) = (a.view2().dim(), b.view2().dim());
    assert_eq!(n, rows, "outer_rows: {:?} with {:?}", a.shape(), b.shape());
    let mut y = a.tape().pool().stale(&[n, p * q]);
    let (x, z) = (a.data(), b.data());
    for_rows(p * q, y.as_slice_mut().expect("standard layout"), &|row, y| {
        let (x, z) = (&x[row * p..][..p], &z[row * q..][..q]);
        for (y, &x) in y.chunks_exact_mut(q.max(1)).zip(x) {
            y.iter_mut().zip(z).for_each(|(y, &z)| *y = x * z);
        }
    });
    a.tape().record(&[a, b], y, OuterRows { p, q })
}

struct OuterRows {
    p: usize,
    q: usize,
}

impl<T: Real> Backward<T> for OuterRows {
    fn name(&self) -> &'static str {
        "outer_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let OuterRows { p, q } = *self;
        let dy = dy.to_slice().expect("standard layout");
        let (a, b) = (io.input_data(0), io.input_data(1));
        let of = |row: usize| dy[row * p * q..][..p * q].chunks_exact(q.max(1));
        add_grad(io, 0, |da| {
            for_rows(p, da, &|row, da| {
                let b = &b[row * q..][..q];
                for (da, dy) in da.iter_mut().zip(of(row)) {
                    *da = dy.iter().zip(b).fold(T::zero(), |sum, (&dy, &b)| sum + dy * b);
                }
            });
        });
        add_grad(io, 1, |db| {
            for_rows(q, db, &|row, db| {
                db.fill(T::zero());
                for (dy, &a) in of(row).zip(&a[row * p..][..p]) {
                    db.iter_mut().zip(dy).for_each(|(db, &dy)| *db += dy * a);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for (a, b) in [(&[3, 2], &[3, 5]), (&[0, 4], &[0, 1]), (&[40, 3], &[40, 3])] {
            check([a, b], |[a, b]| outer_rows(a, b));
        }
        check([&[3, 4]], |[x]| outer_rows(x, x));
    }

    #[test]
    fn values() {
        let inputs = [of(array![[1.0, 2.0], [0.0, 3.0]]), of(array![[5.0, 7.0], [1.0, 2.0]])];
        let expected = of(array![[5.0, 7.0, 10.0, 14.0], [0.0, 0.0, 3.0, 6.0]]);
        assert_eq!(value(inputs, |[a, b]| outer_rows(a, b)), expected);
    }
}
