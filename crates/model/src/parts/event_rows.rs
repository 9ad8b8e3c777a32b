//! Embeddings of events and candidates, from tables or from the means of a batch's bags.

use std::sync::Arc;

use dien_cells::lanes::{self, EventIds};
use dien_cells::{Packed, Real};
use dien_tensor::{Var, VarList, ops};

use crate::{Batch, Histories};

/// By behaviour feature, what the ids of a batch's events, negatives and candidates are rows of: the
/// feature's table, or, of a [bag](crate::EmbeddingFeature::is_bag), the means of the embeddings of each of
/// the batch's [lists](Batch::bags), `[lists, width]`, which are computed once however many events have one.
#[derive(Debug)]
pub struct EventRows<'t, T: Real>(VarList<'t, T>);

impl<'t, T: Real> EventRows<'t, T> {
    pub(super) fn new(rows: VarList<'t, T>) -> Self {
        EventRows(rows)
    }

    /// Every history's events: `[blocks, event width, LANES]`.
    pub fn events(&self, histories: &Histories, packed: &Arc<Packed>) -> Var<'t, T> {
        lanes::embed(self.0.iter().zip(histories.ids.iter().map(|ids| EventIds::one(ids))), 0, packed)
    }

    /// The events' sampled negative number `which`; those of a history's first event are left zero.
    pub fn negatives(&self, histories: &Histories, which: usize, packed: &Arc<Packed>) -> Var<'t, T> {
        let ids = |ids| EventIds { ids, per_event: histories.negatives_per_event, which };
        lanes::embed(self.0.iter().zip(histories.negatives.iter().map(|n| ids(n))), 1, packed)
    }

    /// The candidates: `[targets, event width]`.
    pub fn candidates(&self, batch: &Batch) -> Var<'t, T> {
        let mut parts = self.0.tape().var_list();
        for (rows, ids) in self.0.iter().zip(&batch.targets.candidate) {
            parts.push(ops::gather(rows, ids));
        }
        ops::concat(parts.iter())
    }
}
