//! Two GRU layers under an attention.

use dien_cells::Real;
use dien_cells::lanes;
use dien_tensor::{ParamId, Tape};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{
    Attention, Embedding, Extractor, Head, HeadInput, HeadLayout, add_history, per_sequence, pooled_history,
    push_history, windows,
};
use crate::{AttentionTrace, Batch, Features, TouchedRows, Trace, trace};

/// The paper's "Two layer GRU Attention" (after Parsana et al., 2018): GRU over GRU over the events; the
/// states of the second are summed by attention. Nothing in it drives a cell by the candidate, so a history
/// is read once.
#[derive(Clone, Debug)]
pub struct GruAttention {
    config: ModelConfig,
    embedding: Embedding,
    /// By sequence of behaviours.
    sequences: Vec<Layers>,
    head: Head,
}

#[derive(Clone, Debug)]
struct Layers {
    /// `extractor.gru`
    first: Extractor,
    /// `second.gru`
    second: Extractor,
    attention: Attention,
}

impl GruAttention {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let (width, hidden, bias) = (embedding.event_width(), config.hidden, config.init.update_bias);
        let sequences = per_sequence(b, features, |b| Layers {
            first: Extractor::new(b, "extractor.gru", width, hidden, bias),
            second: Extractor::new(b, "second.gru", hidden, hidden, bias),
            attention: Attention::new(b, config, hidden, width),
        });
        let mut layout = HeadLayout::new(features);
        for index in 0..sequences.len() {
            add_history(&mut layout, index, width);
            layout.add(HeadInput::Interest(index), hidden);
        }
        let head = Head::new(b, config, layout);
        GruAttention { config: config.clone(), embedding, sequences, head }
    }

    /// The forward pass; what each sequence of behaviours says of every target goes to `traces`, if they are
    /// asked for.
    fn run<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        batch: &Batch,
        mut traces: Option<&mut Vec<Vec<AttentionTrace<T>>>>,
    ) -> Output<'t, T> {
        let (mut inputs, candidates) = self.embedding.head_inputs(self.head.layout(), tape, batch);
        for (index, (layers, sequence)) in self.sequences.iter().zip(batch.sequences()).enumerate() {
            let windows = windows(tape, sequence);
            let packed = windows.histories();
            let events = self.embedding.events(tape, sequence.histories, packed);
            let history = pooled_history(&self.embedding, candidates, events, &windows, &self.config);
            push_history(&mut inputs, index, history);
            let states = layers.second.forward(tape, layers.first.forward(tape, events, packed), packed);
            let scores = layers.attention.forward(tape, states, candidates, &windows);
            if let Some(traces) = &mut traces {
                traces.push(trace::attended(scores, windows.targets()));
            }
            inputs.push(HeadInput::Interest(index), lanes::weighted_pool(states, scores, &windows));
        }
        Output { logits: self.head.forward(tape, inputs.concat()), auxiliary: None }
    }
}

impl<T: Real> Model<T> for GruAttention {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        self.run(tape, batch, None)
    }

    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        let mut sequences = vec![];
        let logits = self.run(tape, batch, Some(&mut sequences)).logits;
        Some(trace::traces(logits, sequences))
    }

    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        self.embedding.touch(batch, false, touched);
    }

    fn tables(&self) -> &[ParamId] {
        self.embedding.tables()
    }

    fn reads_before_window(&self) -> bool {
        true
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
