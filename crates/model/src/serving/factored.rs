//! The backend of models whose work is split where the candidate enters: BaseModel, and those with an
//! interest network.

use dien_tensor::ParamStore;

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
    pub fn embed(&self, ids: &[u32], to: &mut [f32]) {
        let mut at = 0;
        for (lookup, &id) in self.features.behaviours.iter().zip(ids) {
            let row = self.row(lookup.table, id);
            to[at..at + row.len()].copy_from_slice(row);
            at += row.len();
        }
    }
}
