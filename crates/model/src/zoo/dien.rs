//! The Deep Interest Evolution Network.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamStore, Tape};

use crate::config::{LossWeights, ModelConfig};
use crate::frozen::FrozenModel;
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{
    Embedding, Head, HeadLayout, Interest, SequenceInput, add_history, per_sequence, pooled_history,
    push_history, windows,
};
use crate::{AttentionTrace, Batch, Features, TouchedRows, Trace, trace};

/// DIEN (Zhou et al., AAAI 2019): embedding, interest extractor with auxiliary loss, attention, interest
/// evolution, head.
///
/// AIGRU, AGRU and AUGRU are it with that cell and without the auxiliary loss, the paper's BaseModel + GRU +
/// AUGRU and so on.
///
/// Extra sequences of behaviours have an interest network of their own each; the head reads all of them side
/// by side.
#[derive(Clone, Debug)]
pub struct Dien {
    config: ModelConfig,
    embedding: Embedding,
    /// By sequence of behaviours.
    interests: Vec<Interest>,
    head: Head,
}

impl Dien {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let width = embedding.event_width();
        let interests = per_sequence(b, features, |b| Interest::new(b, config, width));
        let mut layout = HeadLayout::new(features);
        for (index, interest) in interests.iter().enumerate() {
            add_history(&mut layout, index, width);
            interest.add_to(&mut layout, index);
        }
        let head = Head::new(b, config, layout);
        Dien { config: config.clone(), embedding, interests, head }
    }

    /// The forward pass; what each sequence of behaviours says of every target goes to `traces`, if they are
    /// asked for.
    fn run<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        batch: &Batch,
        mut traces: Option<&mut Vec<Vec<AttentionTrace<T>>>>,
    ) -> Output<'t, T> {
        let mut auxiliary = None;
        let (mut inputs, candidates) = self.embedding.head_inputs(self.head.layout(), tape, batch);
        for (index, (interest, sequence)) in self.interests.iter().zip(batch.sequences()).enumerate() {
            let windows = &windows(tape, sequence);
            let events = self.embedding.events(tape, sequence.histories, windows.histories());
            let history = pooled_history(&self.embedding, candidates, events, windows, &self.config);
            push_history(&mut inputs, index, history);
            let input = SequenceInput { index, sequence, windows, events, candidates };
            let output = interest.forward(tape, &self.embedding, input, &mut inputs);
            if let Some(traces) = &mut traces {
                traces.push(interest.trace(tape, input, output));
            }
            auxiliary = match (auxiliary, output.auxiliary) {
                (Some(sum), Some(loss)) => Some(sum + loss),
                (sum, loss) => sum.or(loss),
            };
        }
        Output { logits: self.head.forward(tape, inputs.concat()), auxiliary }
    }
}

impl<T: Real> Model<T> for Dien {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        self.run(tape, batch, None)
    }

    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        let mut sequences = vec![];
        let logits = self.run(tape, batch, Some(&mut sequences)).logits;
        Some(trace::traces(logits, sequences))
    }

    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        self.embedding.touch(batch, self.config.learns_auxiliary(), touched);
    }

    fn tables(&self) -> &[ParamId] {
        self.embedding.tables()
    }

    fn freeze(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        let interests = self.interests.iter().map(|interest| interest.freeze(params)).collect();
        let head = self.head.freeze(params)?;
        Some(FrozenModel::new(self.embedding.tables(), self.config.pooling, interests, head))
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
