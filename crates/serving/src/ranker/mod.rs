//! Serving a trained run: candidates against one user, in micro- to milliseconds.
//!
//! ```no_run
//! use dien_serving::{Ranker, Record};
//!
//! let ranker = Ranker::load("runs/mine/model.safetensors")?;
//! let history = [Record::item("i1"), Record::item("i5")];
//! let mut state = ranker.user_state(&history, &Record::new())?; // all that depends on the user alone, once
//! let candidates = [Record::item("i9"), Record::item("i13")];
//! println!("{:?}", ranker.score(&state, &candidates)?.probabilities());
//! ranker.append(&mut state, &Record::item("i9"))?; // one step, not the history
//! println!("{:?}", ranker.score(&state, &candidates)?.probabilities());
//! # Ok::<(), dien_serving::Error>(())
//! ```

mod batch;
mod encode;
mod limits;
mod lookup;
mod record;
mod request;
mod request_features;
mod unread;

use std::io::Read;
use std::path::Path;

use dien_model::serving::{self, Event, Events, Fingerprint, Serving};
use dien_model::{Calibration, Features, Registry};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use batch::{Encoded, ItemLabel};
pub use limits::Limits;
pub use record::{Record, Value};
pub use request::Request;
pub use unread::Unread;

use crate::encoding::{DenseEncoder, ItemTable, Repeats, Vocabularies};
use crate::error::Result;
use crate::model_file::ModelFile;
use request_features::RequestFeatures;

/// A trained model that ranks candidates. It is read-only: threads share it.
///
/// Logits are those of the [model's](dien_model::Model) evaluation forward within 1e-5, calibrated if the
/// file says so; a candidate's bits do not depend on the other candidates, nor on the threads.
///
/// A service shares it in an `Arc`, and swaps that when there is a new model:
///
/// ```no_run
/// use std::sync::{Arc, RwLock};
/// use dien_serving::Ranker;
///
/// let model = RwLock::new(Arc::new(Ranker::load("model.safetensors")?));
/// let ranker = model.read().unwrap().clone(); // a request goes on with the one that it began with
/// *model.write().unwrap() = Arc::new(Ranker::load("newer.safetensors")?);
/// # Ok::<(), dien_serving::Error>(())
/// ```
#[derive(Debug)]
pub struct Ranker {
    serving: Serving,
    /// In the order of the model's tables.
    vocabularies: Vocabularies,
    /// What becomes of numbers.
    numbers: Vec<DenseEncoder>,
    /// `None` where the run has none.
    items: Option<ItemTable>,
    /// Those of the multi-hot features that a request has once.
    request_lists: Vec<String>,
    /// By sequence of behaviours; empty where all stay.
    repeats: Vec<Repeats>,
    calibration: Calibration,
    limits: Limits,
}

/// All that depends on a user alone. It belongs to the model that made it.
///
/// It can be kept anywhere by `serde`: it knows its model by a
/// [fingerprint](dien_model::serving::Fingerprint), and another model refuses it with
/// [`ErrorKind::StaleState`](crate::ErrorKind::StaleState).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserState {
    state: serving::UserState,
    unknown: usize,
    /// The lists of the profile, by multi-hot feature; a state of before there were some has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lists: Vec<Vec<u32>>,
}

impl UserState {
    /// How many of the latest events candidates are scored against: at most the model's `max_history`.
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// How many ids of the user's events and profile the vocabularies do not know.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// The model that it is of: its ranker's [`fingerprint`](Ranker::fingerprint).
    pub fn model(&self) -> Fingerprint {
        self.state.model()
    }
}

/// The candidates' scores, in their order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Scores {
    /// The logit of the probability of a click, calibrated if the model file says so.
    pub logits: Vec<f32>,
    /// How many ids of the user, the candidates and the context the vocabularies do not know.
    pub unknown: usize,
}

impl Scores {
    /// Logits, and how many ids the vocabularies do not know.
    pub fn new(logits: Vec<f32>, unknown: usize) -> Self {
        Scores { logits, unknown }
    }

    /// The probabilities of a click.
    pub fn probabilities(&self) -> Vec<f64> {
        self.logits.iter().map(|&x| crate::probability(x)).collect()
    }
}

