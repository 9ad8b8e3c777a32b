//! The backend of models that run their whole forward pass for every request.

use dien_tensor::{Mode, ParamStore, Pool, Tape};
use serde::{Deserialize, Serialize};

use super::{Candidates, Profile, ServingError};
use crate::validate::{check_ids, check_len};
use crate::{Batch, Behaviours, Features, Histories, Model, Targets};

/// A model and its parameters.
pub(super) struct Full {
    features: Features,
    /// By sequence of behaviours.
    max_history: Vec<usize>,
    model: Box<dyn Model<f32> + Send + Sync>,
    params: ParamStore<f32>,
    pool: Pool<f32>,
}

/// A user's events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// The latest events, `[sequence][feature][event]`, and those before them that a recurrence has read.
    ids: Vec<Vec<Vec<u32>>>,
    /// How many events of the first sequence its window has.
    len: usize,
}

impl State {
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many events of a sequence there are, in its window or before it.
    pub fn events(&self, sequence: usize) -> usize {
        self.ids.get(sequence).and_then(|ids| ids.first()).map_or(0, Vec::len)
    }
}

impl std::fmt::Debug for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Full").field("features", &self.features).finish_non_exhaustive()
    }
}

impl Full {
    pub fn new(
        model: Box<dyn Model<f32> + Send + Sync>,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Self {
        let (features, max_history) = (features.clone(), max_history.to_vec());
        Full { features, max_history, model, params, pool: Pool::new() }
    }

    pub fn state(&self, ids: &[&[Vec<u32>]]) -> State {
        let latest = |ids: &Vec<u32>, most: usize| ids[ids.len().saturating_sub(most)..].to_vec();
        let sequences = ids.iter().zip(&self.max_history);
        let ids: Vec<Vec<Vec<u32>>> =
            sequences.map(|(ids, &most)| ids.iter().map(|ids| latest(ids, most)).collect()).collect();
        State { len: ids[0][0].len(), ids }
    }

    pub fn append(&self, state: &mut State, sequence: usize, ids: &[u32]) {
        for (events, &id) in state.ids[sequence].iter_mut().zip(ids) {
            events.push(id);
            if !self.keeps_all() {
                let over = events.len().saturating_sub(self.max_history[sequence]);
                events.drain(..over);
            }
        }
        state.len = state.ids[0][0].len().min(self.max_history[0]);
    }

    /// Whether events stay in a state when they leave the window, for a recurrence that begins before it.
    pub fn keeps_all(&self) -> bool {
        self.model.reads_before_window()
    }

    /// That a state has the shapes of this model's, whoever kept it in between.
    pub fn check(&self, state: &State) -> Result<(), ServingError> {
        let sequences = 1 + self.features.extra_sequences.len();
        check_len("user state: sequences", sequences, state.ids.len())?;
        for ids in &state.ids {
            let n = ids.first().map_or(0, Vec::len);
            let ids = ids.iter().map(Vec::as_slice);
            check_ids("user state", &self.features, &self.features.behaviours, ids, n)?;
        }
        let len = state.ids[0][0].len().min(self.max_history[0]);
        Ok(check_len("user state: window", len, state.len)?)
    }

    pub fn logits(&self, state: &State, candidates: &Candidates, profile: &Profile) -> Vec<f32> {
        let n = candidates.len();
        if n == 0 {
            return vec![];
        }
        let sequences = state.ids.iter().zip(&self.max_history);
        let mut sequences = sequences.map(|(ids, &most)| behaviours(ids, most, n));
        let Behaviours { histories, history, start, end } = sequences.next().expect("a first sequence");
        let targets = Targets {
            history,
            start,
            end,
            candidate: candidates.ids.clone(),
            sparse: profile.sparse.iter().map(|&id| vec![id; n]).collect(),
            multi_hot: candidates.multi_hot.clone(),
            dense: profile.dense.iter().map(|&x| vec![x; n]).collect(),
            label: vec![0.0; n],
            weight: vec![],
            group_id: vec![0; n],
        };
        let batch = Batch { histories, targets, extra_sequences: sequences.collect() };
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        self.model.forward(&tape, &batch).logits.data().to_vec()
    }

    /// The embedding of an id; `None` if the model does not say its tables, or there is no such row.
    pub fn row(&self, table: usize, id: u32) -> Option<&[f32]> {
        let width = self.features.tables.get(table)?.embedding_dim;
        let data = self.params.data(*self.model.tables().get(table)?);
        data.get(id as usize * width..)?.get(..width)
    }
}

/// One history, of which every target sees the latest events, `most` of them.
fn behaviours(ids: &[Vec<u32>], most: usize, targets: usize) -> Behaviours {
    let events = ids[0].len() as u32;
    Behaviours {
        histories: Histories { offsets: vec![0, events], ids: ids.to_vec(), ..Histories::default() },
        history: vec![0; targets],
        start: vec![ids[0].len().saturating_sub(most) as u32; targets],
        end: vec![events; targets],
    }
}
