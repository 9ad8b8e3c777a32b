//! The backend of models that run their whole forward pass for every request.

use dien_tensor::{Mode, ParamStore, Pool, Tape};
use serde::{Deserialize, Serialize};

use super::{Candidates, Event, Events, Profile, ServingError};
use crate::validate::{check_bags, check_event_ids, check_len};
use crate::{Batch, Behaviours, EmbeddingFeature, Features, Histories, Jagged, Model, Targets};

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
    /// The latest events, `[sequence][feature][event]`, and those before them that a recurrence has read. Of
    /// a bag there is nothing here.
    ids: Vec<Vec<Vec<u32>>>,
    /// How many events of the first sequence its window has.
    len: usize,
    /// By sequence and bag, a list an event; nothing of models without bags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bags: Vec<Vec<Jagged>>,
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

    pub fn state(&self, events: &[Events<'_>]) -> State {
        let has_bags = self.features.bags().next().is_some();
        let (mut all, mut all_bags) = (vec![], vec![]);
        for (events, &most) in events.iter().zip(&self.max_history) {
            let (mut kept, mut bags, mut given) = (vec![], vec![], events.bags.iter());
            for (lookup, ids) in self.features.behaviours.iter().zip(events.ids) {
                let latest = &ids[ids.len().saturating_sub(most)..];
                if lookup.is_bag {
                    bags.push(lists(given.next().expect("checked"), latest.iter().copied()));
                    kept.push(vec![]);
                } else {
                    kept.push(latest.to_vec());
                }
            }
            all.push(kept);
            all_bags.extend(has_bags.then_some(bags));
        }
        State { len: all[0][0].len(), ids: all, bags: all_bags }
    }

    pub fn append(&self, state: &mut State, sequence: usize, event: Event<'_>) {
        let most = if self.keeps_all() { usize::MAX } else { self.max_history[sequence] };
        let over = (state.ids[sequence][0].len() + 1).saturating_sub(most);
        for ((events, &id), lookup) in
            state.ids[sequence].iter_mut().zip(event.ids).zip(&self.features.behaviours)
        {
            if !lookup.is_bag {
                events.push(id);
                events.drain(..over);
            }
        }
        let bags = self.features.behaviours.iter().zip(event.ids).filter(|(lookup, _)| lookup.is_bag);
        for (((_, &bag), given), own) in
            bags.zip(event.bags).zip(state.bags.get_mut(sequence).into_iter().flatten())
        {
            own.push(given.list(bag as usize).iter().copied());
            if over > 0 {
                *own = lists(own, over as u32..own.len() as u32);
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
        for (sequence, ids) in state.ids.iter().enumerate() {
            check_len("user state: features", self.features.behaviours.len(), ids.len())?;
            let n = ids.first().map_or(0, Vec::len);
            let bags = state.bags.get(sequence).map_or(&[][..], Vec::as_slice);
            check_bags(&self.features, bags)?;
            bags.iter().try_for_each(|bags| check_len("user state: bags", n, bags.len()))?;
            let ids = self.numbered(ids, &[]);
            let ids = ids.iter().map(Vec::as_slice);
            check_event_ids("user state", &self.features, bags, ids, n)?;
        }
        let len = state.ids[0][0].len().min(self.max_history[0]);
        Ok(check_len("user state: window", len, state.len)?)
    }

    pub fn logits(&self, state: &State, candidates: &Candidates, profile: &Profile) -> Vec<f32> {
        let n = candidates.len();
        if n == 0 {
            return vec![];
        }
        // The lists of the candidates come first, then those of each sequence's events.
        let mut bags = candidates.bags.clone();
        let mut sequences = vec![];
        for (sequence, (ids, &most)) in state.ids.iter().zip(&self.max_history).enumerate() {
            // Every bag has as many lists of the events, but not of the candidates.
            let first: Vec<usize> = bags.iter().map(Jagged::len).collect();
            for (all, own) in bags.iter_mut().zip(state.bags.get(sequence).into_iter().flatten()) {
                (0..own.len()).for_each(|i| all.push(own.list(i).iter().copied()));
            }
            sequences.push(behaviours(self.numbered(ids, &first), most, n));
        }
        let mut sequences = sequences.into_iter();
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
        let batch = Batch { histories, targets, extra_sequences: sequences.collect(), bags };
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        self.model.forward(&tape, &batch).logits.data().to_vec()
    }

    /// The ids of a state's events; of a bag those of lists one after the other, from `first` on.
    fn numbered(&self, ids: &[Vec<u32>], first: &[usize]) -> Vec<Vec<u32>> {
        let (n, mut first) = (ids[0].len(), first.iter());
        let of = |(lookup, ids): (&EmbeddingFeature, &Vec<u32>)| match lookup.is_bag {
            true => {
                let first = first.next().map_or(0, |&first| first as u32);
                (first..first + n as u32).collect()
            }
            false => ids.clone(),
        };
        self.features.behaviours.iter().zip(ids).map(of).collect()
    }

    /// The embedding of an id; `None` if the model does not say its tables, or there is no such row.
    pub fn row(&self, table: usize, id: u32) -> Option<&[f32]> {
        let width = self.features.tables.get(table)?.embedding_dim;
        let data = self.params.data(*self.model.tables().get(table)?);
        data.get(id as usize * width..)?.get(..width)
    }
}

/// One history, of which every target sees the latest events, `most` of them.
fn behaviours(ids: Vec<Vec<u32>>, most: usize, targets: usize) -> Behaviours {
    let events = ids[0].len() as u32;
    Behaviours {
        history: vec![0; targets],
        start: vec![ids[0].len().saturating_sub(most) as u32; targets],
        end: vec![events; targets],
        histories: Histories { offsets: vec![0, events], ids, ..Histories::default() },
    }
}

/// Some of these lists.
fn lists(of: &Jagged, places: impl IntoIterator<Item = u32>) -> Jagged {
    let mut picked = Jagged::empty(0);
    places.into_iter().for_each(|place| picked.push(of.list(place as usize).iter().copied()));
    picked
}
