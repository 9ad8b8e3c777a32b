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
mod error;
mod events;
mod factored;
mod factored_state;
mod fingerprint;
mod full;
mod score;
mod scratch;
mod user_state;

pub use candidates::{Candidates, Profile};
pub use error::{ErrorKind, ServingError};
pub use events::{Event, Events};
pub use fingerprint::Fingerprint;
pub use user_state::UserState;

use dien_tensor::ParamStore;

use crate::config::ModelConfig;
use crate::init::Builder;
use crate::validate::check_len;
use crate::{BatchError, BuildError, Features, Jagged, Model, Registry};
use factored::Factored;
use full::Full;
use scratch::Scratches;
use user_state::StateData;

/// A trained model, ready to serve. Read-only, and shared freely by threads.
///
/// ```
/// use dien_model::serving::{Candidates, Profile, Serving};
/// use dien_model::{Features, ModelConfig, build};
/// use dien_tensor::ParamStore;
///
/// let (config, features) = (ModelConfig::default(), Features::item_category(100, 10, 18));
/// let mut params = ParamStore::new();
/// build(&config, &features, &mut params, 1)?; // or read from a file
/// let serving = Serving::new(&config, &features, params, &[50])?;
/// let mut user = serving.user_state(&[vec![3, 7], vec![1, 2]], Profile::default())?; // items, categories
/// serving.append(&mut user, &[9, 1])?;
/// let candidates = Candidates::new(vec![vec![4, 5, 6], vec![1, 1, 2]]);
/// assert_eq!(serving.logits(&user, &candidates, None)?.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Serving {
    features: Features,
    /// By sequence of behaviours.
    max_history: Vec<usize>,
    fingerprint: Fingerprint,
    backend: Backend,
}

#[derive(Debug)]
enum Backend {
    Factored(Box<Factored>),
    Full(Box<Full>),
}

const _: () = {
    const fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Serving>();
    shared_by_threads::<UserState>();
};

impl Serving {
    /// Takes the parameters of a configured model, and reads them where they are: none is drawn or copied but
    /// what is packed. A state sees the latest `max_history` events of each sequence of behaviours, the first
    /// one first.
    ///
    /// # Errors
    /// An option is impossible, or the features do not fit each other; `params` lacks a parameter of such a
    /// model, or one has another shape.
    ///
    /// # Panics
    /// As [`from_model`](Self::from_model).
    #[track_caller]
    pub fn new(
        config: &ModelConfig,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Result<Self, BuildError> {
        Self::with_registry(&Registry::new(), config, features, params, max_history)
    }

    /// The same for models that a registry knows.
    ///
    /// # Errors
    /// As [`new`](Self::new); no model of that name is registered.
    ///
    /// # Panics
    /// As [`from_model`](Self::from_model).
    #[track_caller]
    pub fn with_registry(
        registry: &Registry,
        config: &ModelConfig,
        features: &Features,
        mut params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Result<Self, BuildError> {
        let model = registry.build(config, features, Builder::over(&mut params))?;
        // A file's JSON is the ranker's description of it: this crate writes none.
        let description = format!("{:?}", config.resolved());
        Ok(Self::from_model(model, &description, features, params, max_history))
    }

    /// Takes any model with its features and parameters. Its work is split between the user and the
    /// candidates if it [freezes](Model::freeze); else its [forward pass](Model::forward) runs for every
    /// request. `description` says what else tells it from models of the same features and parameters, such
    /// as its name and options, in the same words whenever they are the same: it goes into the
    /// [fingerprint](Self::fingerprint).
    ///
    /// # Panics
    /// If `max_history` has not one entry a sequence of behaviours, or a 0; or `params` are not the model's.
    #[track_caller]
    pub fn from_model(
        model: Box<dyn Model<f32> + Send + Sync>,
        description: &str,
        features: &Features,
        params: ParamStore<f32>,
        max_history: &[usize],
    ) -> Self {
        let sequences = 1 + features.extra_sequences.len();
        assert_eq!(max_history.len(), sequences, "serving: a window a sequence of behaviours");
        assert!(!max_history.contains(&0), "serving: windows of at least one event");
        let fingerprint = Fingerprint::new(description, features, max_history, &params);
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
        Serving { features, max_history, fingerprint, backend }
    }

    /// The model's features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How many of the latest events attention, evolution and pooling read, by sequence of behaviours.
    pub fn max_history(&self) -> &[usize] {
        &self.max_history
    }

    /// Which model it is: the same parameters and options have the same fingerprint. A ranker of
    /// `dien-serving` describes the options in other words than [`new`](Self::new), so that neither takes the
    /// other's states.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The embedding of an id, from the [features'](Self::features) table of this number, `[width]`. `None`
    /// if there is no such table or row, or a model of your own does not [say its tables](Model::tables).
    pub fn embedding(&self, table: usize, id: u32) -> Option<&[f32]> {
        match &self.backend {
            Backend::Factored(factored) => {
                let rows = self.features.tables.get(table)?.num_embeddings;
                ((id as usize) < rows).then(|| factored.row(table, id))
            }
            Backend::Full(full) => full.row(table, id),
        }
    }

    /// [`user_state_of`](Self::user_state_of) a user with behaviours of the first sequence alone.
    ///
    /// # Errors
    /// As [`user_state_of`](Self::user_state_of).
    pub fn user_state<'a>(
        &self,
        events: impl Into<Events<'a>>,
        profile: Profile,
    ) -> Result<UserState, ServingError> {
        let nothing = vec![vec![]; self.features.behaviours.len()];
        let no_bags = vec![Jagged::empty(0); self.features.bags().count()];
        let none = Events::new(&nothing, &no_bags);
        let mut sequences = vec![none; self.max_history.len()];
        sequences[0] = events.into();
        self.user_state_of(&sequences, profile)
    }

    /// The state of a user whose events, oldest first, are these by sequence of behaviours, the first one
    /// first.
    ///
    /// It reads the latest [`max_history`](Self::max_history) events, as training and evaluation load them.
    ///
    /// # Errors
    /// There is not one entry a sequence, with one list a behaviour feature, of one length; or an id has no
    /// row in its table; or the profile does not have an id a sparse feature and a finite number a dense one.
    pub fn user_state_of<'a>(
        &self,
        events: &[impl Into<Events<'a>> + Copy],
        profile: Profile,
    ) -> Result<UserState, ServingError> {
        let events: Vec<Events<'_>> = events.iter().map(|&events| events.into()).collect();
        let f = &self.features;
        profile.check(f)?;
        check_len("histories", self.max_history.len(), events.len())?;
        let names = std::iter::once("history".to_owned());
        let names = names.chain(f.extra_sequences.iter().map(|name| format!("history of `{name}`")));
        for (name, events) in names.zip(&events) {
            events.check(&name, f)?;
        }
        let data = match &self.backend {
            Backend::Factored(factored) => StateData::Factored(factored.state(&events, &profile)),
            Backend::Full(full) => StateData::Full(full.state(&events)),
        };
        Ok(UserState::new(self.fingerprint, profile, data))
    }

    /// [`append_to`](Self::append_to) the first sequence of behaviours.
    ///
    /// # Errors
    /// As [`append_to`](Self::append_to).
    pub fn append<'a>(&self, state: &mut UserState, event: impl Into<Event<'a>>) -> Result<(), ServingError> {
        self.append_to(state, 0, event)
    }

