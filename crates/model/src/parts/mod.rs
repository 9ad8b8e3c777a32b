//! The parts that models are made of.

mod attention;
mod auxiliary;
mod embedding;
mod evolution;
mod extractor;
mod groups;
mod head;
mod interest;

pub use attention::{ActivationUnit, Attention, Bilinear};
pub use auxiliary::Auxiliary;
pub use embedding::Embedding;
pub use evolution::Evolution;
pub use extractor::Extractor;
pub(crate) use groups::scope;
pub use groups::{in_groups, pooled, pooled_history, windows};
pub use head::Head;
pub use interest::{Behaved, Interest};

use dien_cells::Real;
use dien_tensor::{ParamId, Tape, Var, ops};

use crate::init::Builder;

/// Weight `[outputs, inputs]` and bias of a linear layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear {
    pub weight: ParamId,
    pub bias: ParamId,
}

impl Linear {
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, outputs: usize, inputs: usize) -> Self {
        let weight = builder.weight(&format!("{name}.weight"), outputs, inputs, inputs);
        Linear { weight, bias: builder.vector(&format!("{name}.bias"), outputs, 0.0) }
    }

    pub fn forward<'t, T: Real>(&self, tape: &'t Tape<'_, T>, x: Var<'t, T>) -> Var<'t, T> {
        ops::linear(x, tape.param(self.weight), Some(tape.param(self.bias)))
    }
}

/// The parameters of a GRU-family cell; see [`dien_cells::cell`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellParams {
    pub w: ParamId,
    pub u: ParamId,
    pub b: ParamId,
    pub b_hc: ParamId,
}

impl CellParams {
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        name: &str,
        inputs: usize,
        hidden: usize,
        update_bias: f64,
    ) -> Self {
        let w = builder.weight(&format!("{name}.w"), 3 * hidden, inputs, hidden);
        let u = builder.weight(&format!("{name}.u"), 3 * hidden, hidden, hidden);
        let b = builder.vector(&format!("{name}.b"), 3 * hidden, 0.0);
        builder.data_mut(b)[hidden..2 * hidden].fill(T::of(update_bias));
        CellParams { w, u, b, b_hc: builder.vector(&format!("{name}.b_hc"), hidden, 0.0) }
    }
}
