//! eˣ and ln x, element by element.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::map::map;

/// eˣ, any shape. Infinite where the number type ends: above 88 for `f32`, above 709 for `f64`.
#[track_caller]
pub fn exp<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let mut y = x.tape().pool().stale(x.shape());
    map(|[x]: [T; 1], _: [T; 0]| [x.exp()], [x.data()], y.as_slice_mut().expect("standard layout"));
    x.tape().record(&[x], y, Exp)
}

struct Exp;

/// dx = y ∘ dy
impl<T: Real> Backward<T> for Exp {
    fn name(&self) -> &'static str {
        "exp"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, y) = (dy.to_slice().expect("standard layout"), io.output_data());
        add_grad(io, 0, |dx| map(|[dy, y]: [T; 2], _: [T; 0]| [dy * y], [dy, y], dx));
    }
}

/// The natural logarithm ln x, any shape; −∞ at 0, NaN below.
#[track_caller]
pub fn log<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let mut y = x.tape().pool().stale(x.shape());
    map(|[x]: [T; 1], _: [T; 0]| [x.ln()], [x.data()], y.as_slice_mut().expect("standard layout"));
    x.tape().record(&[x], y, Log)
}

struct Log;

/// dx = dy / x
impl<T: Real> Backward<T> for Log {
    fn name(&self) -> &'static str {
        "log"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, x) = (dy.to_slice().expect("standard layout"), io.input_data(0));
        add_grad(io, 0, |dx| map(|[dy, x]: [T; 2], _: [T; 0]| [dy / x], [dy, x], dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::super::{add_scalar, square};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 5][..], &[0, 5], &[7], &[]] {
            check([shape], |[x]| exp(x));
            check([shape], |[x]| log(add_scalar(square(x), 0.5)));
        }
    }

    #[test]
    fn values() {
        let x = || [of(array![0.0, 1.0, -1000.0, 1000.0])];
        let infinity = f64::INFINITY;
        assert_eq!(value(x(), |[x]| exp(x)), of(array![1.0, 1f64.exp(), 0.0, infinity]));
        let y = value(x(), |[x]| log(x));
        assert_eq!((y[0], y[1], y[3]), (-infinity, 0.0, 1000f64.ln()));
        assert!(y[2].is_nan());
        assert!(value([of(array![f64::NAN])], |[x]| exp(x))[0].is_nan());
    }
}
