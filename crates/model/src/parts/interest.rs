//! A sequence of behaviours as DIEN reads it: extractor, auxiliary loss, attention, evolution.

use dien_cells::Real;
use dien_cells::lanes;
use dien_tensor::{ParamStore, Tape, Var};

use super::{Attention, Auxiliary, Evolution, Extractor, HeadInput, HeadInputs, HeadLayout, SequenceInput};
use crate::config::{AuxiliaryLoss, ModelConfig};
use crate::frozen::FrozenInterest;
use crate::init::Builder;
use crate::{AttentionTrace, trace};

/// The interest network of one sequence of behaviours.
#[derive(Clone, Debug)]
pub struct Interest {
    hidden: usize,
    extractor: Extractor,
    /// `None` where the model has none.
    auxiliary: Option<Auxiliary>,
    auxiliary_loss: AuxiliaryLoss,
    learns_auxiliary: bool,
    /// `None` where the cell takes none.
    attention: Option<Attention>,
    evolution: Evolution,
}

/// What an interest network gives beside the head's inputs.
#[derive(Clone, Copy, Debug)]
pub struct InterestOutput<'t, T: Real> {
    /// The auxiliary loss, a scalar; on a training tape with negatives alone.
    pub auxiliary: Option<Var<'t, T>>,
    /// The extractor's states, `[history blocks, hidden, LANES]`.
    interests: Var<'t, T>,
    /// The attention, `[target blocks, 1, LANES]`; `None` where the cell takes none.
    attention: Option<Var<'t, T>>,
}

impl Interest {
    /// Adds the parameters.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        let (hidden, cell) = (config.hidden, config.cell());
        Interest {
            hidden,
            extractor: Extractor::new(builder, config, "extractor.gru", event_width),
            auxiliary: config.has_auxiliary().then(|| Auxiliary::new(builder, config, event_width)),
            auxiliary_loss: config.auxiliary_loss,
            learns_auxiliary: config.learns_auxiliary(),
            attention: cell.takes_attention().then(|| Attention::new(builder, config, hidden, event_width)),
            evolution: Evolution::new(builder, cell, hidden, config.init.update_bias),
        }
    }

    /// Adds to the head's layout what [`forward`](Self::forward) gives of this sequence: each target's
    /// evolved interest, `[targets, hidden]`, and, where the auxiliary score is an inner product, the last
    /// interest's with the candidate, `[targets, 1]`.
    pub fn add_to(&self, layout: &mut HeadLayout, index: usize) {
        layout.add(HeadInput::Interest(index), self.hidden);
        if let Some(Auxiliary::InnerProduct { .. }) = self.auxiliary {
            layout.add(HeadInput::AuxiliaryScore(index), 1);
        }
    }

    /// Adds the values of what [`add_to`](Self::add_to) lists to the head's inputs.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        input: &SequenceInput<'_, 't, T>,
        inputs: &mut HeadInputs<'_, 't, T>,
    ) -> InterestOutput<'t, T> {
        let &SequenceInput { index, sequence, rows, ref windows, events, candidates } = input;
        let packed = windows.histories();
        let interests = self.extractor.forward(tape, events, packed);
        let with_auxiliary =
            tape.is_training() && self.learns_auxiliary && sequence.histories.negatives_per_event > 0;
        let loss = |a: &Auxiliary| {
            a.loss(tape, self.auxiliary_loss, sequence.histories, rows, interests, events, packed)
        };
        let auxiliary = self.auxiliary.as_ref().filter(|_| with_auxiliary).map(loss);
        let attend = |a: &Attention| a.forward(tape, interests, candidates, windows);
        let attention = self.attention.as_ref().map(attend);
        let evolved = self.evolution.forward(tape, interests, attention, windows);
        inputs.push(HeadInput::Interest(index), evolved);
        if let Some(product @ Auxiliary::InnerProduct { .. }) = &self.auxiliary {
            let last = lanes::select_events(interests, windows.last(), packed);
            if let Some(product) = product.product(tape, last, candidates) {
                inputs.push(HeadInput::AuxiliaryScore(index), product);
            }
        }
        InterestOutput { auxiliary, interests, attention }
    }

    /// Its serving form.
    pub fn freeze(&self, params: &ParamStore<f32>) -> FrozenInterest {
        FrozenInterest {
            hidden: self.hidden,
            extractor: self.extractor.freeze(params),
            evolution: self.evolution.freeze(params),
            attention: self.attention.as_ref().map(|a| a.freeze(params)),
            project: self.auxiliary.as_ref().and_then(|a| a.freeze(params)),
        }
    }

    /// What each target's evolved interest came by, from what [`forward`](Self::forward) gave.
    pub(crate) fn trace<T: Real>(
        &self,
        tape: &Tape<'_, T>,
        SequenceInput { sequence, windows, .. }: &SequenceInput<'_, '_, T>,
        output: InterestOutput<'_, T>,
    ) -> Vec<AttentionTrace<T>> {
        let InterestOutput { interests, attention, .. } = output;
        let traces = self.evolution.traces(tape, interests, attention, windows, *sequence);
        let mut scores = attention.map(|a| trace::scores(a, windows.targets()).into_iter());
        let trace = |evolution| AttentionTrace {
            attention: scores.as_mut().and_then(Iterator::next),
            evolution: Some(evolution),
        };
        traces.into_iter().map(trace).collect()
    }
}
