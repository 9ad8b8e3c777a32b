//! The Deep Interest Network.

use dien_cells::Real;
use dien_cells::lanes;
use dien_tensor::{ParamStore, Tape, ops};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Attention, Embedding, Head, in_groups, pooled_history, windows};
use crate::{Batch, Features, Touched, Trace, trace};

/// DIN (Zhou et al., KDD 2018): each event is weighed by its activation unit's score against the candidate.
///
/// By default the scores are softmaxed, as in the DIEN authors' comparison; the DIN paper leaves them as they
/// are.
#[derive(Clone, Debug)]
pub struct Din {
    config: ModelConfig,
    embedding: Embedding,
    /// By group of behaviours.
    attention: Vec<Attention>,
    head: Head,
}

impl Din {
    /// Adds the model's parameters to `params`, with initial values drawn from `seed`.
    pub fn new<T: Real>(
        config: &ModelConfig,
        features: &Features,
        params: &mut ParamStore<T>,
        seed: u64,
    ) -> Self {
        let mut builder = Builder::new(params, seed);
        let b = &mut builder;
        let embedding = Embedding::new(b, features, config);
        let width = embedding.event_width();
        let attention = in_groups(b, features, |b| Attention::new(b, config, width, width));
        let inputs = embedding.rest_width() + (1 + 3 * attention.len()) * width;
        let head = Head::new(b, config, inputs);
        Din { config: config.clone(), embedding, attention, head }
    }
}

impl<T: Real> Model<T> for Din {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let (mut inputs, candidates) = self.embedding.inputs(tape, batch);
        for (attention, group) in self.attention.iter().zip(batch.groups()) {
            let windows = windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            inputs.extend(pooled_history(&self.embedding, candidates, events, &windows, &self.config));
            let scores = attention.forward(tape, events, candidates, &windows);
            inputs.push(lanes::weighted_pool(events, scores, &windows));
        }
        Output { logits: self.head.forward(tape, ops::concat(inputs.iter())), auxiliary: None }
    }

    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        let logits = self.forward(tape, batch).logits;
        let candidates = self.embedding.candidates(tape, batch);
        let groups = self.attention.iter().zip(batch.groups()).map(|(attention, group)| {
            let windows = windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            trace::attended(attention.forward(tape, events, candidates, &windows), windows.targets())
        });
        Some(trace::traces(logits, groups.collect()))
    }

    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, false, touched);
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
