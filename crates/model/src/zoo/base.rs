//! BaseModel: embedding, pooled history, MLP.

use dien_cells::Real;
use dien_tensor::{ParamStore, Tape, ops};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Embedding, Head, pooled, windows};
use crate::{Batch, Features, Touched};

/// The paper's BaseModel: the head alone, over embeddings and pooled history.
#[derive(Clone, Debug)]
pub struct Base {
    config: ModelConfig,
    embedding: Embedding,
    head: Head,
}

impl Base {
    /// Adds the model's parameters to `params`, with initial values drawn from `seed`.
    pub fn new<T: Real>(
        config: &ModelConfig,
        features: &Features,
        params: &mut ParamStore<T>,
        seed: u64,
    ) -> Self {
        let mut builder = Builder::new(params, seed);
        let embedding = Embedding::new(&mut builder, features, config);
        let groups = 1 + features.groups.len();
        let inputs = embedding.rest_width() + (1 + groups) * embedding.event_width();
        let head = Head::new(&mut builder, config, inputs);
        Base { config: config.clone(), embedding, head }
    }
}

impl<T: Real> Model<T> for Base {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let (mut inputs, _) = self.embedding.inputs(tape, batch);
        for group in batch.groups() {
            let windows = windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            inputs.push(pooled(&self.embedding, events, &windows, &self.config));
        }
        Output { logits: self.head.forward(tape, ops::concat(inputs.iter())), auxiliary: None }
    }

    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, false, touched);
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
