//! The trait behind every model.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamStore, Tape, Var, ops};

use crate::config::LossWeights;
use crate::frozen::FrozenModel;
use crate::{Batch, TouchedRows, Trace};

/// What a forward pass gives.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Output<'t, T: Real> {
    /// The logits, `[targets, 1]`; the probability of a click is their sigmoid.
    pub logits: Var<'t, T>,
    /// The auxiliary loss, unweighted, a scalar; `None` where there is none.
    pub auxiliary: Option<Var<'t, T>>,
}

/// The losses of a batch, all scalars.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Losses<'t, T: Real> {
    /// Binary cross-entropy of the targets, their mean.
    pub target: Var<'t, T>,
    /// The auxiliary loss, unweighted.
    pub auxiliary: Option<Var<'t, T>>,
    /// target + α · auxiliary + regularisation: what is minimised.
    pub total: Var<'t, T>,
}

impl<'t, T: Real> Output<'t, T> {
    /// Logits alone, `[targets, 1]`.
    pub fn new(logits: Var<'t, T>) -> Self {
        Output { logits, auxiliary: None }
    }

    /// The same with an auxiliary loss, where there is one: a scalar, unweighted.
    #[must_use]
    pub fn with_auxiliary(self, auxiliary: Option<Var<'t, T>>) -> Self {
        Output { auxiliary, ..self }
    }
}

impl<'t, T: Real> Losses<'t, T> {
    /// The loss of the targets and the `total` that is minimised, of a model that has
    /// [losses](Model::losses) of its own.
    pub fn new(target: Var<'t, T>, total: Var<'t, T>) -> Self {
        Losses { target, auxiliary: None, total }
    }

    /// The same with an auxiliary loss, which `total` has already.
    #[must_use]
    pub fn with_auxiliary(self, auxiliary: Option<Var<'t, T>>) -> Self {
        Losses { auxiliary, ..self }
    }
}

/// A CTR model over a [`Batch`]. It holds parameter ids and shapes; the numbers are in the tape's parameters.
pub trait Model<T: Real> {
    /// Scores every target of `batch`, which must be [valid](Batch::validate) for the model's features.
    ///
    /// On a training tape the auxiliary loss is computed where the model has one.
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T>;

    /// What each target's score went through, on an evaluation tape; `None` of models that pool histories
    /// without looking at the candidate.
    fn trace(&self, tape: &Tape<'_, T>, batch: &Batch) -> Option<Vec<Trace<T>>> {
        let _ = (tape, batch);
        None
    }

    /// Sets `touched` to the rows of each table that [`forward`](Model::forward) reads.
    fn touch(&self, batch: &Batch, touched: &mut TouchedRows);

    /// The rows of each table that [`forward`](Model::forward) reads, ascending, each once; see
    /// [`touch`](Model::touch).
    fn touched(&self, batch: &Batch) -> Vec<(ParamId, Vec<u32>)> {
        let mut touched = TouchedRows::default();
        self.touch(batch, &mut touched);
        touched.iter().map(|(id, rows)| (id, rows.to_vec())).collect()
    }

    /// The parameters that hold the tables of the [features](crate::Features::tables), in their order, for
    /// those who look up embeddings or count their rows; by default none, of a model that does not say.
    fn tables(&self) -> &[ParamId] {
        &[]
    }

    /// The model's serving form, whose work is split between the user and the candidates. `None`, as by
    /// default, of models that are to be served by their [`forward`](Model::forward).
    fn freeze(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        let _ = params;
        None
    }

    /// Whether events before a target's window count, because a recurrence has read them. A served state then
    /// keeps them; by default they do not.
    fn reads_before_window(&self) -> bool {
        false
    }

    /// What the loss consists of beside the targets' cross-entropy; by default nothing.
    fn weights(&self) -> LossWeights {
        LossWeights::default()
    }

    /// The losses of `output`.
    fn losses<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch, output: Output<'t, T>) -> Losses<'t, T> {
        let (label, weight) = (&batch.targets.label, &batch.targets.weight);
        let weight = (!weight.is_empty()).then_some(&weight[..]);
        let LossWeights { auxiliary: alpha, embedding_l2, label_smoothing } = self.weights();
        let smoothing = label_smoothing as f32;
        let target = if smoothing > 0.0 {
            let soft = label.iter().map(|y| y * (1.0 - smoothing) + 0.5 * smoothing).collect::<Vec<_>>();
            ops::bce_with_logits(output.logits, &soft, weight)
        } else {
            ops::bce_with_logits(output.logits, label, weight)
        };
        let mut total = target;
        if let Some(auxiliary) = output.auxiliary {
            total = total + ops::scale(auxiliary, T::of(alpha));
        }
        if embedding_l2 > 0.0 && !batch.targets.is_empty() {
            let weight = T::of(embedding_l2 / batch.targets.len() as f64);
            let touched = tape.pool().shared(|touched: &mut TouchedRows| self.touch(batch, touched));
            for (table, rows) in touched.iter() {
                total = total + ops::scale(ops::l2_rows(tape.param(table), rows), weight);
            }
        }
        Losses { target, auxiliary: output.auxiliary, total }
    }
}
