//! Two GRU layers under an attention.

use std::sync::Arc;

use dien_cells::{Packed, Real};
use dien_tensor::{Tape, Var};

use super::attention_pooling::{AttentionPooling, EventStates};
use crate::config::ModelConfig;
use crate::init::Builder;
use crate::parts::Extractor;

/// The paper's "Two layer GRU Attention" (after Parsana et al., 2018): GRU over GRU over the events; the
/// states of the second are summed by attention. Nothing in it drives a cell by the candidate, so a history
/// is read once.
pub type GruAttention = AttentionPooling<TwoGrus>;

/// The states of a GRU over those of another.
#[derive(Clone, Debug)]
pub struct TwoGrus {
    /// `extractor.gru`
    first: Extractor,
    /// `second.gru`
    second: Extractor,
}

impl EventStates for TwoGrus {
    const READS_BEFORE_WINDOW: bool = true;

    fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        TwoGrus {
            first: Extractor::new(builder, config, "extractor.gru", event_width),
            second: Extractor::new(builder, config, "second.gru", config.hidden),
        }
    }

    fn width(config: &ModelConfig, _event_width: usize) -> usize {
        config.hidden
    }

    fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        self.second.forward(tape, self.first.forward(tape, events, packed), packed)
    }
}
