//! Interest extractor: a GRU over each history's events.

use std::sync::Arc;

use dien_cells::Packed;
use dien_cells::Real;
use dien_cells::cell::{CellKind, CellOutput, cell};
use dien_cells::nn::CellParams;
use dien_cells::serving::Cell;
use dien_tensor::{ParamStore, Tape, Var};

use crate::config::ModelConfig;
use crate::init::Builder;

/// A GRU, `extractor.gru`; its states are the interests, one after each event.
#[derive(Clone, Debug)]
pub struct Extractor {
    gru: CellParams,
}

impl Extractor {
    /// Adds the parameters, whose names begin with `name`, of the configured units.
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        name: &str,
        inputs: usize,
    ) -> Self {
        Extractor { gru: CellParams::new(builder, name, inputs, config.hidden, config.init.update_bias) }
    }

    /// The states after every event: events `[blocks, inputs, LANES]` to `[blocks, hidden, LANES]`.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        cell(self.gru.run(tape, CellKind::Gru, events, None), CellOutput::States, packed)
    }

    /// Its serving form.
    pub fn freeze(&self, params: &ParamStore<f32>) -> Cell<f32> {
        self.gru.freeze(CellKind::Gru, params)
    }
}
