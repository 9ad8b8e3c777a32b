//! A model's scores of batches, and how good they are.

use std::ops::ControlFlow;

use dien_data::Batches;
use dien_model::metrics::{Metrics, Ranking};
use dien_model::{Batch, Calibration, Features, Model};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

use crate::error::Result;
use crate::prefetch;

/// A model with the parameters that are asked for, and what becomes of its logits.
#[derive(Clone, Copy)]
pub(crate) struct Inference<'a> {
    pub model: &'a dyn Model<f32>,
    pub params: &'a ParamStore<f32>,
    pub pool: &'a Pool<f32>,
    pub mode: Mode,
    pub calibration: &'a Calibration,
}

impl Inference<'_> {
    /// The logits of a batch that fits the model's features.
    pub fn logits(&self, batch: &Batch) -> Result<Vec<f32>> {
        if batch.targets.is_empty() {
            return Ok(vec![]);
        }
        let tape = Tape::new(self.params, self.pool, self.mode);
        let logits = self.model.forward(&tape, batch).logits.data().to_vec();
        match logits.iter().position(|x| !x.is_finite()) {
            Some(target) => Err(dien_serving::Error::Score { target, score: logits[target] }.into()),
            None => Ok(logits.into_iter().map(|logit| self.calibration.apply(logit)).collect()),
        }
    }

    /// Evaluates what `produce` gives: batches, and what is known of each besides. Of each group's candidates
    /// the first `top_k` are looked at, if their order is.
    pub fn evaluate<N: Send>(
        &self,
        top_k: Option<usize>,
        produce: impl FnOnce(&mut dyn FnMut((Batch, N)) -> bool) -> Result<()> + Send,
        mut each: impl FnMut(usize, &Batch, N, &[f32]) -> Result<()>,
    ) -> Result<Metrics> {
        let (mut scores, mut labels, mut groups, mut weights) = (vec![], vec![], vec![], vec![]);
        let mut index = 0;
        let _ = prefetch::for_each(produce, |(batch, more)| {
            let logits = self.logits(&batch)?;
            each(index, &batch, more, &logits)?;
            scores.extend(logits);
            labels.extend(batch.targets.label);
            groups.extend(batch.targets.group_id);
            weights.extend(batch.targets.weight);
            index += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(if weights.is_empty() {
            let ranking = top_k.and_then(|k| Ranking::new(&scores, &labels, &groups, k));
            Metrics::new(&scores, &labels, &groups).with_ranking(ranking)
        } else {
            let ranking = top_k.and_then(|k| Ranking::of_weighted(&scores, &labels, &groups, &weights, k));
            Metrics::weighted(&scores, &labels, &groups, &weights).with_ranking(ranking)
        })
    }
}

/// The batches from the `first`th on, as long as they fit the features.
pub(crate) fn produce<'a>(
    examples: &'a Batches<'_>,
    first: usize,
    features: &'a Features,
) -> impl FnOnce(&mut dyn FnMut(Batch) -> bool) -> Result<()> + Send + 'a {
    move |give| {
        let mut valid = Ok(());
        examples.for_each(first, |batch| {
            valid = batch.validate(features);
            valid.is_ok() && give(batch)
        })?;
        Ok(valid?)
    }
}

/// All batches, of which nothing more is known.
pub(crate) fn batches_of<'a>(
    examples: &'a Batches<'_>,
    features: &'a Features,
) -> impl FnOnce(&mut dyn FnMut((Batch, ())) -> bool) -> Result<()> + Send + 'a {
    let produce = produce(examples, 0, features);
    move |give| produce(&mut |batch| give((batch, ())))
}
