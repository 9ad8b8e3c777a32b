//! x², √x and xⁿ, element by element.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::map::map;

/// x², any shape.
#[track_caller]
pub fn square<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    powi(x, 2)
}

/// xⁿ for a whole number n, any shape. x⁰ is 1 everywhere; a negative power is infinite at 0.
#[track_caller]
pub fn powi<T: Real>(x: Var<'_, T>, n: i32) -> Var<'_, T> {
    let mut y = x.tape().pool().stale(x.shape());
    map(move |[x]: [T; 1], _: [T; 0]| [x.powi(n)], [x.data()], y.as_slice_mut().expect("standard layout"));
    x.tape().record(&[x], y, Powi(n))
}

struct Powi(i32);

/// dx = n xⁿ⁻¹ ∘ dy
impl<T: Real> Backward<T> for Powi {
    fn name(&self) -> &'static str {
        "powi"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, x, n) = (dy.to_slice().expect("standard layout"), io.input_data(0), self.0);
        if n == 0 {
            return add_grad(io, 0, |dx| dx.fill(T::zero()));
        }
        let factor = T::of(n.into());
        add_grad(io, 0, |dx| {
            map(move |[dy, x]: [T; 2], _: [T; 0]| [dy * factor * x.powi(n - 1)], [dy, x], dx);
        });
    }
}

/// √x, any shape; NaN below 0. The derivative is infinite at 0.
#[track_caller]
pub fn sqrt<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let mut y = x.tape().pool().stale(x.shape());
    map(|[x]: [T; 1], _: [T; 0]| [x.sqrt()], [x.data()], y.as_slice_mut().expect("standard layout"));
    x.tape().record(&[x], y, Sqrt)
}

struct Sqrt;

/// dx = dy / 2y
impl<T: Real> Backward<T> for Sqrt {
    fn name(&self) -> &'static str {
        "sqrt"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, y, half) = (dy.to_slice().expect("standard layout"), io.output_data(), T::of(0.5));
        add_grad(io, 0, |dx| map(move |[dy, y]: [T; 2], _: [T; 0]| [half * dy / y], [dy, y], dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::add_scalar;
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 5][..], &[0, 5], &[7], &[]] {
            check([shape], |[x]| square(x));
            check([shape], |[x]| sqrt(add_scalar(square(x), 0.5)));
            for n in [0, 1, 3] {
                check([shape], |[x]| powi(x, n));
            }
            check([shape], |[x]| powi(add_scalar(square(x), 0.5), -2));
        }
    }

    #[test]
    fn values() {
        let x = || [of(array![0.0, -2.0, 9.0])];
        assert_eq!(value(x(), |[x]| square(x)), of(array![0.0, 4.0, 81.0]));
        assert_eq!(value(x(), |[x]| powi(x, 0)), of(array![1.0, 1.0, 1.0]));
        assert_eq!(value(x(), |[x]| powi(x, -1)), of(array![f64::INFINITY, -0.5, 1.0 / 9.0]));
        let y = value(x(), |[x]| sqrt(x));
        assert!(y[0] == 0.0 && y[1].is_nan() && y[2] == 3.0);
    }
}
