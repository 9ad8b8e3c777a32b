//! Serving: a trained model that scores many candidates against one user.
//!
//! Of BaseModel and the models with an interest network (DIEN, AUGRU, AGRU, AIGRU) the work is split where
//! the candidate enters, and there is no tape. What depends on the user alone is a [`UserState`]: the events'
//! embeddings, the extractor's states, the key half of the attention, the input gates of the evolution cell,
//! and the user's part of the head's first layer. Scoring a candidate then costs its own part only, and
//! appending a behaviour costs one step. The other models run whole for every request.
//!
//! The logits are those of the [model](crate::Model)'s evaluation forward, within 1e-5; batch normalisation
//! is folded into the head's first layer. A candidate's bits depend neither on the other candidates nor on
//! threads.

mod candidates;
mod factored;
mod full;
mod score;
mod scratch;
mod state;

pub use candidates::{Candidates, Profile};

use dien_tensor::ParamStore;

use crate::config::ModelConfig;
use crate::{BuildError, Features, Model, build_over};
use factored::Factored;
use full::Full;
use scratch::Scratches;

/// A trained model, ready to serve. Read-only, and shared freely by threads.
#[derive(Debug)]
pub struct Serving {
    features: Features,
    /// By group of behaviours.
    max_history: Vec<usize>,
    backend: Backend,
}

#[derive(Debug)]
enum Backend {
    Factored(Box<Factored>),
    Full(Box<Full>),
}

/// All that scoring needs of a user, computed once. It belongs to the [`Serving`] that made it.
#[derive(Clone, Debug)]
pub struct UserState {
    profile: Profile,
    data: StateData,
}

#[derive(Clone, Debug)]
enum StateData {
    Factored(state::State),
    Full(full::State),
}

impl UserState {
    /// How many events of the first group attention, evolution and pooling see: at most the model's
    /// `max_history`.
    pub fn len(&self) -> usize {
        match &self.data {
            StateData::Factored(state) => state.len(),
            StateData::Full(state) => state.len(),
        }
    }

    /// Whether there is no such event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known beside the behaviours.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }
}

