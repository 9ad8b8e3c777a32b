//! What a model is made of: its parameters and its graph.
//!
//! ```
//! use dien::prelude::*;
//!
//! let config: Config = "source.synthetic.users = 40".parse()?;
//! let (data, _warnings) = DataSource::open(&config, Encoding::Fit)?;
//! let scorer = Scorer::untrained(&config.model, data.features(), 1)?;
//! assert!(scorer.parameters().iter().any(|parameter| parameter.name == "embedding.item"));
//! assert!(scorer.graph().dot().starts_with("digraph"));
//! # Ok::<(), dien::Error>(())
//! ```

use dien_model::{Batch, Behaviours, Features, Histories, Jagged, OOV, Targets};
use dien_tensor::{Graph, Mode, Tape};
use serde::Serialize;

use crate::scorer::Scorer;

/// A parameter of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, such as `evolution.w_h`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Numbers in it.
    pub count: usize,
    /// `dense`, `rows` (a table of which a step touches few rows) or `buffer` (not trained by gradients).
    pub kind: &'static str,
}

impl Scorer {
    /// Every parameter, in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let params = self.params();
        let describe = |id| Parameter {
            name: params.name(id).to_owned(),
            shape: params.shape(id).to_vec(),
            count: params.data(id).len(),
            kind: params.kind(id).name(),
        };
        params.ids().map(describe).collect()
    }

    /// Numbers that are trained, in all parameters together.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().filter(|p| p.kind != "buffer").map(|p| p.count).sum()
    }

    /// The graph of a training step, losses included: its `Display` is text, [`Graph::dot`] is DOT. The
    /// shapes are those of a batch of one history of four events and two targets.
    pub fn graph(&self) -> Graph {
        let batch = probe_batch(self.features());
        let tape = Tape::new(self.params(), &self.pool, Mode::Train { seed: 0 });
        let output = self.model().forward(&tape, &batch);
        self.model().losses(&tape, &batch, output);
        tape.graph()
    }
}

/// One history of four events, two targets, out-of-vocabulary ids.
fn probe_batch(features: &Features) -> Batch {
    const EVENTS: usize = 4;
    const TARGETS: usize = 2;
    let behaviours = features.behaviours.len();
    let sequence = Behaviours::new(
        Histories::new(vec![0, EVENTS as u32], vec![vec![OOV; EVENTS]; behaviours])
            .with_negatives(vec![vec![OOV; EVENTS]; behaviours], 1),
        vec![0; TARGETS],
        vec![0; TARGETS],
        vec![EVENTS as u32; TARGETS],
    );
    let extra = vec![sequence.clone(); features.extra_sequences.len()];
    Batch::new(
        sequence.histories,
        Targets::new(sequence.history, sequence.start, sequence.end, vec![vec![OOV; TARGETS]; behaviours])
            .with_sparse(vec![vec![OOV; TARGETS]; features.sparse.len()])
            .with_multi_hot(vec![
                Jagged { offsets: vec![0, 1, 2], ids: vec![OOV; TARGETS] };
                features.multi_hot.len()
            ])
            .with_dense(vec![vec![0.0; TARGETS]; features.dense.len()])
            .with_label(vec![1.0, 0.0]),
    )
    .with_extra_sequences(extra)
}
