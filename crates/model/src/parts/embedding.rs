//! Embedding tables, shared by events, candidates and the other features.

use std::sync::Arc;

use dien_cells::Packed;
use dien_cells::lanes::{self, EventIds};
use dien_tensor::{ParamId, Real, Tape, Var, ops};
use ndarray::ArrayD;

use crate::init::Builder;
use crate::{Batch, Features};

/// The tables of [`Features`] as parameters `embedding.<table>`.
#[derive(Clone, Debug)]
pub struct Embedding {
    features: Features,
    tables: Vec<ParamId>,
}

impl Embedding {
    /// Adds the tables.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, features: &Features, std: f64) -> Self {
        let add = |t: &crate::Table| builder.table(&format!("embedding.{}", t.name), t.rows, t.width, std);
        Embedding { features: features.clone(), tables: features.tables.iter().map(add).collect() }
    }

    /// The features that are embedded.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The width of an event: its embeddings side by side.
    pub fn event_width(&self) -> usize {
        self.features.event_width()
    }

    /// The width of [`Self::rest`].
    pub fn rest_width(&self) -> usize {
        let f = &self.features;
        f.width(&f.sparse) + f.width(&f.pooled) + f.dense.len()
    }

    /// Every history's events: `[blocks, event width, LANES]`.
    pub fn events<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        batch: &Batch,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        self.embed(tape, batch.histories.ids.iter().map(|ids| EventIds::one(ids)), 0, packed)
    }

    /// The events' sampled negative number `which`; those of a history's first event are left zero.
    pub fn negatives<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        batch: &Batch,
        which: usize,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        let h = &batch.histories;
        let ids = |ids| EventIds { ids, per_event: h.negatives_per_event, which };
        self.embed(tape, h.negatives.iter().map(|n| ids(n)), 1, packed)
    }

    fn embed<'t, 'a, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        ids: impl Iterator<Item = EventIds<'a>> + Clone,
        skip: usize,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        let lookups = self.features.behaviours.iter().zip(ids);
        lanes::embed(lookups.map(|(l, ids)| (tape.param(self.tables[l.table]), ids)), skip, packed)
    }

    /// The candidates: `[targets, event width]`.
    pub fn candidates<'t, T: Real>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Var<'t, T> {
        let lookups = self.features.behaviours.iter().zip(&batch.targets.candidate);
        let parts: Vec<_> =
            lookups.map(|(l, ids)| ops::gather(tape.param(self.tables[l.table]), ids)).collect();
        ops::concat(&parts)
    }

    /// All that is neither behaviour nor candidate, `[targets, rest width]`: sparse features, pooled ones (the mean
    /// of their embeddings, zero if there are none), dense ones. `None` if the model has no such features.
    pub fn rest<'t, T: Real>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Option<Var<'t, T>> {
        let (f, t) = (&self.features, &batch.targets);
        let mut parts = Vec::new();
        for (l, ids) in f.sparse.iter().zip(&t.sparse) {
            parts.push(ops::gather(tape.param(self.tables[l.table]), ids));
        }
        for (l, lists) in f.pooled.iter().zip(&t.pooled) {
            parts.push(ops::gather_mean(tape.param(self.tables[l.table]), &lists.offsets, &lists.ids));
        }
        if !f.dense.is_empty() {
            let shape = vec![t.len(), f.dense.len()];
            let value = |i: ndarray::IxDyn| T::of(t.dense[i[1]][i[0]].into());
            parts.push(tape.constant(ArrayD::from_shape_fn(shape, value)));
        }
        if parts.is_empty() { None } else { Some(ops::concat(&parts)) }
    }

    /// The rows of each table that a forward pass over `batch` reads, ascending, each once.
    pub fn touched(&self, batch: &Batch, negatives: bool) -> Vec<(ParamId, Vec<u32>)> {
        let (f, h, t) = (&self.features, &batch.histories, &batch.targets);
        let mut rows = vec![Vec::new(); self.tables.len()];
        for (i, l) in f.behaviours.iter().enumerate() {
            rows[l.table].extend_from_slice(&h.ids[i]);
            rows[l.table].extend_from_slice(&t.candidate[i]);
            if negatives && h.negatives_per_event > 0 {
                for bounds in h.offsets.windows(2) {
                    // The first event's negatives are never read.
                    let from = (bounds[0] + 1).min(bounds[1]) as usize * h.negatives_per_event;
                    rows[l.table]
                        .extend_from_slice(&h.negatives[i][from..bounds[1] as usize * h.negatives_per_event]);
                }
            }
        }
        f.sparse.iter().zip(&t.sparse).for_each(|(l, ids)| rows[l.table].extend_from_slice(ids));
        f.pooled.iter().zip(&t.pooled).for_each(|(l, lists)| rows[l.table].extend_from_slice(&lists.ids));
        for rows in &mut rows {
            rows.sort_unstable();
            rows.dedup();
        }
        self.tables.iter().copied().zip(rows).collect()
    }
}
