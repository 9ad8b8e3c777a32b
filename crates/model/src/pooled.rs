//! BaseModel: embedding, pooled history, MLP.

use dien_tensor::{ParamStore, Real, Tape, ops};

use crate::config::ModelConfig;
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Embedding, Head, pooled_history, windows};
use crate::{Batch, Features, Touched};

/// The paper's BaseModel: DIEN without all that knows of order.
#[derive(Clone, Debug)]
pub struct Pooled {
    config: ModelConfig,
    embedding: Embedding,
    head: Head,
}

impl Pooled {
    /// Adds the model's parameters to `params`, with initial values drawn from `seed`.
    pub fn new<T: Real>(
        config: &ModelConfig,
        features: &Features,
        params: &mut ParamStore<T>,
        seed: u64,
    ) -> Self {
        let mut builder = Builder::new(params, seed);
        let embedding = Embedding::new(&mut builder, features, config.init.embedding);
        let groups = 1 + features.groups.len();
        let inputs = embedding.rest_width() + (1 + 2 * groups) * embedding.event_width();
        let head = Head::new(&mut builder, config, inputs);
        Pooled { config: config.clone(), embedding, head }
    }
}

impl<T: Real> Model<T> for Pooled {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let candidates = self.embedding.candidates(tape, batch);
        let mut inputs = tape.list();
        inputs.extend(self.embedding.rest(tape, batch));
        inputs.push(candidates);
        for group in batch.groups() {
            let windows = &windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            inputs.extend(pooled_history(candidates, events, windows, self.config.pooling));
        }
        Output { logits: self.head.forward(tape, ops::concat(inputs.iter())), auxiliary: None }
    }

    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, false, touched);
    }

    fn l2_rows(&self) -> f64 {
        self.config.l2_rows
    }
}
