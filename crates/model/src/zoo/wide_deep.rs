//! Wide & Deep (Cheng et al., DLRS 2016): a linear model beside the head.

use dien_cells::Real;
use dien_tensor::{ParamId, Tape, ops};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Embedding, Head, HeadInput, HeadLayout, Linear, pooled_history, windows};
use crate::{Batch, Features, TouchedRows};

/// Wide & Deep as the DIEN authors compare it: the deep part is [`Base`](super::Base)'s head; the wide one is
/// linear in the candidate, each sequence's pooled history and their product, and the logits are added.
#[derive(Clone, Debug)]
pub struct WideDeep {
    config: ModelConfig,
    embedding: Embedding,
    deep: Head,
    /// `wide`
    wide: Linear,
}

impl WideDeep {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let embedding = Embedding::new(builder, features, config);
        let (sequences, width) = (1 + features.extra_sequences.len(), embedding.event_width());
        let mut layout = HeadLayout::new(features);
        for index in 0..sequences {
            layout.add(HeadInput::History(index), width);
        }
        let deep = Head::new(builder, config, layout);
        let wide = Linear::new(builder, "wide", 1, (1 + 2 * sequences) * width);
        WideDeep { config: config.clone(), embedding, deep, wide }
    }
}

impl<T: Real> Model<T> for WideDeep {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let (mut deep, candidates) = self.embedding.head_inputs(self.deep.layout(), tape, batch);
        let mut wide = tape.var_list();
        wide.push(candidates);
        for (index, sequence) in batch.sequences().enumerate() {
            let windows = windows(tape, sequence);
            let events = self.embedding.events(tape, sequence.histories, windows.histories());
            let [history, product] =
                pooled_history(&self.embedding, candidates, events, &windows, &self.config);
            deep.push(HeadInput::History(index), history);
            wide.extend([history, product]);
        }
        let wide = self.wide.forward(tape, ops::concat(wide.iter()));
        Output { logits: self.deep.forward(tape, deep.concat()) + wide, auxiliary: None }
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
