//! The road of models whose work is split where the candidate enters.

use std::sync::Mutex;

use dien_tensor::{ParamId, ParamStore};

use super::head::Head;
use super::interests::Interests;
use super::score::Scratch;
use super::weights::Weights;
use crate::Features;
use crate::config::{ModelConfig, PoolingKind};
use crate::parts::scope;

/// A model whose work is split where the candidate enters: BaseModel, and those with an interest network.
#[derive(Debug)]
pub(super) struct Split {
    pub features: Features,
    /// By group of behaviours.
    pub max_history: Vec<usize>,
    pub pooling: PoolingKind,
    pub params: ParamStore<f32>,
    /// The embedding tables, in the order of the features' tables.
    pub tables: Vec<ParamId>,
    /// By group of behaviours; none for the pooled baseline.
    pub interests: Vec<Interests>,
    pub head: Head,
    /// Buffers of calls that have returned.
    pub scratch: Mutex<Vec<Scratch>>,
}

impl Split {
    /// Packs the parameters.
    #[track_caller]
    pub fn new(
        config: &ModelConfig,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Self {
        let weights = Weights::of(&params);
        let table = |t: &crate::Table| weights.id(&format!("embedding.{}", t.name), &[t.rows, t.width]);
        let tables = features.tables.iter().map(table).collect();
        let names = std::iter::once(String::new()).chain(features.groups.iter().map(|name| scope(name)));
        let scopes = names.map(|scope| Weights { params: &params, scope });
        let interest = |weights| Interests::new(&weights, config, features.event_width());
        let interests = if config.evolves() { scopes.map(interest).collect() } else { vec![] };
        let head = Head::new(&weights, config, features, &interests);
        Split {
            features: features.clone(),
            max_history: max_history.to_vec(),
            pooling: config.pooling,
            tables,
            interests,
            head,
            params,
            scratch: Mutex::default(),
        }
    }

    /// The embedding of an id.
    ///
    /// # Panics
    /// If the table has no such row.
    pub fn row(&self, table: usize, id: u32) -> &[f32] {
        let width = self.features.tables[table].width;
        &self.params.data(self.tables[table])[id as usize * width..][..width]
    }

    /// An event's embeddings side by side.
    pub fn embed(&self, ids: &[u32], to: &mut [f32]) {
        assert_eq!(ids.len(), self.features.behaviours.len(), "serving: an id for each behaviour feature");
        let mut at = 0;
        for (lookup, &id) in self.features.behaviours.iter().zip(ids) {
            let row = self.row(lookup.table, id);
            to[at..at + row.len()].copy_from_slice(row);
            at += row.len();
        }
    }
}
