//! What every model does with each sequence of behaviours.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, Windows};
use dien_tensor::{Tape, Var, ops};

use super::{Embedding, HeadInput, HeadInputs, HeadLayout};
use crate::config::{ModelConfig, PoolingKind};
use crate::init::Builder;
use crate::{Features, Sequence};

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

/// The pooled history, `[targets, event width]`.
pub fn pooled<'t, T: Real>(
    embedding: &Embedding,
    events: Var<'t, T>,
    windows: &Arc<Windows>,
    config: &ModelConfig,
) -> Var<'t, T> {
    let is_mean = config.pooling == PoolingKind::Mean;
    let lengths = windows.targets().lengths();
    let longest = lengths.iter().max().copied().unwrap_or(0);
    if !config.pool_padding || longest == 0 {
        return lanes::pool(events, windows, is_mean);
    }
    let tape = events.tape();
    let mut padding = tape.pool().stale(&[lengths.len(), 1]);
    padding.iter_mut().zip(lengths).for_each(|(to, &n)| *to = T::of((longest - n).into()));
    let padding = embedding.unknown(tape, lengths.len()) * tape.constant(padding);
    let sum = lanes::pool(events, windows, false) + padding;
    if is_mean { ops::scale(sum, T::one() / T::of(longest.into())) } else { sum }
}

/// The pooled history and its product with the candidate, each `[targets, event width]`.
pub fn pooled_history<'t, T: Real>(
    embedding: &Embedding,
    candidates: Var<'t, T>,
    events: Var<'t, T>,
    windows: &Arc<Windows>,
    config: &ModelConfig,
) -> [Var<'t, T>; 2] {
    let history = pooled(embedding, events, windows, config);
    [history, candidates * history]
}

/// Adds to a head's layout what [`push_history`] gives of a sequence: the pooled history and its product.
pub fn add_history(layout: &mut HeadLayout, sequence: usize, event_width: usize) {
    layout.add(HeadInput::History(sequence), event_width);
    layout.add(HeadInput::HistoryProduct(sequence), event_width);
}

/// Adds the [pooled history and its product](pooled_history) to a head's inputs.
pub fn push_history<'t, T: Real>(
    inputs: &mut HeadInputs<'_, 't, T>,
    sequence: usize,
    [history, product]: [Var<'t, T>; 2],
) {
    inputs.push(HeadInput::History(sequence), history);
    inputs.push(HeadInput::HistoryProduct(sequence), product);
}

/// Histories and windows of a sequence in lanes.
pub fn windows<T: Real>(tape: &Tape<'_, T>, sequence: Sequence<'_>) -> Arc<Windows> {
    tape.pool().shared(|windows: &mut Windows| {
        windows.set(&sequence.histories.offsets, sequence.history, sequence.start, sequence.end);
    })
}
