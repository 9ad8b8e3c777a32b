//! The Deep Interest Network.

use std::sync::Arc;

use dien_cells::{Packed, Real};
use dien_tensor::{Tape, Var};

use super::attention_pooling::{AttentionPooling, EventStates};
use crate::config::ModelConfig;
use crate::init::Builder;

/// DIN (Zhou et al., KDD 2018): each event is weighed by its activation unit's score against the candidate.
///
/// By default the scores are softmaxed, as in the DIEN authors' comparison; the DIN paper leaves them as they
/// are.
pub type Din = AttentionPooling<Events>;

/// The events themselves.
#[derive(Clone, Copy, Debug)]
pub struct Events;

impl EventStates for Events {
    const READS_BEFORE_WINDOW: bool = false;

    fn new<T: Real>(_builder: &mut Builder<'_, T>, _config: &ModelConfig, _event_width: usize) -> Self {
        Events
    }

    fn width(_config: &ModelConfig, event_width: usize) -> usize {
        event_width
    }

    fn forward<'t, T: Real>(
        &self,
        _tape: &'t Tape<'_, T>,
        events: Var<'t, T>,
        _packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        events
    }
}
