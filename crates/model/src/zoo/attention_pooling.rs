//! States of the events, summed by attention.

use std::sync::Arc;

use dien_cells::lanes;
use dien_cells::{Packed, Real};
use dien_tensor::{Tape, Var};

use super::common::{Common, Pass, ZooModel};
use crate::config::ModelConfig;
use crate::init::Builder;
use crate::model::Output;
use crate::parts::{
    Attention, Embedding, Head, HeadInput, HeadLayout, add_history, per_sequence, push_history,
};
use crate::{Features, trace};

/// A head over, for each sequence of behaviours, the pooled history, its product with the candidate, and the
/// events' states summed by attention. What a state is `S` says.
#[derive(Clone, Debug)]
pub struct AttentionPooling<S> {
    common: Common,
    /// By sequence of behaviours.
    sequences: Vec<(S, Attention)>,
}

/// From a sequence's events to the states that attention weighs.
pub trait EventStates: Sized {
    /// Whether a state knows of the events before it.
    const READS_BEFORE_WINDOW: bool;

    /// Adds the parameters of one sequence.
    fn new<T: Real>(builder: &mut Builder<'_, T>, config: &ModelConfig, event_width: usize) -> Self;

    /// The width of a state.
    fn width(config: &ModelConfig, event_width: usize) -> usize;

    /// The states `[blocks, width, LANES]` of events `[blocks, event width, LANES]`.
    fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        events: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T>;
}

impl<S: EventStates> AttentionPooling<S> {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let event_width = embedding.event_width();
        let width = S::width(config, event_width);
        let sequences = per_sequence(b, features, |b| {
            (S::new(b, config, event_width), Attention::new(b, config, width, event_width))
        });
        let mut layout = HeadLayout::new(features);
        for index in 0..sequences.len() {
            add_history(&mut layout, index, event_width);
            layout.add(HeadInput::Interest(index), width);
        }
        let head = Head::new(b, config, layout);
        AttentionPooling { common: Common { config: config.clone(), embedding, head }, sequences }
    }
}

impl<S: EventStates> ZooModel for AttentionPooling<S> {
    const IS_TRACED: bool = true;
    const READS_BEFORE_WINDOW: bool = S::READS_BEFORE_WINDOW;

    fn common(&self) -> &Common {
        &self.common
    }

    fn run<'t, T: Real>(&self, Pass { tape, batch, rows, mut traces }: Pass<'_, 't, '_, T>) -> Output<'t, T> {
        let (mut inputs, of_batch, candidates) = self.common.inputs(tape, rows, batch);
        for ((states, attention), input) in self.sequences.iter().zip(of_batch) {
            let windows = &input.windows;
            push_history(&mut inputs, input.index, self.common.history_and_product(&input));
            let states = states.forward(tape, input.events, windows.histories());
            let scores = attention.forward(tape, states, candidates, windows);
            if let Some(traces) = &mut traces {
                traces.push(trace::attended(scores, windows.targets()));
            }
            inputs.push(HeadInput::Interest(input.index), lanes::weighted_pool(states, scores, windows));
        }
        self.common.output(tape, inputs)
    }
}
