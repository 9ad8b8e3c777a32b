//! What the zoo's models have in common.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamStore, Tape, Var};

use crate::config::{LossWeights, ModelConfig};
use crate::frozen::{FrozenInterest, FrozenModel};
use crate::model::{Model, Output};
use crate::parts::{Embedding, EventRows, Head, HeadInputs, SequenceInput, sequence_inputs};
use crate::trace::{self, SequenceTraces};
use crate::{Batch, TouchedRows, Trace};

/// A configuration, an embedding below and a head above: what every model of the zoo has.
#[derive(Clone, Debug)]
pub struct Common {
    pub config: ModelConfig,
    pub embedding: Embedding,
    pub head: Head,
}

/// What a forward pass is over. What each sequence of behaviours says of every target goes to `traces`, if
/// they are asked for.
pub struct Pass<'a, 't, 'p, T: Real> {
    pub tape: &'t Tape<'p, T>,
    pub batch: &'a Batch,
    pub rows: &'a EventRows<'t, T>,
    pub traces: Option<&'a mut SequenceTraces<T>>,
}

/// A model of the zoo: its forward pass. What else a [`Model`] has follows.
pub trait ZooModel {
    /// Whether a target's score looks at the candidate event by event, so that there is something to trace.
    const IS_TRACED: bool = false;
    /// Whether events before a window count, because a recurrence has read them.
    const READS_BEFORE_WINDOW: bool = false;

    /// Configuration, embedding and head.
    fn common(&self) -> &Common;

    /// The forward pass.
    fn run<'t, T: Real>(&self, pass: Pass<'_, 't, '_, T>) -> Output<'t, T>;

    /// Whether a training step embeds sampled negatives.
    fn reads_negatives(&self) -> bool {
        false
    }

    /// The serving form, where there is one.
    fn frozen(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        let _ = params;
        None
    }
}

impl Common {
    /// The head's inputs so far, each sequence of behaviours that more are to be made of, and the candidates.
    pub fn inputs<'a, 't, T: Real>(
        &'a self,
        tape: &'t Tape<'_, T>,
        rows: &'a EventRows<'t, T>,
        batch: &'a Batch,
    ) -> (HeadInputs<'a, 't, T>, impl Iterator<Item = SequenceInput<'a, 't, T>>, Var<'t, T>) {
        let (inputs, candidates) = self.embedding.head_inputs(self.head.layout(), tape, rows, batch);
        (inputs, sequence_inputs(rows, batch, candidates), candidates)
    }

    /// The pooled history of a sequence.
    pub fn history<'t, T: Real>(&self, input: &SequenceInput<'_, 't, T>) -> Var<'t, T> {
        input.history(&self.embedding, &self.config)
    }

    /// The pooled history of a sequence and its product with the candidate.
    pub fn history_and_product<'t, T: Real>(&self, input: &SequenceInput<'_, 't, T>) -> [Var<'t, T>; 2] {
        input.history_and_product(&self.embedding, &self.config)
    }

    /// The output of a head over these inputs.
    pub fn output<'t, T: Real>(&self, tape: &'t Tape<'_, T>, inputs: HeadInputs<'_, 't, T>) -> Output<'t, T> {
        Output::new(self.head.forward(tape, inputs.concat()))
    }

    /// The serving form with these interests.
    pub fn freeze(&self, params: &ParamStore<f32>, interests: Vec<FrozenInterest>) -> Option<FrozenModel> {
        let head = self.head.freeze(params)?;
        Some(FrozenModel::new(self.embedding.tables(), self.config.pooling, interests, head))
    }
}

impl<T: Real, M: ZooModel> Model<T> for M {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let rows = self.common().embedding.event_rows(tape, batch);
        self.run(Pass { tape, batch, rows: &rows, traces: None })
    }

    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        if !M::IS_TRACED {
            return None;
        }
        let (rows, mut sequences) = (self.common().embedding.event_rows(tape, batch), vec![]);
        let logits = self.run(Pass { tape, batch, rows: &rows, traces: Some(&mut sequences) }).logits;
        Some(trace::traces(logits, sequences))
    }

    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        self.common().embedding.touch(batch, self.reads_negatives(), touched);
    }

    fn tables(&self) -> &[ParamId] {
        self.common().embedding.tables()
    }

    fn freeze(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        self.frozen(params)
    }

    fn reads_before_window(&self) -> bool {
        M::READS_BEFORE_WINDOW
    }

    fn weights(&self) -> LossWeights {
        self.common().config.loss_weights()
    }
}
