//! The Deep Interest Evolution Network.

use dien_cells::Real;
use dien_tensor::{ParamStore, Tape, ops};

use crate::config::{LossWeights, ModelConfig};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Behaved, Embedding, Head, Interest, in_groups, pooled_history, windows};
use crate::{Batch, Features, Touched, Trace, trace};

/// DIEN (Zhou et al., AAAI 2019): embedding, interest extractor with auxiliary loss, attention, interest
/// evolution, head.
///
/// AIGRU, AGRU and AUGRU are it with that cell and without the auxiliary loss, the paper's BaseModel + GRU +
/// AUGRU and so on.
///
/// Further groups of behaviours have an interest network of their own each; the head reads all of them side
/// by side.
#[derive(Clone, Debug)]
pub struct Dien {
    config: ModelConfig,
    embedding: Embedding,
    /// By group of behaviours.
    interests: Vec<Interest>,
    head: Head,
}

impl Dien {
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
        let interests = in_groups(b, features, |b| Interest::new(b, config, width));
        let of_groups: usize = interests.iter().map(|interest| 2 * width + interest.width()).sum();
        let head = Head::new(b, config, embedding.rest_width() + width + of_groups);
        Dien { config: config.clone(), embedding, interests, head }
    }
}

impl<T: Real> Model<T> for Dien {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let mut auxiliary = None;
        let (mut inputs, candidates) = self.embedding.inputs(tape, batch);
        for (interest, group) in self.interests.iter().zip(batch.groups()) {
            let windows = &windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            inputs.extend(pooled_history(&self.embedding, candidates, events, windows, &self.config));
            let behaved = Behaved { group, windows, events, candidates };
            let loss = interest.forward(tape, &self.embedding, behaved, &mut inputs);
            auxiliary = match (auxiliary, loss) {
                (Some(sum), Some(loss)) => Some(sum + loss),
                (sum, loss) => sum.or(loss),
            };
        }
        Output { logits: self.head.forward(tape, ops::concat(inputs.iter())), auxiliary }
    }

    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        let logits = self.forward(tape, batch).logits;
        let candidates = self.embedding.candidates(tape, batch);
        let groups = self.interests.iter().zip(batch.groups()).map(|(interest, group)| {
            let windows = &windows(tape, group);
            let events = self.embedding.events(tape, group.histories, windows.histories());
            interest.trace(tape, Behaved { group, windows, events, candidates })
        });
        Some(trace::traces(logits, groups.collect()))
    }

    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, self.config.learns_auxiliary(), touched);
    }

    fn weights(&self) -> LossWeights {
        self.config.loss_weights()
    }
}
