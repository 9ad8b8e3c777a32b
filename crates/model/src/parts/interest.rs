//! A group of behaviours as DIEN reads it: extractor, auxiliary loss, attention, evolution.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, Windows};
use dien_tensor::{Tape, Var, VarList};

use super::{Attention, Auxiliary, Embedding, Evolution, Extractor};
use crate::config::{AuxiliaryLoss, ModelConfig};
use crate::init::Builder;
use crate::{Group, Regard, trace};

/// The interest network of one group of behaviours.
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

/// The events of a group and the candidates that look back on them.
#[derive(Clone, Copy, Debug)]
pub struct Behaved<'a, 't, T: Real> {
    /// The group.
    pub group: Group<'a>,
    /// Its histories, and the targets' windows on them.
    pub windows: &'a Arc<Windows>,
    /// `[history blocks, event width, LANES]`
    pub events: Var<'t, T>,
    /// `[targets, event width]`
    pub candidates: Var<'t, T>,
}

impl Interest {
    /// Adds the parameters.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self {
        let (hidden, bias, cell) = (config.hidden, config.init.update_bias, config.cell());
        Interest {
            hidden,
            extractor: Extractor::new(builder, "extractor.gru", event_width, hidden, bias),
            auxiliary: config.has_auxiliary().then(|| Auxiliary::new(builder, config, event_width)),
            auxiliary_loss: config.auxiliary_loss,
            learns_auxiliary: config.learns_auxiliary(),
            attention: cell.takes_attention().then(|| Attention::new(builder, config, hidden, event_width)),
            evolution: Evolution::new(builder, cell, hidden, bias),
        }
    }

    /// The width of what it adds to the head's inputs.
    pub fn width(&self) -> usize {
        self.hidden + usize::from(matches!(self.auxiliary, Some(Auxiliary::InnerProduct { .. })))
    }

    /// Adds to the head's inputs each target's evolved interest, `[targets, hidden]`, and, where the
    /// auxiliary score is an inner product, the last interest's with the candidate, `[targets, 1]`. Returns
    /// the auxiliary loss, on a training tape with negatives.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        embedding: &Embedding,
        Behaved { group, windows, events, candidates }: Behaved<'_, 't, T>,
        inputs: &mut VarList<'t, T>,
    ) -> Option<Var<'t, T>> {
        let packed = windows.histories();
        let interests = self.extractor.forward(tape, events, packed);
        let with_auxiliary =
            tape.is_training() && self.learns_auxiliary && group.histories.negatives_per_event > 0;
        let loss = |a: &Auxiliary| {
            a.loss(tape, self.auxiliary_loss, group.histories, embedding, interests, events, packed)
        };
        let auxiliary = self.auxiliary.as_ref().filter(|_| with_auxiliary).map(loss);
        let attention = self.attend(tape, interests, candidates, windows);
        inputs.push(self.evolution.forward(tape, interests, attention, windows));
        if let Some(product @ Auxiliary::InnerProduct { .. }) = &self.auxiliary {
            let last = lanes::pick(interests, windows.last(), packed);
            inputs.extend(product.product(tape, last, candidates));
        }
        auxiliary
    }
    fn attend<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        candidates: Var<'t, T>,
        windows: &Arc<Windows>,
    ) -> Option<Var<'t, T>> {
        let attend = |a: &Attention| a.forward(tape, interests, candidates, windows);
        self.attention.as_ref().map(attend)
    }

    /// What each target's evolved interest came by.
    pub(crate) fn trace<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        Behaved { group, windows, events, candidates }: Behaved<'_, 't, T>,
    ) -> Vec<Regard<T>> {
        let interests = self.extractor.forward(tape, events, windows.histories());
        let attention = self.attend(tape, interests, candidates, windows);
        let paths = self.evolution.paths(tape, interests, attention, windows, group);
        let mut scores = attention.map(|a| trace::scores(a, windows.targets()).into_iter());
        let regard =
            |path| Regard { attention: scores.as_mut().and_then(Iterator::next), evolution: Some(path) };
        paths.into_iter().map(regard).collect()
    }
}
