//! Interest evolution: a GRU-family cell over the extracted interests, driven by attention.

use std::sync::Arc;

use dien_cells::cell::{CellInput, Kind, Output, Run, cell};
use dien_cells::lanes::{self, Activation, Windows};
use dien_tensor::{Real, Tape, Var};

use super::CellParams;
use crate::init::Builder;

/// The cell `evolution`; its last state is the interest that the candidate meets.
#[derive(Clone, Debug)]
pub struct Evolution {
    kind: Kind,
    cell: CellParams,
}

impl Evolution {
    /// Adds the parameters.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, kind: Kind, hidden: usize, update_bias: f64) -> Self {
        Evolution { kind, cell: CellParams::new(builder, "evolution", hidden, hidden, update_bias) }
    }

    /// Each target's last state `[targets, hidden]` from the histories' interests and the targets' attention
    /// `[target blocks, 1, LANES]`, where the cell takes it; zero for an empty window.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        attention: Option<Var<'t, T>>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let w = tape.param(self.cell.w);
        let input = if windows.is_identity() {
            CellInput::Events(interests, w)
        } else {
            // W h depends on the history alone, so it is computed once however many targets share it.
            let gates = lanes::linear(interests, w, None, Activation::None, windows.histories());
            CellInput::Gates(lanes::gather(gates, windows))
        };
        let run = Run {
            kind: self.kind,
            input,
            attention,
            initial: None,
            u: tape.param(self.cell.u),
            b: tape.param(self.cell.b),
            b_hc: tape.param(self.cell.b_hc),
        };
        lanes::rows(cell(run, Output::Last, windows.targets()), windows.targets())
    }
}