impl Serving {
    /// Takes the parameters of a configured model, and reads them where they are: none is drawn or copied but
    /// what is packed. A state sees the latest `max_history` events of each group of behaviours, the first
    /// group first.
    ///
    /// # Errors
    /// An option is impossible, or the features do not fit each other; `params` lacks a parameter of such a
    /// model, or one has another shape.
    ///
    /// # Panics
    /// As [`of_model`](Self::of_model).
    #[track_caller]
    pub fn new(
        config: &ModelConfig,
        features: &Features,
        mut params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Result<Self, BuildError> {
        let model = build_over(config, features, &mut params)?;
        Ok(Self::of_model(model, features, params, max_history))
    }

    /// Takes any model with its features and parameters. Its work is split between the user and the
    /// candidates if it [freezes](Model::freeze); else its [forward pass](Model::forward) runs for every
    /// request.
    ///
    /// # Panics
    /// If `max_history` has not one entry a group of behaviours, or a 0; or `params` are not the model's.
    #[track_caller]
    pub fn of_model(
        model: Box<dyn Model<f32> + Send + Sync>,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Self {
        assert_eq!(max_history.len(), 1 + features.groups.len(), "serving: a window a group of behaviours");
        assert!(!max_history.contains(&0), "serving: windows of at least one event");
        let (features, max_history) = (features.clone(), max_history.to_vec());
        let backend = match model.freeze(&params) {
            Some(model) => Backend::Factored(Box::new(Factored {
                features: features.clone(),
                max_history: max_history.clone(),
                model,
                params,
                scratches: Scratches::default(),
            })),
            None => Backend::Full(Box::new(Full::new(model, &features, params, &max_history))),
        };
        Serving { features, max_history, backend }
    }

    /// The model's features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How many of a group's latest events attention, evolution and pooling read, by group of behaviours.
    pub fn max_history(&self) -> &[usize] {
        &self.max_history
    }

    /// [`user_state_of`](Self::user_state_of) a user with behaviours of the first group alone.
    ///
    /// # Panics
    /// As [`user_state_of`](Self::user_state_of).
    #[track_caller]
    pub fn user_state(&self, ids: &[Vec<u32>], profile: Profile) -> UserState {
        let nothing = vec![vec![]; self.features.behaviours.len()];
        let mut groups = vec![&nothing[..]; self.max_history.len()];
        groups[0] = ids;
        self.user_state_of(&groups, profile)
    }

    /// The state of a user whose events, oldest first, are `ids[group][feature][event]`, the first group of
    /// behaviours first.
    ///
    /// It reads the latest [`max_history`](Self::max_history) events, as training and evaluation load them.
    ///
    /// # Panics
    /// If there is not one entry a group, with one list a behaviour feature, of one length; or an id has no
    /// row in its table; or the profile does not have an id a sparse feature and a number a dense one.
    #[track_caller]
    pub fn user_state_of(&self, ids: &[&[Vec<u32>]], profile: Profile) -> UserState {
        self.check_profile(&profile);
        assert_eq!(ids.len(), self.max_history.len(), "user state: an entry a group of behaviours");
        for ids in ids {
            assert_eq!(ids.len(), self.features.behaviours.len(), "user state: a list a behaviour feature");
            assert!(ids.iter().all(|of| of.len() == ids[0].len()), "user state: lists of one length");
        }
        let data = match &self.backend {
            Backend::Factored(factored) => StateData::Factored(factored.state(ids, &profile)),
            Backend::Full(full) => StateData::Full(full.state(ids)),
        };
        UserState { profile, data }
    }

    /// [`append_to`](Self::append_to) the first group of behaviours.
    ///
    /// # Panics
    /// As [`append_to`](Self::append_to).
    #[track_caller]
    pub fn append(&self, state: &mut UserState, ids: &[u32]) {
        self.append_to(state, 0, ids);
    }

    /// Adds the user's latest event of a group, an id for each behaviour feature: one step, whatever the
    /// history.
    ///
    /// Once the window is full, its oldest event leaves it; an extractor's state remembers it, where the work
    /// is split.
    ///
    /// # Panics
    /// If there is no such group, not one id a behaviour feature, or one has no row in its table; or the
    /// state is of another model.
    #[track_caller]
    pub fn append_to(&self, state: &mut UserState, group: usize, ids: &[u32]) {
        assert!(group < self.max_history.len(), "append: group {group} of {}", self.max_history.len());
        assert_eq!(ids.len(), self.features.behaviours.len(), "append: an id for each behaviour feature");
        match (&self.backend, &mut state.data) {
            (Backend::Factored(factored), StateData::Factored(data)) => {
                factored.append(data, group, ids, &state.profile);
            }
            (Backend::Full(full), StateData::Full(data)) => full.append(data, group, ids),
            _ => panic!("append: the state of another model"),
        }
    }

    /// The logit of each candidate. `profile`, if given, stands in for the state's own.
    ///
    /// # Panics
    /// If the candidates do not have a list a feature, of one length; or an id has no row in its table; or
    /// the state is of another model.
    #[track_caller]
    pub fn logits(&self, state: &UserState, candidates: &Candidates, profile: Option<&Profile>) -> Vec<f32> {
        let (f, n) = (&self.features, candidates.len());
        assert_eq!(candidates.ids.len(), f.behaviours.len(), "candidates: a list a behaviour feature");
        assert!(candidates.ids.iter().all(|ids| ids.len() == n), "candidates: lists of one length");
        assert_eq!(candidates.pooled.len(), f.pooled.len(), "candidates: lists a pooled feature");
        assert!(candidates.pooled.iter().all(|l| l.offsets.len() == n + 1), "candidates: a list a candidate");
        profile.inspect(|profile| self.check_profile(profile));
        match (&self.backend, &state.data) {
            (Backend::Factored(factored), StateData::Factored(data)) => {
                factored.logits(data, candidates, profile)
            }
            (Backend::Full(full), StateData::Full(data)) => {
                full.logits(data, candidates, profile.unwrap_or(&state.profile))
            }
            _ => panic!("logits: the state of another model"),
        }
    }

    #[track_caller]
    fn check_profile(&self, profile: &Profile) {
        let found = [profile.sparse.len(), profile.dense.len()];
        let expected = [self.features.sparse.len(), self.features.dense.len()];
        assert_eq!(found, expected, "profile: an id a sparse feature, a number a dense one");
    }
}
