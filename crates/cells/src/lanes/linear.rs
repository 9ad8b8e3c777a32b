//! y = φ(W x + b) for every event.

use dien_kernels::concrete;
use dien_kernels::inline::{each, zip};
use dien_kernels::reduce::sum_parts;
use std::sync::Arc;

use dien_tensor::{Backward, GradSlot, OpGrads, Real, Var};
use ndarray::ArrayViewD;

use super::event_features;
pub use super::kernel::Activation;
use super::kernel::{backward_input, backward_weight, forward, padded_inputs, transpose_weight};
use crate::{LANES, Packed, per_block, per_task};

struct Linear {
    packed: Arc<Packed>,
    outputs: usize,
    bias: bool,
    activation: Activation,
}

concrete! {
    /// The linear layer on the tape.
    pub trait LinearOp: Real;

    /// φ(W x + b) of every event: `x` `[blocks, inputs, LANES]`, `weight` `[outputs, inputs]`, `bias`
    /// `[outputs]`; gives `[blocks, outputs, LANES]`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn linear<'t>(
        x: Var<'t, T>,
        weight: Var<'t, T>,
        bias: Option<Var<'t, T>>,
        activation: Activation,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> = record_linear;
}

#[track_caller]
fn record_linear<'t, T: Real>(
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
    let parts = (per_block(y.as_slice_mut().expect("standard layout"), outputs), per_block(x_data, inputs));
    packed.par_blocks(parts).for_each(|blocks, (y, x)| {
        forward(packed, blocks, (w, b, activation), x, y, dims);
    });
    let op = Linear { packed: packed.clone(), outputs, bias: bias.is_some(), activation };
    match bias {
        Some(b) => x.tape().record(&[x, weight, b], y, op),
        None => x.tape().record(&[x, weight], y, op),
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
            let parts = (per_block(&mut dz[..], outputs), per_block(dy, outputs), per_block(y, outputs));
            packed.par_blocks(parts).for_each(|_, (dz, dy, y)| {
                each(dz, [dy, y], |dz, [dy, y]| *dz = dy * y * (T::one() - y));
            });
            through = Some(dz);
        }
        let dz = through.as_deref().unwrap_or(dy);
        linear_backward(io, (0, 1, self.bias.then_some(2)), packed, dz, outputs);
    }
}

/// Adds to the gradients of `x`, `weight` and perhaps `bias` (their places among the inputs) what y = W x + b
/// passes back from `dz` `[blocks, outputs, LANES]`.
fn linear_backward<T: Real>(
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
        let GradSlot { data, add } = io.grad_slot(x).expect("wanted");
        packed.par_blocks((per_block(data, inputs), per_block(dz, outputs))).for_each(|blocks, (dx, dz)| {
            backward_input(packed, blocks, &weight_t, dz, dx, dims, add);
        });
    }
    if io.wants(weight) || bias.is_some_and(|b| io.wants(b)) {
        let stride = padded_inputs(inputs);
        let size = stride * outputs + outputs;
        let mut sums = io.pool().scratch(packed.block_tasks() * size);
        let mut rows = io.pool().scratch(packed.block_tasks() * LANES * stride);
        let parts = (
            per_task(&mut sums[..], size),
            per_task(&mut rows[..], LANES * stride),
            per_block(io.input_data(x), inputs),
            per_block(dz, outputs),
        );
        packed.par_blocks(parts).for_each(|blocks, (sum, rows, x, dz)| {
            let (sum, bias_sum) = sum.split_at_mut(stride * outputs);
            backward_weight(packed, blocks, x, dz, sum, bias.map(|_| bias_sum), rows, dims);
        });
        sum_parts(&mut sums, size);
        // Without an event there is nothing to add.
        let Some((of_weight, of_bias)) = sums.get(..size).map(|sums| sums.split_at(stride * outputs)) else {
            return;
        };
        add_padded(io, weight, of_weight, (inputs, stride));
        if let Some(bias) = bias {
            add_padded(io, bias, of_bias, (outputs, outputs));
        }
    }
}

/// Adds to an input's gradient rows of `columns`, `stride` elements apart.
fn add_padded<T: Real>(io: &mut OpGrads<'_, T>, input: usize, sums: &[T], (columns, stride): (usize, usize)) {
    if let Some(g) = io.grad_data(input) {
        for (g, row) in zip(g.chunks_exact_mut(columns), sums.chunks(stride)) {
            each(g, [row], |g, [s]| *g += s);
        }
    }
}
