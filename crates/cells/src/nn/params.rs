//! The parameters that every cell of the GRU family has.

use dien_tensor::init::Builder;
use dien_tensor::{ParamId, ParamStore, Real, Tape, Var};

use crate::cell::reference::Weights;
use crate::cell::{CellArgs, CellInput, CellKind};
use crate::serving::Cell;

/// The parameters of a GRU, AIGRU, AGRU or AUGRU; see [`cell`](crate::cell) for the equations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellParams {
    /// Input weights, `[3 hidden, inputs]`; gate order r, u, c.
    pub w: ParamId,
    /// Recurrent weights, `[3 hidden, hidden]`.
    pub u: ParamId,
    /// Biases, `[3 hidden]`.
    pub b: ParamId,
    /// The bias inside the reset product, `[hidden]`.
    pub b_hc: ParamId,
}

impl CellParams {
    /// Adds `name.w` and `name.u`, uniform within ±1/√`hidden` as PyTorch draws them, and `name.b` and
    /// `name.b_hc`, zero but for the update gate's, which is `update_bias`: below 0 the cell keeps its state
    /// longer.
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        name: &str,
        inputs: usize,
        hidden: usize,
        update_bias: f64,
    ) -> Self {
        let w = builder.weight(&format!("{name}.w"), 3 * hidden, inputs, hidden);
        let u = builder.weight(&format!("{name}.u"), 3 * hidden, hidden, hidden);
        let update = hidden..2 * hidden;
        let bias = |i: usize| if update.contains(&i) { update_bias } else { 0.0 };
        let b = builder.vector_of(&format!("{name}.b"), 3 * hidden, bias);
        CellParams { w, u, b, b_hc: builder.vector(&format!("{name}.b_hc"), hidden, 0.0) }
    }

    /// A run over `events` `[blocks, inputs, LANES]` from a zero state; `attention` `[blocks, 1, LANES]` for
    /// the kinds that take it.
    pub fn run<'t, T: Real>(
        &self,
        tape: &'t Tape<'t, T>,
        kind: CellKind,
        events: Var<'t, T>,
        attention: Option<Var<'t, T>>,
    ) -> CellArgs<'t, T> {
        let input = CellInput::Events(events, tape.param(self.w));
        let [u, b, b_hc] = [self.u, self.b, self.b_hc].map(|id| tape.param(id));
        CellArgs::new(kind, input, u, b, b_hc).attention(attention)
    }

    /// The cell's serving form.
    pub fn freeze(&self, kind: CellKind, params: &ParamStore<f32>) -> Cell<f32> {
        let [w, u, b, b_hc] = [self.w, self.u, self.b, self.b_hc].map(|id| params.data(id));
        Cell::new(kind, Weights { w, u, b, b_hc })
    }
}
