//! Why a candidate has its score: which past behaviours moved it, and how the interest evolved.
//!
//! ```no_run
//! use dien::explain::Explainer;
//! use dien::prelude::*;
//!
//! let explainer = Explainer::from_run(&Run::open("runs/mine")?)?;
//! let request = r#"{"history": [{"item": "i1"}, {"item": "i5"}], "candidates": [{"item": "i9"}]}"#;
//! let explanation = explainer.explain(&Request::from_json(request)?)?;
//! for event in &explanation.sequences[0].events {
//!     println!("{}: {:?} {:+.4}", event.item.name, event.attention, event.change);
//! }
//! # #[cfg(feature = "pages")]
//! std::fs::write("why.html", explanation.html("i9 for a user of two clicks")).unwrap();
//! # Ok::<(), dien::Error>(())
//! ```

#[cfg(feature = "pages")]
mod html;
mod leave_out;
mod projection;
mod table;
mod trajectory;
mod user;

use dien_model::config::AttentionNorm;
use dien_model::{CellKind, ModelConfig, Registry};
use dien_serving::{ErrorKind, Ranker, Request, Unread, probability};
use serde::Serialize;

pub use dien_serving::ranker::ItemLabel;
pub use user::request;

use self::trajectory::Trajectories;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::scorer::Scorer;

/// How many candidates' trajectories are shown side by side.
const CANDIDATES: usize = 3;

/// A trained model that explains its scores.
#[derive(Debug)]
pub struct Explainer {
    ranker: Ranker,
    scorer: Scorer,
    model: ModelConfig,
}

/// Why a candidate has its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The model.
    pub model: String,
    /// The evolution cell, where the model has one.
    pub cell: Option<CellKind>,
    /// What makes attention of scores, where the model has one.
    pub attention_norm: Option<AttentionNorm>,
    /// The candidates: the one that is explained, and up to two others to see beside it.
    pub candidates: Vec<Candidate>,
    /// What the user did, by sequence of behaviours.
    pub sequences: Vec<SequenceExplanation>,
    /// How many ids of the request the vocabularies do not know.
    pub unknown: usize,
}

/// A candidate and its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// What it is called.
    pub item: ItemLabel,
    /// The logit of the probability of a click.
    pub logit: f32,
    /// The probability of a click.
    pub probability: f64,
}

/// A sequence of behaviours.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SequenceExplanation {
    /// Its name; the first sequence has none.
    pub name: Option<String>,
    /// The events that the model reads, oldest first.
    pub events: Vec<Event>,
    /// How many events were before them, which the model does not read.
    pub earlier: usize,
    /// Each candidate's trajectory of the interest, the one that is explained first, in one plane: the state
    /// after each event, the zero state before the first one included. `None` where the model has no
    /// evolution.
    pub trajectories: Option<Vec<Vec<[f64; 2]>>>,
    /// The shares of the states' variance along the plane's two axes.
    pub shares: [f64; 2],
}

/// A past behaviour, and what it did to the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// What it is called.
    pub item: ItemLabel,
    /// Its attention; by softmax those of a sequence sum to 1. `None` where the model has none.
    pub attention: Option<f32>,
    /// The update gate after attention, its mean over the units: how much of the interest it replaced, from 0
    /// to 1. `None` where the model has no evolution.
    pub update: Option<f32>,
    /// The interest after it, `[hidden]`.
    pub state: Option<Vec<f32>>,
    /// The logit without it.
    pub logit_without: f32,
    /// The logit without it less the logit: below 0 where the event raises the score.
    pub change: f32,
}

impl Explainer {
    /// The best model of a run.
    ///
    /// # Errors
    /// As [`Run::ranker`].
    pub fn from_run(run: &Run) -> Result<Self> {
        Self::from_run_with(run, &Registry::new())
    }

    /// The best model of a run, which may be one of your own.
    ///
    /// # Errors
    /// As [`Run::ranker_with`].
    pub fn from_run_with(run: &Run, registry: &Registry) -> Result<Self> {
        let mut file = run.model_file()?;
        // Both read the same numbers.
        file.params = file.params.shared();
        let (model, params) = file.params.clone().build(registry, &file.model, &file.features)?;
        let scorer = Scorer::new(model, &file.features, params);
        let model = file.model.clone();
        Ok(Explainer { ranker: Ranker::with_registry(file, registry)?, scorer, model })
    }

    /// The request that asks for a user's score in a log, as the row of the log has it
    /// ([`Dataset::user_request`](dien_data::Dataset::user_request)). An item that the user has no
    /// row of is scored against what the user's latest row looks back on, whose own item is there to be seen
    /// beside it.
    ///
    /// # Errors
    /// The log has no such user, or its rows name none, or it is behaviours, of which [`request`] makes one.
    /// The message names the program's option.
    pub fn request_of_row(
        &self,
        log: &dien_data::Dataset,
        user: &str,
        candidate: Option<&str>,
    ) -> Result<Request> {
        user::request_of_row(log, self.ranker.request_lists(), user, candidate)
    }

