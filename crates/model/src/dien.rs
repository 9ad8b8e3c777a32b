//! The Deep Interest Evolution Network.

use std::sync::Arc;

use dien_cells::lanes::{self, Windows};
use dien_tensor::{ParamStore, Real, Tape, Var, ops};

use crate::config::{ModelConfig, PoolingKind};
use crate::init::Builder;
use crate::model::{Model, Output};
use crate::parts::{Attention, Auxiliary, Embedding, Evolution, Extractor, Head};
use crate::{Batch, Features, Touched};

/// DIEN (Zhou et al., AAAI 2019): embedding, interest extractor with auxiliary loss, attention, interest evolution, head.
#[derive(Clone, Debug)]
pub struct Dien {
    config: ModelConfig,
    embedding: Embedding,
    extractor: Extractor,
    auxiliary: Auxiliary,
    /// `None` where the cell takes none.
    attention: Option<Attention>,
    evolution: Evolution,
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
        let (hidden, init) = (config.hidden, &config.init);
        let embedding = Embedding::new(b, features, init.embedding);
        let width = embedding.event_width();
        let extractor = Extractor::new(b, width, hidden, init.update_bias);
        let auxiliary = Auxiliary::new(b, config, width);
        let attention = config.cell.takes_attention().then(|| Attention::new(b, config, width));
        let evolution = Evolution::new(b, config.cell, hidden, init.update_bias);
        let product = usize::from(matches!(auxiliary, Auxiliary::InnerProduct { .. }));
        let head = Head::new(b, config, embedding.rest_width() + 3 * width + hidden + product);
        Dien { config: config.clone(), embedding, extractor, auxiliary, attention, evolution, head }
    }
}

/// The candidate, the pooled history and their product side by side, `[targets, 3 event width]`.
pub(crate) fn candidate_and_history<'t, T: Real>(
    candidates: Var<'t, T>,
    events: Var<'t, T>,
    windows: &Arc<Windows>,
    pooling: PoolingKind,
) -> [Var<'t, T>; 3] {
    let history = lanes::pool(events, windows, pooling == PoolingKind::Mean);
    [candidates, history, candidates * history]
}

/// Histories and windows of a batch in lanes.
pub(crate) fn windows<T: Real>(tape: &Tape<'_, T>, batch: &Batch) -> Arc<Windows> {
    let t = &batch.targets;
    tape.pool().shared(|windows: &mut Windows| {
        windows.set(&batch.histories.offsets, &t.history, &t.start, &t.end);
    })
}

impl<T: Real> Model<T> for Dien {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let windows = windows(tape, batch);
        let packed = windows.histories();
        let events = self.embedding.events(tape, batch, packed);
        let interests = self.extractor.forward(tape, events, packed);
        let with_auxiliary = tape.is_training()
            && self.config.auxiliary_weight > 0.0
            && batch.histories.negatives_per_event > 0;
        let auxiliary = with_auxiliary
            .then(|| self.auxiliary.loss(tape, batch, &self.embedding, interests, events, packed));

        let candidates = self.embedding.candidates(tape, batch);
        let attend = |a: &Attention| a.forward(tape, interests, candidates, &windows);
        let attention = self.attention.as_ref().map(attend);
        let interest = self.evolution.forward(tape, interests, attention, &windows);
        let mut inputs = tape.list();
        inputs.extend(self.embedding.rest(tape, batch));
        inputs.extend(candidate_and_history(candidates, events, &windows, self.config.pooling));
        inputs.push(interest);
        if let Auxiliary::InnerProduct { .. } = self.auxiliary {
            let last = lanes::pick(interests, windows.last(), packed);
            inputs.extend(self.auxiliary.product(tape, last, candidates));
        }
        Output { logits: self.head.forward(tape, ops::concat(inputs.iter())), auxiliary }
    }

    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, self.config.auxiliary_weight > 0.0, touched);
    }

    fn auxiliary_weight(&self) -> f64 {
        self.config.auxiliary_weight
    }

    fn l2_rows(&self) -> f64 {
        self.config.l2_rows
    }
}
