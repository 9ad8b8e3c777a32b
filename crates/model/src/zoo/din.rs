//! The Deep Interest Network.

use dien_cells::Real;
use dien_cells::lanes;
use dien_tensor::{ParamId, Tape};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{
    Attention, Embedding, Head, HeadInput, HeadLayout, add_history, per_sequence, pooled_history,
    push_history, windows,
};
use crate::{AttentionTrace, Batch, Features, TouchedRows, Trace, trace};

/// DIN (Zhou et al., KDD 2018): each event is weighed by its activation unit's score against the candidate.
///
/// By default the scores are softmaxed, as in the DIEN authors' comparison; the DIN paper leaves them as they
/// are.
#[derive(Clone, Debug)]
pub struct Din {
    config: ModelConfig,
    embedding: Embedding,
    /// By sequence of behaviours.
    attention: Vec<Attention>,
    head: Head,
}

impl Din {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let width = embedding.event_width();
        let attention = per_sequence(b, features, |b| Attention::new(b, config, width, width));
        let mut layout = HeadLayout::new(features);
        for index in 0..attention.len() {
            add_history(&mut layout, index, width);
            layout.add(HeadInput::Interest(index), width);
        }
        let head = Head::new(b, config, layout);
        Din { config: config.clone(), embedding, attention, head }
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
        for (index, (attention, sequence)) in self.attention.iter().zip(batch.sequences()).enumerate() {
            let windows = windows(tape, sequence);
            let events = self.embedding.events(tape, sequence.histories, windows.histories());
            let history = pooled_history(&self.embedding, candidates, events, &windows, &self.config);
            push_history(&mut inputs, index, history);
            let scores = attention.forward(tape, events, candidates, &windows);
            if let Some(traces) = &mut traces {
                traces.push(trace::attended(scores, windows.targets()));
            }
            inputs.push(HeadInput::Interest(index), lanes::weighted_pool(events, scores, &windows));
        }
        Output { logits: self.head.forward(tape, inputs.concat()), auxiliary: None }
    }
}

impl<T: Real> Model<T> for Din {
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

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