impl Ranker {
    /// Reads a run's `model.safetensors`: the one file that a service needs.
    ///
    /// # Errors
    /// The file cannot be read, is cut off, or is no model.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::new(ModelFile::load(path.as_ref())?)
    }

    /// Maps the same into memory, for tables that are larger than what a process should hold: see
    /// [`ModelFile::map`]. Scores have the bits that those of a loaded model have.
    ///
    /// ```no_run
    /// # #![allow(unsafe_code)]
    /// use dien_serving::Ranker;
    ///
    /// // SAFETY: models are deployed by renaming; nothing writes into a file that is there.
    /// let ranker = unsafe { Ranker::map("model.safetensors")? };
    /// # Ok::<(), dien_serving::Error>(())
    /// ```
    ///
    /// # Safety
    /// Nothing, in this process or another, changes the file's content or cuts it off while the ranker is
    /// there, as [`ModelFile::map`] has it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[cfg(feature = "mmap")]
    #[allow(unsafe_code)]
    pub unsafe fn map(path: impl AsRef<Path>) -> Result<Self> {
        // SAFETY: what the caller promises is what is asked for.
        Self::new(unsafe { ModelFile::map(path.as_ref())? })
    }

    /// Reads the same from memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::new(ModelFile::from_bytes(bytes)?)
    }

    /// Reads the same to the end of a reader.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_reader(reader: impl Read) -> Result<Self> {
        Self::new(ModelFile::from_reader(reader)?)
    }

    /// Of a model that is read already.
    ///
    /// # Errors
    /// An option of the model is impossible, or the file has not just its parameters.
    pub fn new(model: ModelFile) -> Result<Self> {
        Self::with_registry(model, &Registry::new())
    }

    /// Of a model that is read already, and that may be one of your own.
    ///
    /// ```no_run
    /// use dien_model::Registry;
    /// use dien_serving::Ranker;
    /// use dien_serving::model_file::ModelFile;
    ///
    /// let registry = Registry::new(); // and `.with(...)` the builder of your own
    /// let ranker = Ranker::with_registry(ModelFile::load("model.safetensors".as_ref())?, &registry)?;
    /// # Ok::<(), dien_serving::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new); the registry does not know the model.
    pub fn with_registry(file: ModelFile, registry: &Registry) -> Result<Self> {
        let ModelFile { model: config, features, max_history, vocabularies, numbers, items, .. } = file;
        let ModelFile { params, request_lists, repeats, calibration, .. } = file;
        let (model, params) = params.build(registry, &config, &features)?;
        let description = serde_json::to_string(&config.resolved()).expect("plain fields");
        let serving = Serving::from_model(model, &description, &features, params, &max_history);
        let limits = Limits::default();
        Ok(Ranker { serving, vocabularies, numbers, items, request_lists, repeats, calibration, limits })
    }

    /// The same with other limits of a request.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Ranker { limits, ..self }
    }

    /// How large a request may be.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What becomes of the model's logits, which [`Scores`] have gone through.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The model, for those who have ids already: its logits are not calibrated.
    pub fn serving(&self) -> &Serving {
        &self.serving
    }

    /// Which model it is: files of the same parameters and options have the same fingerprint, whatever their
    /// format.
    pub fn fingerprint(&self) -> Fingerprint {
        self.serving.fingerprint()
    }

    /// The model's features.
    pub fn features(&self) -> &Features {
        self.serving.features()
    }

    /// The lists that a request has once, in its profile or context; the others are each candidate's.
    pub fn request_lists(&self) -> &[String] {
        &self.request_lists
    }

    /// The state of a user with this history, oldest event first, and profile; an extra sequence of
    /// behaviours has no event.
    ///
    /// Its latest `max_history` events are read, as in training and evaluation, without the repeats that
    /// these leave out ([`ModelFile::repeats`]). A profile's field that the
    /// model does not read is passed over; one that it lacks is out of vocabulary (a number: 0).
    ///
    /// # Errors
    /// [`Error::Request`](crate::Error::Request) names the field that is missing, unknown or of another type.
    pub fn user_state(&self, history: &[Record], profile: &Record) -> Result<UserState> {
        self.user_state_of(history, &[], profile)
    }

    /// The state of a user with histories in extra sequences of behaviours, too, each by its sequence's name.
    ///
    /// # Errors
    /// As [`user_state`](Self::user_state); the model has no such sequence.
    pub fn user_state_of(
        &self,
        history: &[Record],
        extra: &[(String, Vec<Record>)],
        profile: &Record,
    ) -> Result<UserState> {
        let mut unknown = 0;
        let histories = self.histories_of(history, extra)?;
        let (events, mut bags) = (histories.iter().enumerate(), self.no_bags());
        let events =
            events.map(|(i, (place, events))| Ok(self.events(i, place, events, &mut bags, &mut unknown)?.0));
        let ids = events.collect::<Result<Vec<_>>>()?;
        let events: Vec<Events<'_>> = ids.iter().map(|ids| Events::new(ids, &bags)).collect();
        let nothing = RequestFeatures::unknown(self.features());
        let RequestFeatures { profile, lists } = self.given(profile, "profile", nothing, &mut unknown)?;
        Ok(UserState { state: self.serving.user_state_of(&events, profile)?, unknown, lists })
    }

    /// Every sequence's history, the first one first, and what a message calls it.
    fn histories_of<'a>(
        &self,
        history: &'a [Record],
        extra: &'a [(String, Vec<Record>)],
    ) -> Result<Vec<(String, &'a [Record])>> {
        let sequences = 1 + self.features().extra_sequences.len();
        let mut histories: Vec<(String, &[Record])> =
            (0..sequences).map(|i| (self.place(i), &[][..])).collect();
        histories[0].1 = history;
        for (name, history) in extra {
            histories[self.sequence(name, &"histories")?].1 = history;
        }
        for (place, history) in &histories {
            self.limits.check_history(place, history.len())?;
        }
        Ok(histories)
    }

    /// What a message calls a sequence's history.
    fn place(&self, sequence: usize) -> String {
        let extra = sequence.checked_sub(1).and_then(|i| self.features().extra_sequences.get(i));
        extra.map_or_else(|| "history".to_owned(), |name| format!("histories.{name}"))
    }

    /// Adds the user's latest event: one step. Once `max_history` events are in the window the oldest leaves
    /// it, but the extractor's state, which has read it, goes on. A state of `gru-attention`, whose
    /// recurrence reads before the window, keeps every event. A repeat is an event like others here.
    ///
    /// # Errors
    /// As [`user_state`](Self::user_state); [`TooMany`](crate::ErrorKind::TooMany) if the state would then
    /// have more events of the sequence than [`Limits::history`]: make it anew from the user's latest ones.
    /// The state is as it was.
    pub fn append(&self, state: &mut UserState, event: &Record) -> Result<()> {
        self.append_in(state, 0, event)
    }

    /// [`append`](Self::append) to an extra sequence of behaviours.
    ///
    /// # Errors
    /// As [`append`](Self::append); the model has no such sequence.
    pub fn append_to(&self, state: &mut UserState, sequence: &str, event: &Record) -> Result<()> {
        let sequence = self.sequence(sequence, &"sequence")?;
        self.append_in(state, sequence, event)
    }

    fn append_in(&self, state: &mut UserState, sequence: usize, event: &Record) -> Result<()> {
        let mut unknown = 0;
        let events = self.serving.events_after_append(&state.state, sequence);
        self.limits.check_history(&self.place(sequence), events)?;
        let (ids, bags) = self.event(event, &mut unknown)?;
        self.serving.append_to(&mut state.state, sequence, Event::new(&ids, &bags))?;
        state.unknown += unknown;
        Ok(())
    }

    /// Scores candidates: only what depends on them is computed.
    ///
    /// # Errors
    /// As [`user_state`](Self::user_state); [`Error::Score`](crate::Error::Score) if a score is not finite.
    pub fn score(&self, state: &UserState, candidates: &[Record]) -> Result<Scores> {
        self.score_in(state, candidates, &Record::new())
    }

    /// Scores candidates at a moment: the context's fields stand over the profile's.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn score_in(&self, state: &UserState, candidates: &[Record], context: &Record) -> Result<Scores> {
        let mut unknown = state.unknown;
        let own = state.state.profile();
        let given = RequestFeatures { profile: own.clone(), lists: state.lists.clone() };
        let RequestFeatures { profile, lists } = self.given(context, "context", given, &mut unknown)?;
        let candidates = self.candidates(candidates, &lists, self.no_bags(), &mut unknown)?;
        let other = (profile != *own).then_some(&profile);
        let mut logits = self.serving.logits(&state.state, &candidates, other)?;
        logits.iter_mut().for_each(|logit| *logit = self.calibration.apply(*logit));
        Ok(Scores { logits, unknown })
    }

    /// Scores the candidates of many users in one call, in parallel: an answer for each, in their order. Each
    /// has the bits that [`score`](Self::score) gives it.
    ///
    /// ```no_run
    /// use dien_serving::{Ranker, Record};
    ///
    /// let ranker = Ranker::load("model.safetensors")?;
    /// let users = [vec![Record::item("i1")], vec![Record::item("i5"), Record::item("i7")]];
    /// let states = users.iter().map(|history| ranker.user_state(history, &Record::new()));
    /// let states = states.collect::<Result<Vec<_>, _>>()?;
    /// let candidates = [Record::item("i9"), Record::item("i13")];
    /// let asked: Vec<_> = states.iter().map(|state| (state, &candidates[..])).collect();
    /// for answer in ranker.score_many(&asked) {
    ///     println!("{:?}", answer?.probabilities());
    /// }
    /// # Ok::<(), dien_serving::Error>(())
    /// ```
    pub fn score_many(&self, asked: &[(&UserState, &[Record])]) -> Vec<Result<Scores>> {
        asked.par_iter().map(|(state, candidates)| self.score(state, candidates)).collect()
    }

    /// Answers a request: state and score at once.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn rank(&self, request: &Request) -> Result<Scores> {
        self.limits.check_candidates(request.candidates.len())?;
        let state = self.user_state_of(&request.history, &request.histories, &request.profile)?;
        self.score_in(&state, &request.candidates, &request.context)
    }
}
