//! One user against many candidates.

use std::hint::black_box;

use dien_model::build;
use dien_model::serving::{Candidates, Profile, Serving};
use dien_tensor::ParamStore;

use super::configuration::Configuration;
use super::inputs;

pub(super) const HISTORY: usize = 100;
pub(super) const HIDDEN: usize = 36;

/// A packed model, a user's behaviours, and candidates.
pub(super) struct Ranking {
    configuration: Configuration,
    serving: Serving,
    history: Vec<Vec<u32>>,
    profile: Profile,
    candidates: Candidates,
}

impl Ranking {
    pub fn new(configuration: Configuration, candidates: usize) -> Self {
        let (config, features) = (configuration.config(), inputs::features());
        let mut params = ParamStore::new();
        build(&config, &features, &mut params, 1).expect("possible options");
        let serving = Serving::new(&config, &features, params, &[HISTORY]).expect("possible options");
        let mut rng = inputs::rng(2018);
        let history = inputs::pairs(HISTORY, &mut rng);
        let candidates = Candidates::new(inputs::pairs(candidates, &mut rng));
        Ranking { configuration, serving, history, profile: Profile::new(vec![1], vec![]), candidates }
    }

    /// Flops of the user's state, of each event with each candidate, and of the candidates' heads.
    pub fn flops(&self) -> f64 {
        let (events, candidates) = (HISTORY as f64, self.candidates.len() as f64);
        let (event, pair, head) = self.configuration.ranking();
        events * event + events * candidates * pair + candidates * head
    }

    /// From ids to logits, the user's state included.
    pub fn run(&self) {
        let state =
            self.serving.user_state(&self.history, self.profile.clone()).expect("ids of the features");
        black_box(self.serving.logits(&state, &self.candidates, None)).expect("finite logits");
    }
}
