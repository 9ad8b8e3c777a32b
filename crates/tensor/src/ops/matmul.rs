//! C = A B

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::gemm::{multiply, transposed};

/// The matrix product A B of `a` `[m, k]` and `b` `[k, n]`: `[m, n]`. For a layer's weight see
/// [`linear`](super::linear), which takes it as `[out, in]`.
///
/// # Panics
/// If one is not a matrix, or the inner widths differ.
#[track_caller]
pub fn matmul<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let ((m, k), (rows, n)) = (a.view2().dim(), b.view2().dim());
    assert!(k == rows, "matmul: {:?} with {:?}", a.shape(), b.shape());
    let mut y = a.tape().pool().stale(&[m, n]);
    multiply(a.data(), b.data(), y.as_slice_mut().expect("standard layout"), (m, n, k));
    a.tape().record(&[a, b], y, Matmul)
}

struct Matmul;

/// dA = dC Bᵀ, dB = Aᵀ dC
impl<T: Real> Backward<T> for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (m, n) = (dy.shape()[0], dy.shape()[1]);
        let dy = dy.to_slice().expect("standard layout");
        let (a, b, pool) = (io.input_data(0), io.input_data(1), io.pool());
        let k = io.input(0).shape()[1];
        add_grad(io, 0, |da| {
            let mut b_t = pool.scratch(b.len());
            transposed(b, (k, n), &mut b_t);
            multiply(dy, &b_t, da, (m, k, n));
        });
        add_grad(io, 1, |db| {
            let mut a_t = pool.scratch(a.len());
            transposed(a, (m, k), &mut a_t);
            multiply(&a_t, dy, db, (k, n, m));
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
        for (m, k, n) in [(2, 3, 4), (50, 3, 9), (1, 1, 1), (0, 3, 2), (2, 0, 3), (2, 3, 0)] {
            check([&[m, k], &[k, n]], |[a, b]| matmul(a, b));
        }
        check([&[3, 3]], |[a]| matmul(a, matmul(a, a)));
    }

    #[test]
    fn values() {
        let inputs = [of(array![[1.0, 2.0], [3.0, 4.0]]), of(array![[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]])];
        assert_eq!(value(inputs, |[a, b]| matmul(a, b)), of(array![[1.0, 2.0, 8.0], [3.0, 4.0, 18.0]]));
    }

    #[test]
    #[should_panic(expected = "matmul: [1, 2] with [1, 2]")]
    fn inner_widths_must_agree() {
        value([of(array![[1.0, 2.0]]), of(array![[1.0, 2.0]])], |[a, b]| matmul(a, b));
    }
}
