//! One user against 200 candidates.

use std::hint::black_box;

use dien_model::build;
use dien_model::serving::{Candidates, Profile, Serving};
use dien_tensor::ParamStore;

use super::Run;
use super::step::{Configuration, features, pairs};

const HISTORY: usize = 12;

/// From ids in memory to logits, the user's state included.
pub fn rank(configuration: Configuration) -> Run {
    let (config, features) = (configuration.config(), features());
    let mut params = ParamStore::<f32>::new();
    build(&config, &features, &mut params, 1).expect("possible options");
    let serving = Serving::new(&config, &features, params, &[HISTORY]).expect("possible options");
    let (history, candidates) = (pairs(HISTORY), Candidates::new(pairs(200)));
    Box::new(move || {
        let profile = Profile::new(vec![1], vec![]);
        let state = serving.user_state(&history, profile).expect("ids of the features");
        black_box(serving.logits(&state, &candidates, None)).expect("finite logits");
    })
}
