//! Aᵀ

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::gemm::transposed;

/// The transpose of `x` `[m, n]`: `[n, m]`.
///
/// # Panics
/// If `x` is not a matrix.
#[track_caller]
pub fn transpose<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let (m, n) = x.view2().dim();
    let mut y = x.tape().pool().stale(&[n, m]);
    transposed(x.data(), (m, n), y.as_slice_mut().expect("standard layout"));
    x.tape().record(&[x], y, Transpose)
}

struct Transpose;

impl<T: Real> Backward<T> for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let shape = (dy.shape()[0], dy.shape()[1]);
        let dy = dy.to_slice().expect("standard layout");
        add_grad(io, 0, |dx| transposed(dy, shape, dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [[3, 5], [9, 17], [0, 4], [1, 1]] {
            check([&shape], |[x]| transpose(x));
            check([&shape], |[x]| transpose(transpose(x)));
        }
    }

    #[test]
    fn values() {
        let x = of(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(value([x], |[x]| transpose(x)), of(array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]));
    }
}
