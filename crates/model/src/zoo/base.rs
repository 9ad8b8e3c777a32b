//! BaseModel: embedding, pooled history, MLP.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamStore, Tape};

use crate::config::{LossWeights, ModelConfig};
use crate::frozen::FrozenModel;
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Embedding, Head, HeadInput, HeadLayout, pooled, windows};
use crate::{Batch, Features, TouchedRows};

/// The paper's BaseModel: the head alone, over embeddings and pooled history.
#[derive(Clone, Debug)]
pub struct Base {
    config: ModelConfig,
    embedding: Embedding,
    head: Head,
}

impl Base {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let embedding = Embedding::new(builder, features, config);
        let mut layout = HeadLayout::new(features);
        for index in 0..1 + features.extra_sequences.len() {
            layout.add(HeadInput::History(index), embedding.event_width());
        }
        let head = Head::new(builder, config, layout);
        Base { config: config.clone(), embedding, head }
    }
}

impl<T: Real> Model<T> for Base {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let (mut inputs, _) = self.embedding.head_inputs(self.head.layout(), tape, batch);
        for (index, sequence) in batch.sequences().enumerate() {
            let windows = windows(tape, sequence);
            let events = self.embedding.events(tape, sequence.histories, windows.histories());
            let history = pooled(&self.embedding, events, &windows, &self.config);
            inputs.push(HeadInput::History(index), history);
        }
        Output { logits: self.head.forward(tape, inputs.concat()), auxiliary: None }
    }

    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        self.embedding.touch(batch, false, touched);
    }

    fn tables(&self) -> &[ParamId] {
        self.embedding.tables()
    }

    fn freeze(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        let head = self.head.freeze(params)?;
        Some(FrozenModel::new(self.embedding.tables(), self.config.pooling, vec![], head))
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
