//! `+ - * /` between values, and between a value and a number: each is the op of that name.
//!
//! ```
//! # use dien_tensor::{Mode, ParamStore, Pool, Tape};
//! # use ndarray::array;
//! # let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
//! # let tape = Tape::new(&params, &pool, Mode::Eval);
//! let x = tape.constant(array![1.0, 2.0].into_dyn());
//! let y = 1.0 / (-x * 2.0 + x * x + 3.0);
//! assert_eq!(y.data(), [0.5, 1.0 / 3.0]);
//! ```

use std::ops::{Add, Div, Mul, Neg, Sub};

use ndarray::ArrayD;

use super::{add, add_scalar, affine, div, mul, scale, sub};
use crate::{Real, Var};

macro_rules! between_values {
    ($($trait:ident $method:ident),*) => {$(
        /// Shapes as for [`ops::add`](crate::ops::add()).
        impl<'t, T: Real> $trait for Var<'t, T> {
            type Output = Var<'t, T>;
            #[track_caller]
            fn $method(self, other: Var<'t, T>) -> Var<'t, T> {
                $method(self, other)
            }
        }
    )*};
}

between_values!(Add add, Sub sub, Mul mul, Div div);

impl<'t, T: Real> Neg for Var<'t, T> {
    type Output = Var<'t, T>;
    fn neg(self) -> Var<'t, T> {
        scale(self, -T::one())
    }
}

/// A number as a value that broadcasts.
fn constant<'t, T: Real>(of: Var<'t, T>, number: T) -> Var<'t, T> {
    of.tape().constant(ArrayD::from_elem(vec![], number))
}

macro_rules! with_a_number {
    ($trait:ident $method:ident, |$x:ident, $c:ident| $right:expr, $left:expr) => {
        /// With a number, for every element.
        impl<'t, T: Real> $trait<T> for Var<'t, T> {
            type Output = Var<'t, T>;
            fn $method(self, $c: T) -> Var<'t, T> {
                let $x = self;
                $right
            }
        }
        with_a_number!($trait $method, f32, |$x, $c| $left);
        dien_kernels::with_f64! {
            with_a_number!($trait $method, f64, |$x, $c| $left);
        }
    };
    // The number comes first. Generic in it would be an implementation for types of other crates.
    ($trait:ident $method:ident, $number:ty, |$x:ident, $c:ident| $left:expr) => {
        impl<'t> $trait<Var<'t, $number>> for $number {
            type Output = Var<'t, $number>;
            fn $method(self, $x: Var<'t, $number>) -> Var<'t, $number> {
                let $c = self;
                $left
            }
        }
    };
}

with_a_number!(Add add, |x, c| add_scalar(x, c), add_scalar(x, c));
with_a_number!(Sub sub, |x, c| add_scalar(x, -c), affine(x, -1.0, c));
with_a_number!(Mul mul, |x, c| scale(x, c), scale(x, c));
with_a_number!(Div div, |x, c| div(x, constant(x, c)), div(constant(x, c), x));

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 4][..], &[0, 4], &[]] {
            check([shape], |[x]| -(x + 2.0) * (0.5 + x));
            check([shape], |[x]| (x - 1.5) * (1.5 - x));
            check([shape], |[x]| 2.0 * x * x * 0.25);
            check([shape], |[x]| x / 4.0 + 1.0 / (x * x + 1.0));
        }
    }

    #[test]
    fn values() {
        let x = || [of(array![1.0, -2.0])];
        assert_eq!(value(x(), |[x]| x + 1.0), of(array![2.0, -1.0]));
        assert_eq!(value(x(), |[x]| 1.0 - x), of(array![0.0, 3.0]));
        assert_eq!(value(x(), |[x]| x - 1.0), of(array![0.0, -3.0]));
        assert_eq!(value(x(), |[x]| x / 3.0), of(array![1.0 / 3.0, -2.0 / 3.0]));
        assert_eq!(value(x(), |[x]| 3.0 / x), of(array![3.0, -1.5]));
        assert_eq!(value(x(), |[x]| -x), of(array![-1.0, 2.0]));
    }
}
