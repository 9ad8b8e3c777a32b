//! PReLU: max(0, x) + α min(0, x), He et al. 2015 (arXiv:1502.01852)

use ndarray::ArrayViewD;

use super::points::add_up;
use super::points::{add_grad, per_column};
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::map::map_columns;
use dien_kernels::sums::sum_columns;

struct Prelu;

/// max(0, x) + α min(0, x) for `x` of any shape and `alpha` `[1]`, or `[m]` where `m` is the last axis of
/// `x`.
///
/// At 0 the derivative is α, as in PyTorch.
///
/// # Panics
/// If `alpha` has another shape.
#[track_caller]
pub fn prelu<'t, T: Real>(x: Var<'t, T>, alpha: Var<'t, T>) -> Var<'t, T> {
    let m = *x.shape().last().unwrap_or(&1);
    assert!(
        alpha.shape() == [1] || alpha.shape() == [m],
        "prelu: input {:?}, alpha {:?}",
        x.shape(),
        alpha.shape()
    );
    let pool = x.tape().pool();
    let mut y = pool.stale(x.shape());
    let a = per_column(alpha.data(), pool, m);
    let data = y.as_slice_mut().expect("standard layout");
    map_columns(|[x]: [T; 1], [a]: [T; 1]| [x * slope(x, a)], m, [x.data()], [&a], data);
    x.tape().record(&[x, alpha], y, Prelu)
}

#[inline(always)]
fn slope<T: Real>(x: T, alpha: T) -> T {
    if x > T::zero() { T::one() } else { alpha }
}

impl<T: Real> Backward<T> for Prelu {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let m = *dy.shape().last().unwrap_or(&1);
        let (dy, x, alpha) = (dy.to_slice().expect("standard layout"), io.input_data(0), io.input_data(1));
        let pool = io.pool();
        add_grad(io, 0, |dx| {
            let a = per_column(alpha, pool, m);
            map_columns(|[dy, x]: [T; 2], [a]: [T; 1]| [dy * slope(x, a)], m, [dy, x], [&a], dx);
        });
        add_grad(io, 1, |da| {
            let term = |[dy, x]: [T; 2], _: [T; 0]| [if x > T::zero() { T::zero() } else { dy * x }];
            add_up(&sum_columns::<T, _, 2, 0, 1>(term, pool.values(), m, [dy, x], [])[..m], da);
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
        for shape in [&[5, 18][..], &[1, 18], &[0, 18]] {
            check([shape, &[18]], |[x, a]| prelu(x, a));
            check([shape, &[1]], |[x, a]| prelu(x, a));
        }
        check([&[7], &[1]], |[x, a]| prelu(x, a));
    }

    #[test]
    fn values() {
        let x = || of(array![[-1.0, 2.0], [3.0, -4.0]]);
        assert_eq!(value([x(), of(array![0.5])], |[x, a]| prelu(x, a)), of(array![[-0.5, 2.0], [3.0, -2.0]]));
        assert_eq!(
            value([x(), of(array![0.5, 0.1])], |[x, a]| prelu(x, a)),
            of(array![[-0.5, 2.0], [3.0, -0.4]])
        );
    }
}
