//! Serving: a trained model that scores many candidates against one user, without a tape.
//!
//! What depends on the user alone is a [`UserState`]: the events' embeddings, the extractor's states, the key half of
//! the attention, the input gates of the evolution cell, and the user's part of the head's first layer. Scoring a
//! candidate then costs its own part only, and appending a behaviour costs one step.
//!
//! The logits are those of the [model](crate::Model)'s evaluation forward, within 1e-5; batch normalisation is folded
//! into the head's first layer. A candidate's bits depend neither on the other candidates nor on threads.

mod candidates;
mod head;
mod interests;
mod score;
mod state;
mod weights;

pub use candidates::{Candidates, Profile};
pub use state::UserState;

use std::sync::Mutex;

use dien_tensor::{ParamId, ParamStore};

use crate::config::{ModelConfig, ModelKind, PoolingKind};
use crate::parts::scope;
use crate::{BuildError, Features};
use head::Head;
use interests::Interests;
use score::Scratch;
use weights::Weights;

/// A trained model, packed for serving. Read-only, and shared freely by threads.
#[derive(Debug)]
pub struct Serving {
    features: Features,
    /// By group of behaviours.
    max_history: Vec<usize>,
    pooling: PoolingKind,
    params: ParamStore<f32>,
    /// The embedding tables, in the order of the features' tables.
    tables: Vec<ParamId>,
    /// By group of behaviours; none for the pooled baseline.
    interests: Vec<Interests>,
    head: Head,
    /// Buffers of calls that have returned.
    scratch: Mutex<Vec<Scratch>>,
}

impl Serving {
    /// Packs the parameters of a model. A state sees the latest `max_history` events of each group of behaviours, the first group first.
    ///
    /// # Errors
    /// An option is impossible, or the features do not fit each other.
    ///
    /// # Panics
    /// If `params` lacks a parameter of such a model, or one has another shape; or if `max_history` has not one entry a group, or a 0.
    #[track_caller]
    pub fn new(
        config: &ModelConfig,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Result<Self, BuildError> {
        config.validate()?;
        features.validate()?;
        assert_eq!(max_history.len(), 1 + features.groups.len(), "serving: a window a group of behaviours");
        assert!(!max_history.contains(&0), "serving: windows of at least one event");
        let weights = Weights::of(&params);
        let table = |t: &crate::Table| weights.id(&format!("embedding.{}", t.name), &[t.rows, t.width]);
        let tables = features.tables.iter().map(table).collect();
        let names = std::iter::once(String::new()).chain(features.groups.iter().map(|name| scope(name)));
        let scopes = names.map(|scope| Weights { params: &params, scope });
        let interest = |weights| Interests::new(&weights, config, features.event_width());
        let interests = match config.kind {
            ModelKind::Dien => scopes.map(interest).collect(),
            ModelKind::Pooled => vec![],
        };
        let head = Head::new(&weights, config, features, &interests);
        Ok(Serving {
            features: features.clone(),
            max_history: max_history.to_vec(),
            pooling: config.pooling,
            tables,
            interests,
            head,
            params,
            scratch: Mutex::default(),
        })
    }

    /// The model's features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How many groups of behaviours a user has.
    fn groups(&self) -> usize {
        1 + self.features.groups.len()
    }

    /// How many of a group's latest events attention, evolution and pooling read, by group of behaviours.
    pub fn max_history(&self) -> &[usize] {
        &self.max_history
    }

    /// The embedding of an id.
    ///
    /// # Panics
    /// If the table has no such row.
    fn row(&self, table: usize, id: u32) -> &[f32] {
        let width = self.features.tables[table].width;
        &self.params.data(self.tables[table])[id as usize * width..][..width]
    }

    /// An event's embeddings side by side.
    fn embed(&self, ids: &[u32], to: &mut [f32]) {
        assert_eq!(ids.len(), self.features.behaviours.len(), "serving: an id for each behaviour feature");
        let mut at = 0;
        for (lookup, &id) in self.features.behaviours.iter().zip(ids) {
            let row = self.row(lookup.table, id);
            to[at..at + row.len()].copy_from_slice(row);
            at += row.len();
        }
    }
}
