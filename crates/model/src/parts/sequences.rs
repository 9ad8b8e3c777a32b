//! What every model does with each sequence of behaviours.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, Windows};
use dien_tensor::{Var, ops};

use super::{Embedding, EventRows, HeadInput, HeadInputs, HeadLayout};
use crate::config::{ModelConfig, PoolingKind};
use crate::init::Builder;
use crate::{Batch, Features, Sequence};

/// What `part` adds for each sequence of behaviours: the first one's parameters have plain names, those of an
/// extra one begin with `group.<name>.`.
pub fn per_sequence<T: Real, P>(
    builder: &mut Builder<'_, T>,
    features: &Features,
    mut part: impl FnMut(&mut Builder<'_, T>) -> P,
) -> Vec<P> {
    let mut parts = vec![part(builder)];
    for name in &features.extra_sequences {
        parts.push(builder.within(&format!("group.{name}."), &mut part));
    }
    parts
}

/// A sequence of behaviours of a batch, embedded, and the candidates that look back on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SequenceInput<'a, 't, T: Real> {
    /// Which of the batch's sequences, counted from 0.
    pub index: usize,
    /// The sequence.
    pub sequence: Sequence<'a>,
    /// What its events are looked up in.
    pub rows: &'a EventRows<'t, T>,
    /// Its histories, and the targets' windows on them.
    pub windows: Arc<Windows>,
    /// `[history blocks, event width, LANES]`
    pub events: Var<'t, T>,
    /// `[targets, event width]`
    pub candidates: Var<'t, T>,
}

/// Each sequence of behaviours of a batch, the first one first; embedded when it is asked for.
pub fn sequence_inputs<'a, 't, T: Real>(
    rows: &'a EventRows<'t, T>,
    batch: &'a Batch,
    candidates: Var<'t, T>,
) -> impl Iterator<Item = SequenceInput<'a, 't, T>> {
    batch.sequences().enumerate().map(move |(index, sequence)| {
        let windows = candidates.tape().pool().shared(|windows: &mut Windows| {
            windows.set(&sequence.histories.offsets, sequence.history, sequence.start, sequence.end);
        });
        let events = rows.events(sequence.histories, windows.histories());
        SequenceInput { index, sequence, rows, windows, events, candidates }
    })
}

impl<'t, T: Real> SequenceInput<'_, 't, T> {
    /// The pooled history, `[targets, event width]`.
    pub fn history(&self, embedding: &Embedding, config: &ModelConfig) -> Var<'t, T> {
        let is_mean = config.pooling == PoolingKind::Mean;
        let lengths = self.windows.targets().lengths();
        let longest = lengths.iter().max().copied().unwrap_or(0);
        if !config.pool_padding || longest == 0 {
            return lanes::pool(self.events, &self.windows, is_mean);
        }
        let tape = self.events.tape();
        let mut padding = tape.pool().stale(&[lengths.len(), 1]);
        padding.iter_mut().zip(lengths).for_each(|(to, &n)| *to = T::of((longest - n).into()));
        let padding = embedding.unknown(tape, lengths.len()) * tape.constant(padding);
        let sum = lanes::pool(self.events, &self.windows, false) + padding;
        if is_mean { ops::scale(sum, T::one() / T::of(longest.into())) } else { sum }
    }

    /// The pooled history and its product with the candidate, each `[targets, event width]`.
    pub fn history_and_product(&self, embedding: &Embedding, config: &ModelConfig) -> [Var<'t, T>; 2] {
        let history = self.history(embedding, config);
        [history, self.candidates * history]
    }
}

/// Adds to a head's layout what [`push_history`] gives of a sequence: the pooled history and its product.
pub fn add_history(layout: &mut HeadLayout, index: usize, event_width: usize) {
    layout.add(HeadInput::History(index), event_width);
    layout.add(HeadInput::HistoryProduct(index), event_width);
}

/// Adds the [pooled history and its product](SequenceInput::history_and_product) to a head's inputs.
pub fn push_history<'t, T: Real>(
    inputs: &mut HeadInputs<'_, 't, T>,
    index: usize,
    [history, product]: [Var<'t, T>; 2],
) {
    inputs.push(HeadInput::History(index), history);
    inputs.push(HeadInput::HistoryProduct(index), product);
}
