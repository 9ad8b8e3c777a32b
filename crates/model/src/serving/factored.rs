//! The backend of models whose work is split where the candidate enters: BaseModel, and those with an
//! interest network.

use dien_tensor::ParamStore;

use super::Event;
use super::scratch::Scratches;
use crate::Features;
use crate::frozen::FrozenModel;

/// A model whose work is split between the user and the candidates.
#[derive(Debug)]
pub(super) struct Factored {
    pub features: Features,
    /// By sequence of behaviours.
    pub max_history: Vec<usize>,
    pub model: FrozenModel,
    /// The embedding tables are read where they are.
    pub params: ParamStore<f32>,
    pub scratches: Scratches,
}

impl Factored {
    /// The embedding of an id, of which it was checked that it has a row.
    pub fn row(&self, table: usize, id: u32) -> &[f32] {
        let width = self.features.tables[table].embedding_dim;
        &self.params.data(self.model.tables[table])[id as usize * width..][..width]
    }

    /// An event's embeddings side by side.
    pub fn embed(&self, event: Event<'_>, to: &mut [f32]) {
        let (mut rest, mut bags) = (to, event.bags.iter());
        for (lookup, &id) in self.features.behaviours.iter().zip(event.ids) {
            let (own, after) = rest.split_at_mut(self.features.tables[lookup.table].embedding_dim);
            rest = after;
            match lookup.is_bag {
                true => self.mean(lookup.table, bags.next().expect("checked").list(id as usize), own),
                false => own.copy_from_slice(self.row(lookup.table, id)),
            }
        }
    }

    /// The mean of the embeddings of some ids, zero of none, as
    /// [`gather_mean`](dien_tensor::ops::gather_mean) has it.
    pub fn mean(&self, table: usize, ids: &[u32], to: &mut [f32]) {
        to.fill(0.0);
        for &id in ids {
            to.iter_mut().zip(self.row(table, id)).for_each(|(sum, x)| *sum += x);
        }
        let share = (1.0 / ids.len().max(1) as f64) as f32;
        to.iter_mut().for_each(|x| *x *= share);
    }
}
