//! The same elements in another shape.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};

struct Reshape;

/// The elements of `x`, row-major, as an array of `shape`.
///
/// # Panics
/// If the number of elements differs.
#[track_caller]
pub fn reshape<'t, T: Real>(x: Var<'t, T>, shape: &[usize]) -> Var<'t, T> {
    assert!(shape.iter().product::<usize>() == x.len(), "reshape: {:?} to {shape:?}", x.shape());
    let mut y = x.tape().pool().stale(shape);
    y.as_slice_mut().expect("standard layout").copy_from_slice(x.data());
    x.tape().record(&[x], y, Reshape)
}

impl<T: Real> Backward<T> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        add_grad(io, 0, |dx| dx.copy_from_slice(dy.to_slice().expect("standard layout")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn gradients() {
        check([&[3, 4]], |[x]| reshape(x, &[2, 6]));
        check([&[1]], |[x]| reshape(x, &[]));
    }
}
