//! y = x Wᵀ + b

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::gemm::{multiply, transposed};
use dien_kernels::inline::each;
use dien_kernels::par::{for_rows, join};
use dien_kernels::sums::sum_columns;

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
    let (tape, dims) = (x.tape(), (xs.nrows(), w.nrows(), w.ncols()));
    let mut y = tape.pool().stale(&[dims.0, dims.1]);
    let mut w_t = tape.pool().scratch(weight.len());
    transposed(weight.data(), (dims.1, dims.2), &mut w_t);
    let data = y.as_slice_mut().expect("standard layout");
    multiply(x.data(), &w_t, data, dims);
    if let Some(b) = bias.map(Var::data) {
        for_rows(dims.1, data, &|_, row| each(row, [b], |y, [b]| *y += b));
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
        let (n, out) = (dy.shape()[0], dy.shape()[1]);
        let dy = dy.to_slice().expect("standard layout");
        let (x, w, pool) = (io.input_data(0), io.input_data(1), io.pool());
        let inputs = io.input(1).shape()[1];
        let mut dx = io.wants(0).then(|| pool.stale(&[n, inputs]));
        let mut dw = io.wants(1).then(|| pool.stale(&[out, inputs]));
        let mut of_x = || {
            if let Some(dx) = &mut dx {
                multiply(dy, w, dx.as_slice_mut().expect("standard layout"), (n, inputs, out));
            }
        };
        let mut of_w = || {
            if let Some(dw) = &mut dw {
                let mut dy_t = pool.scratch(dy.len());
                transposed(dy, (n, out), &mut dy_t);
                multiply(&dy_t, x, dw.as_slice_mut().expect("standard layout"), (out, inputs, n));
            }
        };
        join(&mut of_x, &mut of_w);
        for (input, d) in [dx, dw].into_iter().enumerate() {
            d.into_iter().for_each(|d| io.add(input, d));
        }
        if self.bias {
            add_grad(io, 2, |db| {
                let sums = sum_columns(|[dy]: [T; 1], _: [T; 0]| [dy], pool.values(), out, [dy], []);
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
