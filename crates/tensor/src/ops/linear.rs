//! y = x Wᵀ + b

use ndarray::{ArrayViewD, ArrayViewMut2, Axis, Ix2};
use rayon::prelude::*;

use super::points::add_grad;
use super::sums::sum_columns;
use crate::gemm::gemm;
use crate::{Backward, OpGrads, Real, Var};

/// Rows that one task computes: fixed, so that the bits do not depend on the pool.
const ROWS: usize = 64;
/// Rows of the weight's gradient that one task computes; fewer, since there are fewer.
const WEIGHT_ROWS: usize = 32;

struct Linear {
    bias: bool,
}

/// x Wᵀ + b for `x` `[n, in]`, `weight` `[out, in]`, `bias` `[out]`: `[n, out]`.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn linear<'t, T: Real>(x: Var<'t, T>, weight: Var<'t, T>, bias: Option<Var<'t, T>>) -> Var<'t, T> {
    let (xs, w) = (x.view2(), weight.view2());
    assert_eq!(xs.ncols(), w.ncols(), "linear: input {:?}, weight {:?}", x.shape(), weight.shape());
    if let Some(b) = bias {
        assert_eq!(b.shape(), [w.nrows()], "linear: bias, weight {:?}", weight.shape());
    }
    let tape = x.tape();
    let out = w.nrows();
    let mut y = tape.pool().stale(&[xs.nrows(), out]);
    if !y.is_empty() {
        let data = y.as_slice_mut().expect("standard layout");
        let bias = bias.map(Var::data);
        data.par_chunks_mut(ROWS * out).zip(xs.axis_chunks_iter(Axis(0), ROWS).into_par_iter()).for_each(
            |(y, x)| {
                if let Some(b) = bias {
                    y.chunks_exact_mut(out).for_each(|row| row.copy_from_slice(b));
                }
                let beta = if bias.is_some() { T::one() } else { T::zero() };
                let y = ArrayViewMut2::from_shape((x.nrows(), out), y).expect("the chunk's rows");
                gemm(T::one(), x, w.t(), beta, y);
            },
        );
    }
    let op = Linear { bias: bias.is_some() };
    match bias {
        Some(b) => tape.record(&[x, weight, b], y, op),
        None => tape.record(&[x, weight], y, op),
    }
}

impl<T: Real> Backward<T> for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.into_dimensionality::<Ix2>().expect("linear's value is a matrix");
        let (x, w) = (io.input(0), io.input(1));
        let x = x.into_dimensionality::<Ix2>().expect("checked forward");
        let w = w.into_dimensionality::<Ix2>().expect("checked forward");
        add_grad(io, 0, |dx| {
            let mut dx = ArrayViewMut2::from_shape(x.dim(), dx).expect("the input's shape");
            dx.axis_chunks_iter_mut(Axis(0), ROWS)
                .into_par_iter()
                .zip(dy.axis_chunks_iter(Axis(0), ROWS).into_par_iter())
                .for_each(|(dx, dy)| gemm(T::one(), dy, w, T::zero(), dx));
        });
        add_grad(io, 1, |dw| {
            // Each task owns rows of dW, so the sum over the batch has one order.
            let mut dw = ArrayViewMut2::from_shape(w.dim(), dw).expect("the weight's shape");
            dw.axis_chunks_iter_mut(Axis(0), WEIGHT_ROWS)
                .into_par_iter()
                .zip(dy.axis_chunks_iter(Axis(1), WEIGHT_ROWS).into_par_iter())
                .for_each(|(dw, dy)| gemm(T::one(), dy.t(), x, T::zero(), dw));
        });
        if self.bias {
            let (pool, out) = (io.pool(), dy.ncols());
            let dy = dy.to_slice().expect("standard layout");
            add_grad(io, 2, |db| {
                let sums = sum_columns(|[dy]: [T; 1], _: [T; 0]| [dy], pool, out, [dy], []);
                db.copy_from_slice(&sums[..out]);
            });
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
        for n in [0, 1, 70] {
            check([&[n, 3], &[2, 3], &[2]], |[x, w, b]| linear(x, w, Some(b)));
            check([&[n, 3], &[2, 3]], |[x, w]| linear(x, w, None));
        }
        check([&[2, 2], &[2, 2]], |[x, w]| linear(linear(x, w, None), w, None));
    }

    #[test]
    fn values() {
        let inputs = [
            of(array![[1.0, 2.0]]),
            of(array![[1.0, 10.0], [0.0, 1.0], [1.0, 0.0]]),
            of(array![0.5, 0.0, 0.0]),
        ];
        assert_eq!(value(inputs, |[x, w, b]| linear(x, w, Some(b))), of(array![[21.5, 2.0, 1.0]]));
    }
}