    /// Adds the user's latest event of a sequence, an id for each behaviour feature: one step, whatever the
    /// history.
    ///
    /// Once the window is full, its oldest event leaves it; an extractor's state remembers it, where the work
    /// is split.
    ///
    /// # Errors
    /// There is no such sequence, not one id a behaviour feature, or one has no row in its table; or the
    /// state is of another model. Then the state is as it was.
    pub fn append_to<'a>(
        &self,
        state: &mut UserState,
        sequence: usize,
        event: impl Into<Event<'a>>,
    ) -> Result<(), ServingError> {
        let event = event.into();
        self.check_state(state)?;
        if sequence >= self.max_history.len() {
            let (what, expected) = (format!("sequence {sequence} of behaviours"), self.max_history.len());
            return Err(BatchError::Length { what, expected, found: sequence + 1 }.into());
        }
        event.check(&self.features)?;
        match (&self.backend, &mut state.data) {
            (Backend::Factored(factored), StateData::Factored(data)) => {
                factored.append(data, sequence, event, &state.profile);
            }
            (Backend::Full(full), StateData::Full(data)) => full.append(data, sequence, event),
            _ => unreachable!("checked above"),
        }
        Ok(())
    }

    /// How many events of a sequence a state has in it once another one is appended: of most models at most
    /// the window's [`max_history`](Self::max_history); of one whose recurrence [reads before the
    /// window](Model::reads_before_window), and whose work is not split, all that there were, so that a state
    /// grows as long as it is appended to. 0 if there is no such sequence.
    pub fn events_after_append(&self, state: &UserState, sequence: usize) -> usize {
        let Some(&most) = self.max_history.get(sequence) else { return 0 };
        let events = 1 + match &state.data {
            StateData::Factored(data) => data.windows.get(sequence).map_or(0, |window| window.len),
            StateData::Full(data) => data.events(sequence),
        };
        let keeps_all = matches!(&self.backend, Backend::Full(full) if full.keeps_all());
        if keeps_all { events } else { events.min(most) }
    }

    /// The logit of each candidate. `profile`, if given, stands in for the state's own.
    ///
    /// # Errors
    /// The candidates do not have a list a feature, of one length; or an id has no row in its table, or a
    /// number is not finite; or the state is of another model; or a logit is not finite.
    pub fn logits(
        &self,
        state: &UserState,
        candidates: &Candidates,
        profile: Option<&Profile>,
    ) -> Result<Vec<f32>, ServingError> {
        self.check_state(state)?;
        candidates.check(&self.features)?;
        profile.map_or(Ok(()), |profile| profile.check(&self.features))?;
        let logits = match (&self.backend, &state.data) {
            (Backend::Factored(factored), StateData::Factored(data)) => {
                factored.logits(data, &state.profile, candidates, profile)
            }
            (Backend::Full(full), StateData::Full(data)) => {
                full.logits(data, candidates, profile.unwrap_or(&state.profile))
            }
            _ => unreachable!("checked above"),
        };
        match logits.iter().position(|x| !x.is_finite()) {
            Some(candidate) => Err(ServingError::Logit { candidate, value: logits[candidate] }),
            None => Ok(logits),
        }
    }

    /// That a state is of this model, and still has its shapes.
    fn check_state(&self, state: &UserState) -> Result<(), ServingError> {
        let (expected, found) = (self.fingerprint, state.model);
        if expected != found {
            return Err(ServingError::OtherModel { expected, found });
        }
        state.profile.check(&self.features)?;
        match (&self.backend, &state.data) {
            (Backend::Factored(factored), StateData::Factored(data)) => factored.check(data),
            (Backend::Full(full), StateData::Full(data)) => full.check(data),
            _ => Err(ServingError::State { what: "data of another backend", expected: 0, found: 0 }),
        }
    }
}
