//! Functions of single elements that want vector instructions, over whole arrays in parallel.

use crate::map::{Point, map, map_columns};
use crate::simd::{Kernel, Simd, dispatch, math};
use crate::sums::total;
use crate::{Buffers, Number, concrete};

concrete! {
    /// Functions of elements.
    pub trait Elementwise;

    /// y = σ(x) = 1 / (1 + e⁻ˣ)
    ///
    /// # Panics
    /// If an input is shorter than what is written, here as below; what an input has beyond that is not read.
    pub fn sigmoid(x: &[T], y: &mut [T]) = sigmoid_of;

    /// y = tanh x
    pub fn tanh(x: &[T], y: &mut [T]) = tanh_of;

    /// y = e^(x − shift); for `f32` below −87 and above 88 the value at that end.
    pub fn exp_shifted(x: &[T], shift: T, y: &mut [T]) = exp_shifted_of;

    /// y = e^(x − shift), and 0 where that is next to nothing ([`math::exp_or_zero`]): the terms of a
    /// softmax.
    pub fn softmax_terms(x: &[T], shift: T, y: &mut [T]) = softmax_terms_of;

    /// y = σ((x − mean) · scale) for rows `x` of as many columns as `mean` and `scale` have: Dice's gate.
    pub fn standardized_sigmoid(x: &[T], mean: &[T], scale: &[T], y: &mut [T]) = standardized_sigmoid_of;

    /// Σ l of the cross-entropies l = max(z, 0) − z y + log(1 + e^−|z|) of logits z and labels y, which
    /// neither overflow nor cancel.
    pub fn cross_entropy_sum(z: &[T], y: &[T], buffers: &Buffers<T>) -> T = cross_entropy_sum_of;

    /// Σ w l of the cross-entropies, weighted.
    pub fn weighted_cross_entropy_sum(z: &[T], y: &[T], w: &[T], buffers: &Buffers<T>) -> T
        = weighted_cross_entropy_sum_of;

    /// dz = σ(z) − y, the derivative of the cross-entropy by the logit.
    pub fn cross_entropy_derivative(z: &[T], y: &[T], dz: &mut [T]) = cross_entropy_derivative_of;

    /// y = x · (`scale` where the element's bits are not below `dropped`, else 0), for as many elements as
    /// there are pairs of bytes. Selected by a vector instruction: a branch would be guessed wrong as often
    /// as not.
    pub fn drop_out(x: &[T], bytes: &[u8], dropped: u16, scale: T, y: &mut [T]) = drop_out_of;
}

/// Names a struct that is the arithmetic of one element.
macro_rules! point {
    (
        $name:ident $(<$field:ident>)?, |$this:ident, $x:pat_param, $p:pat_param| $value:expr,
        $n:literal, $m:literal
    ) => {
        #[derive(Clone, Copy)]
        struct $name $(<$field>($field))?;
        impl<T: Number> Point<T, $n, $m, 1> for $name $(<$field>)? {
            #[inline(always)]
            fn at<S: Simd>(self, $x: [T; $n], $p: [T; $m]) -> [T; 1] {
                let $this = self;
                [$value]
            }
        }
    };
}

point!(Sigmoid, |_f, [x], []| math::sigmoid::<T, S>(x), 1, 0);
point!(Tanh, |_f, [x], []| math::tanh::<T, S>(x), 1, 0);
point!(ExpShifted<T>, |f, [x], []| (x - f.0).exp_at::<S>(), 1, 0);
point!(SoftmaxTerm<T>, |f, [x], []| math::exp_or_zero::<T, S>(x - f.0), 1, 0);
point!(Gate, |_f, [x], [mean, scale]| math::sigmoid::<T, S>((x - mean) * scale), 1, 2);
point!(CrossEntropy, |_f, [z, y], []| cross_entropy::<T, S>(z, y), 2, 0);
point!(Weighted, |_f, [z, y, w], []| w * cross_entropy::<T, S>(z, y), 3, 0);
point!(CrossEntropyDerivative, |_f, [z, y], []| math::sigmoid::<T, S>(z) - y, 2, 0);

#[inline(always)]
fn cross_entropy<T: Number, S: Simd>(z: T, y: T) -> T {
    z.max(T::zero()) - z * y + math::log_1p::<T, S>((-z.abs()).exp_at::<S>())
}

fn sigmoid_of<T: Number>(x: &[T], y: &mut [T]) {
    map(Sigmoid, [x], y);
}

fn tanh_of<T: Number>(x: &[T], y: &mut [T]) {
    map(Tanh, [x], y);
}

fn exp_shifted_of<T: Number>(x: &[T], shift: T, y: &mut [T]) {
    map(ExpShifted(shift), [x], y);
}

fn softmax_terms_of<T: Number>(x: &[T], shift: T, y: &mut [T]) {
    map(SoftmaxTerm(shift), [x], y);
}

fn standardized_sigmoid_of<T: Number>(x: &[T], mean: &[T], scale: &[T], y: &mut [T]) {
    map_columns(Gate, mean.len(), [x], [mean, scale], y);
}

fn cross_entropy_sum_of<T: Number>(z: &[T], y: &[T], buffers: &Buffers<T>) -> T {
    total(CrossEntropy, buffers, [z, y])
}

fn weighted_cross_entropy_sum_of<T: Number>(z: &[T], y: &[T], w: &[T], buffers: &Buffers<T>) -> T {
    total(Weighted, buffers, [z, y, w])
}

fn cross_entropy_derivative_of<T: Number>(z: &[T], y: &[T], dz: &mut [T]) {
    map(CrossEntropyDerivative, [z, y], dz);
}

struct DropOut<'a, T> {
    bytes: &'a [u8],
    dropped: u16,
    scale: T,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Number> Kernel<T> for DropOut<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let bytes = self.bytes.as_chunks::<2>().0;
        let n = self.y.len().min(self.x.len()).min(bytes.len());
        let (y, x, bytes) = (&mut self.y[..n], &self.x[..n], &bytes[..n]);
        for i in 0..n {
            let kept = u16::from_le_bytes(bytes[i]) >= self.dropped;
            y[i] = x[i] * if kept { self.scale } else { T::zero() };
        }
    }
}

fn drop_out_of<T: Number>(x: &[T], bytes: &[u8], dropped: u16, scale: T, y: &mut [T]) {
    dispatch(DropOut { bytes, dropped, scale, x, y });
}
