//! The parts that models are made of.

mod attention;
mod auxiliary;
mod embedding;
mod evolution;
mod extractor;
mod head;
mod interest;
mod layout;
mod sequences;

pub use attention::{ActivationUnit, Attention, Bilinear};
pub use auxiliary::Auxiliary;
pub use embedding::Embedding;
pub use evolution::Evolution;
pub use extractor::Extractor;
pub use head::Head;
pub use interest::{Interest, InterestOutput, SequenceInput};
pub use layout::{HeadInput, HeadInputs, HeadLayout};
pub use sequences::{add_history, per_sequence, pooled, pooled_history, push_history, windows};

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
