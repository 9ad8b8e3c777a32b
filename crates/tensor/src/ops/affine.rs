//! Multiples and shifts by constants.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::map::map;

/// c x for a constant c, any shape.
#[track_caller]
pub fn scale<T: Real>(x: Var<'_, T>, c: T) -> Var<'_, T> {
    affine(x, c, T::zero())
}

/// x + c for a constant c, any shape.
#[track_caller]
pub fn add_scalar<T: Real>(x: Var<'_, T>, c: T) -> Var<'_, T> {
    affine(x, T::one(), c)
}

/// `scale` x + `shift`, both constant, any shape.
#[track_caller]
pub fn affine<T: Real>(x: Var<'_, T>, scale: T, shift: T) -> Var<'_, T> {
    let tape = x.tape();
    let mut y = tape.pool().stale(x.shape());
    map(|[x]: [T; 1], _: [T; 0]| [scale * x + shift], [x.data()], y.as_slice_mut().expect("standard layout"));
    tape.record(&[x], y, Affine { scale })
}

struct Affine<T> {
    scale: T,
}

impl<T: Real> Backward<T> for Affine<T> {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, scale) = (dy.to_slice().expect("standard layout"), self.scale);
        add_grad(io, 0, |dx| map(|[dy]: [T; 1], _: [T; 0]| [scale * dy], [dy], dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 4][..], &[0, 4], &[]] {
            check([shape], |[x]| -affine(x, 2.5, 1.0) + scale(x * x, 0.5) + add_scalar(x, 2.0));
        }
    }

    #[test]
    fn values() {
        assert_eq!(value([of(array![1.0, 2.0])], |[x]| affine(-x, 3.0, 1.0)), of(array![-2.0, -5.0]));
    }
}
