//! The backend of models that run their whole forward pass for every request.

use dien_tensor::{Mode, ParamStore, Pool, Tape};

use super::{Candidates, Profile};
use crate::{Batch, Behaviours, Features, Histories, Model, Targets};

/// A model and its parameters.
pub(super) struct Full {
    features: Features,
    /// By group of behaviours.
    max_history: Vec<usize>,
    model: Box<dyn Model<f32> + Send + Sync>,
    params: ParamStore<f32>,
    pool: Pool<f32>,
}

/// The latest events, `[group][feature][event]`, and those before them that a recurrence has read.
#[derive(Clone, Debug)]
pub(super) struct State(Vec<Vec<Vec<u32>>>);

impl State {
    pub fn len(&self) -> usize {
        self.0[0][0].len()
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
        let groups = ids.iter().zip(&self.max_history);
        State(groups.map(|(ids, &most)| ids.iter().map(|ids| latest(ids, most)).collect()).collect())
    }

    pub fn append(&self, state: &mut State, group: usize, ids: &[u32]) {
        for (events, &id) in state.0[group].iter_mut().zip(ids) {
            events.push(id);
            if !self.model.reads_before_window() {
                let over = events.len().saturating_sub(self.max_history[group]);
                events.drain(..over);
            }
        }
    }

    #[track_caller]
    pub fn logits(&self, state: &State, candidates: &Candidates, profile: &Profile) -> Vec<f32> {
        let n = candidates.len();
        if n == 0 {
            return vec![];
        }
        let groups = state.0.iter().zip(&self.max_history);
        let mut groups = groups.map(|(ids, &most)| behaviours(ids, most, n));
        let Behaviours { histories, history, start, end } = groups.next().expect("a first group");
        let targets = Targets {
            history,
            start,
            end,
            candidate: candidates.ids.clone(),
            sparse: profile.sparse.iter().map(|&id| vec![id; n]).collect(),
            pooled: candidates.pooled.clone(),
            dense: profile.dense.iter().map(|&x| vec![x; n]).collect(),
            label: vec![0.0; n],
            weight: vec![],
            group: vec![0; n],
        };
        let batch = Batch { histories, targets, further: groups.collect() };
        if let Err(e) = batch.validate(&self.features) {
            panic!("serving: {e}");
        }
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        self.model.forward(&tape, &batch).logits.data().to_vec()
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
