//! What a target's score went through, for people to look at.

use dien_cells::Real;
use dien_cells::{LANES, Packed};
use dien_tensor::Var;

/// What the score of one target went through.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trace<T> {
    /// The logit, as [`forward`](crate::Model::forward) gives it.
    pub logit: T,
    /// By sequence of behaviours, the first one first.
    pub sequences: Vec<AttentionTrace<T>>,
}

/// What a target's score made of the events in its window on one sequence of behaviours, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AttentionTrace<T> {
    /// The attention of each event, which by softmax sums to 1; `None` where nothing is weighed by attention.
    pub attention: Option<Vec<T>>,
    /// `None` where the model has no interest evolution.
    pub evolution: Option<InterestTrace<T>>,
}

/// An interest's evolution over the events of a window.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct InterestTrace<T> {
    /// By event, the update gate after attention, from 0 to 1, its mean over the units: w in h' = (1 − w) ∘
    /// h + w ∘ c.
    pub update: Vec<T>,
    /// By event, the state after it, `[hidden]`; the one before the first event is zero.
    pub states: Vec<Vec<T>>,
}

/// By sequence of behaviours, what it says of every target.
pub(crate) type SequenceTraces<T> = Vec<Vec<AttentionTrace<T>>>;

/// Each target's trace, from the logits `[targets, 1]` and what each sequence says of every target.
pub(crate) fn traces<T: Real>(logits: Var<'_, T>, sequences: SequenceTraces<T>) -> Vec<Trace<T>> {
    let mut sequences: Vec<_> = sequences.into_iter().map(Vec::into_iter).collect();
    let mut next = || sequences.iter_mut().map(|targets| targets.next().expect("one a target")).collect();
    logits.data().iter().map(|&logit| Trace { logit, sequences: next() }).collect()
}

/// The values `[features]` of events of one sequence, from lanes `[blocks, features, LANES]`.
pub(crate) fn events<T: Real>(
    x: Var<'_, T>,
    packed: &Packed,
    sequence: usize,
    steps: std::ops::Range<usize>,
) -> Vec<Vec<T>> {
    let (features, data) = (x.shape()[1], x.data());
    let event = |step| {
        let (block, lane) = packed.event(sequence, step);
        (0..features).map(|f| data[(block * features + f) * LANES + lane]).collect()
    };
    steps.map(event).collect()
}

/// Each target's scores, from lanes `[target blocks, 1, LANES]`.
pub(crate) fn scores<T: Real>(attention: Var<'_, T>, targets: &Packed) -> Vec<Vec<T>> {
    let lengths = targets.lengths().iter().enumerate();
    lengths.map(|(target, &n)| events(attention, targets, target, 0..n as usize).concat()).collect()
}

/// What a model without an evolution says of a sequence.
pub(crate) fn attended<T: Real>(attention: Var<'_, T>, targets: &Packed) -> Vec<AttentionTrace<T>> {
    let trace = |scores| AttentionTrace { attention: Some(scores), evolution: None };
    scores(attention, targets).into_iter().map(trace).collect()
}
