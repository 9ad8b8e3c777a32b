//! y = φ(W x + b) for every event.

use dien_tensor::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Backward, OpGrads, Real, Var};
use ndarray::ArrayViewD;
use rayon::prelude::*;
use std::sync::Arc;

use super::event_features;
use super::kernel::{backward_input, backward_weight, forward, padded_inputs, transpose_weight};
use crate::{LANES, Packed};

/// φ in [`linear`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// φ(x) = x
    None,
    /// φ = σ
    Sigmoid,
}

struct Linear {
    packed: Arc<Packed>,
    outputs: usize,
    bias: bool,
    activation: Activation,
}

/// φ(W x + b) of every event: `x` `[blocks, inputs, LANES]`, `weight` `[outputs, inputs]`, `bias` `[outputs]`; gives
/// `[blocks, outputs, LANES]`.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn linear<'t, T: Real>(
    x: Var<'t, T>,
    weight: Var<'t, T>,
    bias: Option<Var<'t, T>>,
    activation: Activation,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let inputs = event_features("lanes linear", x, packed);
    let outputs = weight.shape()[0];
    assert_eq!(weight.shape(), [outputs, inputs], "lanes linear: weight; input {:?}", x.shape());
    let dims = (inputs, outputs);
    let mut y = x.tape().pool().stale(&[packed.blocks(), outputs, LANES]);
    let (x_data, w, b) = (x.data(), weight.data(), bias.map(Var::data));
    assert!(b.is_none_or(|b| b.len() == outputs), "lanes linear: bias; weight {:?}", weight.shape());
    let y_parts = packed.split_mut(y.as_slice_mut().expect("standard layout"), outputs);
    y_parts.into_par_iter().zip(packed.split(x_data, inputs)).enumerate().for_each(|(chunk, (y, x))| {
        forward(packed, chunk, w, b, x, y, dims);
        if activation == Activation::Sigmoid {
            dispatch(Sigmoid(y));
        }
    });
    let op = Linear { packed: packed.clone(), outputs, bias: bias.is_some(), activation };
    match bias {
        Some(b) => x.tape().record(&[x, weight, b], y, op),
        None => x.tape().record(&[x, weight], y, op),
    }
}

struct Sigmoid<'a, T>(&'a mut [T]);
impl<T: Real> Kernel for Sigmoid<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for x in self.0 {
            *x = math::sigmoid::<T, S>(*x);
        }
    }
}

impl<T: Real> Backward<T> for Linear {
    fn name(&self) -> &'static str {
        "lanes linear"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let packed = &*self.packed;
        let outputs = self.outputs;
        let y = io.output_data();
        let dy = dy.to_slice().expect("standard layout");
        let mut through = None;
        if self.activation == Activation::Sigmoid {
            let mut dz = io.pool().scratch(dy.len());
            let parts = packed.split_mut(&mut dz, outputs);
            let given = packed.split(dy, outputs).into_par_iter().zip(packed.split(y, outputs));
            parts.into_par_iter().zip(given).for_each(|(dz, (dy, y))| {
                for ((dz, &dy), &y) in dz.iter_mut().zip(dy).zip(y) {
                    *dz = dy * y * (T::one() - y);
                }
            });
            through = Some(dz);
        }
        let dz = through.as_deref().unwrap_or(dy);
        linear_backward(io, (0, 1, self.bias.then_some(2)), packed, dz, outputs);
    }
}

/// Adds to the gradients of `x`, `weight` and perhaps `bias` (their places among the inputs) what y = W x + b passes
/// back from `dz` `[blocks, outputs, LANES]`.
pub(crate) fn linear_backward<T: Real>(
    io: &mut OpGrads<'_, T>,
    (x, weight, bias): (usize, usize, Option<usize>),
    packed: &Packed,
    dz: &[T],
    outputs: usize,
) {
    let inputs = io.input(weight).shape()[1];
    let dims = (inputs, outputs);
    if io.wants(x) {
        let mut weight_t = io.pool().scratch(inputs * outputs);
        transpose_weight(io.input_data(weight), &mut weight_t, dims);
        let dx = packed.split_mut(io.grad_data(x).expect("wanted"), inputs);
        dx.into_par_iter().zip(packed.split(dz, outputs)).enumerate().for_each(|(chunk, (dx, dz))| {
            backward_input(packed, chunk, &weight_t, dz, dx, dims);
        });
    }
    if io.wants(weight) || bias.is_some_and(|b| io.wants(b)) {
        let stride = padded_inputs(inputs);
        let size = stride * outputs + outputs;
        let mut sums = io.pool().scratch(packed.chunks() * size);
        let mut rows = io.pool().scratch(packed.chunks() * LANES * stride);
        let parts = sums.par_chunks_mut(size).zip(rows.par_chunks_mut(LANES * stride));
        let given = packed.split(io.input_data(x), inputs).into_par_iter().zip(packed.split(dz, outputs));
        parts.zip(given).enumerate().for_each(|(chunk, ((sum, rows), (x, dz)))| {
            let (sum, bias_sum) = sum.split_at_mut(stride * outputs);
            backward_weight(packed, chunk, x, dz, sum, bias.map(|_| bias_sum), rows, dims);
        });
        add_chunk_sums(io, weight, &sums, size, 0, (inputs, stride));
        if let Some(bias) = bias {
            add_chunk_sums(io, bias, &sums, size, stride * outputs, (outputs, outputs));
        }
    }
}

/// Adds each chunk's part to an input's gradient, chunk by chunk. A part starts at `offset` of the chunk's `size` elements and
/// has rows of `columns`, `stride` elements apart.
pub(crate) fn add_chunk_sums<T: Real>(
    io: &mut OpGrads<'_, T>,
    input: usize,
    sums: &[T],
    size: usize,
    offset: usize,
    (columns, stride): (usize, usize),
) {
    if let Some(g) = io.grad_data(input) {
        for part in sums.chunks_exact(size) {
            for (g, row) in g.chunks_exact_mut(columns).zip(part[offset..].chunks(stride)) {
                g.iter_mut().zip(row).for_each(|(g, &s)| *g += s);
            }
        }
    }
}