    /// The fields of a request's profile and context that the model does not read there.
    pub fn unread(&self, request: &Request) -> Vec<Unread> {
        self.ranker.unread(request)
    }

    /// Explains the score of the request's first candidate; the next two are there to be seen beside it.
    ///
    /// # Errors
    /// The request has no candidate; an attention or a gate is not finite; as [`Ranker::rank`].
    pub fn explain(&self, request: &Request) -> Result<Explanation> {
        if request.candidates.is_empty() {
            let field = "candidates".into();
            let expected = "at least one: the first is explained".into();
            let found = "an empty list".into();
            return Err(
                dien_serving::Error::Request { kind: ErrorKind::OutOfRange, field, found, expected }.into()
            );
        }
        let mut request = request.clone();
        request.candidates.truncate(CANDIDATES);
        let encoded = self.ranker.encoded(&request)?;
        let logits = self.scorer.logits(&encoded.batch)?;
        let traces = self.scorer.trace(&encoded.batch)?;
        let (lacks, mut left_out) = (leave_out::each(&encoded.batch), vec![]);
        for part in leave_out::parts(&lacks) {
            left_out.extend(self.scorer.logits(&leave_out::without(&encoded.batch, part))?);
        }
        let mut left_out = left_out.into_iter().zip(lacks);
        let names =
            std::iter::once(None).chain(self.ranker.features().extra_sequences.iter().cloned().map(Some));
        let given = |name: &Option<String>| match name {
            None => request.history.len(),
            Some(name) => request.histories.iter().rev().find(|(n, _)| n == name).map_or(0, |(_, h)| h.len()),
        };
        let mut sequences = vec![];
        for (place, (name, items)) in names.zip(encoded.events).enumerate() {
            let trajectories = Trajectories::new(traces.as_deref(), place);
            let trace = traces.as_ref().map(|traces| &traces[0].sequences[place]);
            let earlier = given(&name) - items.len();
            let event = |(i, item)| {
                let (logit, lacks) = left_out.next().expect("one an event");
                debug_assert_eq!((lacks.sequence, lacks.event), (place, i));
                let evolution = trace.and_then(|r| r.evolution.as_ref());
                Event {
                    item,
                    attention: trace.and_then(|r| r.attention.as_ref()).map(|a| a[i]),
                    update: evolution.map(|path| path.update[i]),
                    state: evolution.map(|path| path.states[i].clone()),
                    logit_without: logit,
                    change: logit - logits[0],
                }
            };
            let events: Vec<Event> = items.into_iter().enumerate().map(event).collect();
            events.iter().enumerate().try_for_each(|(i, event)| event.check(i))?;
            let Trajectories { points, shares } = trajectories;
            sequences.push(SequenceExplanation { name, events, earlier, trajectories: points, shares });
        }
        let attends =
            sequences.iter().flat_map(|sequence| &sequence.events).any(|event| event.attention.is_some());
        let candidate = |(item, logit)| Candidate { item, logit, probability: probability(logit) };
        Ok(Explanation {
            model: self.model.name().to_owned(),
            cell: (self.model.custom.is_none() && self.model.evolves()).then(|| self.model.cell()),
            attention_norm: attends.then_some(self.model.attention_norm),
            candidates: encoded.candidates.into_iter().zip(logits).map(candidate).collect(),
            sequences,
            unknown: encoded.unknown,
        })
    }
}

impl Event {
    fn check(&self, event: usize) -> Result<()> {
        let values = [
            ("attention", self.attention),
            ("update gate", self.update),
            ("change of the logit", Some(self.change)),
        ];
        match values.into_iter().find_map(|(what, x)| Some((what, x.filter(|x| !x.is_finite())?))) {
            Some((what, value)) => Err(Error::Explanation { event, what, value }),
            None => Ok(()),
        }
    }
}

impl SequenceExplanation {
    /// The largest of what events have, which is finite.
    fn most(&self, of: impl Fn(&Event) -> f32) -> f32 {
        let values = self.events.iter().map(of);
        values.inspect(|x| assert!(x.is_finite(), "an explanation with {x}")).fold(0.0, f32::max)
    }

    /// How many decimals tell three digits of the largest change; at least three.
    fn decimals(&self) -> usize {
        let most = self.most(|event| event.change.abs());
        if most > 0.0 { (2.0 - most.log10().floor()).clamp(3.0, 8.0) as usize } else { 4 }
    }
}

impl Explanation {
    /// What the model has nothing to say of, if there is something.
    pub fn missing(&self) -> Option<&'static str> {
        let events = self.sequences.iter().flat_map(|sequence| &sequence.events);
        let (attends, evolves) = match events.map(|e| (e.attention.is_some(), e.update.is_some())).next() {
            Some(has) => has,
            None => return Some("no past behaviour to look back on"),
        };
        match (attends, evolves) {
            (true, true) => None,
            (true, false) => {
                Some("this model has an attention, but no evolution of interests: no gates, no path")
            }
            (false, true) => Some("this model's cell takes no attention"),
            (false, false) => {
                Some("this model has neither attention nor evolution: only what leaving an event out changes")
            }
        }
    }
}
