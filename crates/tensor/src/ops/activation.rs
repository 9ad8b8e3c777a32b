//! σ, tanh and max(0, ·), element by element.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::elementwise;
use dien_kernels::map::map;

/// σ(x) = 1 / (1 + e⁻ˣ), any shape.
#[track_caller]
pub fn sigmoid<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    activate(x, Sigmoid)
}

/// tanh x, any shape.
#[track_caller]
pub fn tanh<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    activate(x, Tanh)
}

/// max(0, x), any shape; the derivative at 0 is 0. A NaN stays one, as in PyTorch.
#[track_caller]
pub fn relu<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    activate(x, Relu)
}

/// A function whose derivative follows from its value, which the tape has anyway.
trait Function: Copy + Send + Sync + 'static {
    const NAME: &'static str;
    fn values<T: Real>(x: &[T], y: &mut [T]);
    fn derivative<T: Real>(y: T) -> T;
}

#[derive(Clone, Copy)]
struct Sigmoid;
impl Function for Sigmoid {
    const NAME: &'static str = "sigmoid";
    fn values<T: Real>(x: &[T], y: &mut [T]) {
        elementwise::sigmoid(x, y);
    }
    #[inline(always)]
    fn derivative<T: Real>(y: T) -> T {
        y * (T::one() - y)
    }
}

#[derive(Clone, Copy)]
struct Tanh;
impl Function for Tanh {
    const NAME: &'static str = "tanh";
    fn values<T: Real>(x: &[T], y: &mut [T]) {
        elementwise::tanh(x, y);
    }
    #[inline(always)]
    fn derivative<T: Real>(y: T) -> T {
        T::one() - y * y
    }
}

#[derive(Clone, Copy)]
struct Relu;
impl Function for Relu {
    const NAME: &'static str = "relu";
    fn values<T: Real>(x: &[T], y: &mut [T]) {
        map(|[x]: [T; 1], _: [T; 0]| [if x <= T::zero() { T::zero() } else { x }], [x], y);
    }
    #[inline(always)]
    fn derivative<T: Real>(y: T) -> T {
        if y <= T::zero() { T::zero() } else { T::one() }
    }
}

/// A [`Function`] over all elements.
struct Activation<F>(F);

#[track_caller]
fn activate<T: Real, F: Function>(x: Var<'_, T>, f: F) -> Var<'_, T> {
    let tape = x.tape();
    let mut y = tape.pool().stale(x.shape());
    F::values(x.data(), y.as_slice_mut().expect("standard layout"));
    tape.record(&[x], y, Activation(f))
}

impl<T: Real, F: Function> Backward<T> for Activation<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, y) = (dy.to_slice().expect("standard layout"), io.output_data());
        add_grad(io, 0, |dx| map(|[dy, y]: [T; 2], _: [T; 0]| [dy * F::derivative(y)], [dy, y], dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::sum;
    use super::super::testing::{check, of, value};
    use super::*;
    use crate::{Mode, ParamStore, Pool, Tape};
    use ndarray::array;

    #[test]
    fn gradients() {
        for shape in [&[3, 5][..], &[0, 5], &[7], &[]] {
            check([shape], |[x]| sigmoid(x));
            check([shape], |[x]| tanh(x));
            check([shape], |[x]| relu(x));
        }
    }

    #[test]
    fn a_nan_stays_one() {
        let x = || [of(array![f64::NAN, -1.0, 1.0])];
        for y in [value(x(), |[x]| relu(x)), value(x(), |[x]| sigmoid(x)), value(x(), |[x]| tanh(x))] {
            assert!(y[0].is_nan() && y[1].is_finite() && y[2].is_finite(), "{y}");
        }
        // And what it gives back is what it was given: 0 would hide that anything is wrong.
        let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let x = tape.variable(array![f32::NAN, -1.0, 0.0, 1.0].into_dyn());
        let weights = tape.constant(array![f32::NAN, 1.0, 1.0, 1.0].into_dyn());
        let grads = tape.backward(sum(relu(x) * weights));
        let dx = grads.wrt(x).expect("x's").to_owned();
        assert!(dx[0].is_nan());
        assert_eq!([dx[1], dx[2], dx[3]], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn values() {
        let x = || [of(array![-1000.0, -2.0, 0.0, 2.0, 1000.0])];
        assert_eq!(value(x(), |[x]| relu(x)), of(array![0.0, 0.0, 0.0, 2.0, 1000.0]));
        assert_eq!(value(x(), |[x]| sigmoid(x))[1], 1.0 / (1.0 + 2f64.exp()));
        assert_eq!(value(x(), |[x]| tanh(x)), of(array![-1.0, -2f64.tanh(), 0.0, 2f64.tanh(), 1.0]));
    }
}
