//! The parts that models are made of.

mod attention;
mod auxiliary;
mod embedding;
mod evolution;
mod extractor;
mod groups;
mod head;
mod interest;
mod layout;

pub use attention::{ActivationUnit, Attention, Bilinear};
pub use auxiliary::Auxiliary;
pub use embedding::Embedding;
pub use evolution::Evolution;
pub use extractor::Extractor;
pub use groups::{add_history, in_groups, pooled, pooled_history, push_history, windows};
pub use head::Head;
pub use interest::{Behaved, Interest, InterestOutput};
pub use layout::{HeadInput, HeadInputs, HeadLayout};

use dien_cells::Real;
use dien_cells::cell::{Kind, reference};
use dien_cells::serving::Cell;
use dien_tensor::{ParamId, ParamStore, Tape, Var, ops};

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
        let of_update = hidden..2 * hidden;
        let bias = |unit| if of_update.contains(&unit) { update_bias } else { 0.0 };
        let b = builder.vector_of(&format!("{name}.b"), 3 * hidden, bias);
        CellParams { w, u, b, b_hc: builder.vector(&format!("{name}.b_hc"), hidden, 0.0) }
    }

    /// The cell's serving form.
    pub fn freeze(&self, kind: Kind, params: &ParamStore<f32>) -> Cell<f32> {
        let [w, u, b, b_hc] = [self.w, self.u, self.b, self.b_hc].map(|id| params.data(id));
        Cell::new(kind, reference::Weights { w, u, b, b_hc })
    }
}
