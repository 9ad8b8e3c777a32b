//! What a service is given is refused with a kind, never with a panic; a state is of one model, and can be
//! kept.

use crate::common::{features, features_in_sequences};
use dien_model::serving::{Candidates, ErrorKind, Fingerprint, Profile, Serving, ServingError, UserState};
use dien_model::{Features, Jagged, ModelConfig, ModelKind, build};
use dien_tensor::ParamStore;

const CAP: usize = 5;

/// One that freezes with every part, one that does not, and one that remembers.
const KINDS: [ModelKind; 3] = [ModelKind::Dien, ModelKind::Din, ModelKind::GruAttention];

fn config(kind: ModelKind) -> ModelConfig {
    let mut config = ModelConfig::new(kind).with_hidden(5).with_head_layers([7]);
    config.attention = Some(dien_model::config::AttentionKind::Unit);
    config
}

fn params(config: &ModelConfig, features: &Features, seed: u64) -> ParamStore<f32> {
    let mut params = ParamStore::new();
    build(config, features, &mut params, seed).unwrap();
    params
}

fn serving_of(kind: ModelKind, features: &Features, seed: u64) -> Serving {
    let config = config(kind);
    let windows = vec![CAP; 1 + features.extra_sequences.len()];
    Serving::new(&config, features, params(&config, features, seed), &windows).unwrap()
}

fn serving(kind: ModelKind, seed: u64) -> Serving {
    serving_of(kind, &features(), seed)
}

fn history(events: usize) -> Vec<Vec<u32>> {
    [12, 5, 12].map(|rows| (0..events as u32).map(|i| (i * 7 + 1) % rows).collect()).into()
}

fn profile() -> Profile {
    Profile::new(vec![2, 0], vec![0.7, -0.4])
}

fn candidates() -> Candidates {
    let ids = vec![vec![1, 11], vec![0, 4], vec![3, 2]];
    Candidates::new(ids).with_multi_hot(vec![Jagged { offsets: vec![0, 2, 2], ids: vec![1, 3] }])
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(found: Result<T, ServingError>, kind: ErrorKind, message: &str) {
    let error = found.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
}

#[test]
fn histories_and_profiles_are_checked() {
    for kind in KINDS {
        let serving = serving(kind, 1);
        let mut ids = history(3);
        ids[1][2] = 5;
        let expected = "history `category`: id 5 at position 2 is beyond the table `category` of 5 rows";
        assert_refused(serving.user_state(&ids, profile()), ErrorKind::UnknownRow, expected);
        ids[1].pop();
        let expected = "history `category`: expected 3 entries, found 2";
        assert_refused(serving.user_state(&ids, profile()), ErrorKind::Count, expected);
        let expected = "history features: expected 3 entries, found 0";
        assert_refused(serving.user_state(&[], profile()), ErrorKind::Count, expected);
        let expected = "histories: expected 1 entries, found 2";
        let two = [&history(1)[..], &history(2)[..]];
        assert_refused(serving.user_state_of(&two, profile()), ErrorKind::Count, expected);

        let with = |sparse: &[u32], dense: &[f32]| {
            let profile = Profile::new(sparse.to_vec(), dense.to_vec());
            serving.user_state(&history(2), profile)
        };
        let expected = "profile features: expected 2 entries, found 1";
        assert_refused(with(&[1], &[0.0; 2]), ErrorKind::Count, expected);
        let expected = "profile `hour`: id 3 at position 0 is beyond the table `hour` of 3 rows";
        assert_refused(with(&[1, 3], &[0.0; 2]), ErrorKind::UnknownRow, expected);
        let expected = "profile's dense features: expected 2 entries, found 3";
        assert_refused(with(&[1, 2], &[0.0; 3]), ErrorKind::Count, expected);
        let expected = "profile `age`: found NaN; expected a finite number";
        assert_refused(with(&[1, 2], &[0.0, f32::NAN]), ErrorKind::InputNotFinite, expected);
    }
}

#[test]
fn events_and_candidates_are_checked() {
    for kind in KINDS {
        let serving = serving(kind, 1);
        let mut state = serving.user_state(&history(3), profile()).unwrap();
        let before = serving.logits(&state, &candidates(), None).unwrap();
        let expected = "event `item`: id 12 at position 0 is beyond the table `item` of 12 rows";
        assert_refused(serving.append(&mut state, &[12, 1, 1]), ErrorKind::UnknownRow, expected);
        let expected = "event features: expected 3 entries, found 1";
        assert_refused(serving.append(&mut state, &[1]), ErrorKind::Count, expected);
        let expected = "sequence 1 of behaviours: expected 1 entries, found 2";
        assert_refused(serving.append_to(&mut state, 1, &[1, 1, 1]), ErrorKind::Count, expected);
        assert_eq!(serving.logits(&state, &candidates(), None).unwrap(), before, "the state is as it was");

        let of = |change: &dyn Fn(&mut Candidates)| {
            let mut candidates = candidates();
            change(&mut candidates);
            serving.logits(&state, &candidates, None)
        };
        let expected = "candidate `category`: id 9 at position 1 is beyond the table `category` of 5 rows";
        assert_refused(of(&|c| c.ids[1][1] = 9), ErrorKind::UnknownRow, expected);
        let expected = "candidate `category`: expected 2 entries, found 1";
        assert_refused(of(&|c| c.ids[1].truncate(1)), ErrorKind::Count, expected);
        let expected = "multi-hot features: expected 1 entries, found 0";
        assert_refused(of(&|c| c.multi_hot.clear()), ErrorKind::Count, expected);
        let expected = "multi-hot `genres`: expected 2 entries, found 1";
        assert_refused(of(&|c| c.multi_hot[0].offsets.truncate(2)), ErrorKind::Count, expected);
        let expected = "multi-hot `genres`: offsets must start at 0 and not decrease; entry 2 is 1";
        assert_refused(of(&|c| c.multi_hot[0].offsets[2] = 1), ErrorKind::Count, expected);
        let expected = "multi-hot `genres`: id 4 at position 0 is beyond the table `genre` of 4 rows";
        assert_refused(of(&|c| c.multi_hot[0].ids[0] = 4), ErrorKind::UnknownRow, expected);
        let other = Profile::new(vec![9, 9], vec![0.0; 2]);
        let expected = "profile `user`: id 9 at position 0 is beyond the table `user` of 4 rows";
        let found = serving.logits(&state, &candidates(), Some(&other));
        assert_refused(found, ErrorKind::UnknownRow, expected);
    }
}

#[test]
fn logits_that_are_not_finite_are_no_scores() {
    for kind in KINDS {
        let config = config(kind);
        let mut broken = params(&config, &features(), 1);
        let id = broken.id("head.1.bias").unwrap();
        broken.data_mut(id)[0] = f32::NAN;
        let serving = Serving::new(&config, &features(), broken, &[CAP]).unwrap();
        let state = serving.user_state(&history(3), profile()).unwrap();
        let error = serving.logits(&state, &candidates(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LogitNotFinite, "{error}");
    }
}

#[test]
fn a_state_is_of_one_model() {
    for kind in KINDS {
        let (own, same) = (serving(kind, 1), serving(kind, 1));
        let mut state = own.user_state(&history(3), profile()).unwrap();
        assert_eq!((state.model(), own.fingerprint()), (own.fingerprint(), same.fingerprint()));
        assert!(same.logits(&state, &candidates(), None).is_ok(), "the same model, read twice");
        let changed = {
            let config = config(kind);
            let mut params = params(&config, &features(), 1);
            let id = params.id("embedding.item").unwrap();
            // A weight of nothing that is scored here, by one bit.
            let last = params.data_mut(id).last_mut().unwrap();
            *last = f32::from_bits(last.to_bits() ^ 1);
            Serving::new(&config, &features(), params, &[CAP]).unwrap()
        };
        let other_option = {
            let pooling = dien_model::config::PoolingKind::Sum;
            let config = config(kind).with_pooling(pooling);
            Serving::new(&config, &features(), params(&config, &features(), 1), &[CAP]).unwrap()
        };
        let other_kind = serving(if kind == ModelKind::Dien { ModelKind::Base } else { ModelKind::Dien }, 1);
        for other in [changed, other_option, other_kind, serving(kind, 2)] {
            let error = other.logits(&state, &candidates(), None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OtherModel, "{error}");
            let error = other.append(&mut state, &[1, 1, 1]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OtherModel, "{error}");
        }
    }
}

#[test]
fn a_state_that_was_kept_gives_the_same_bits() {
    for &kind in ModelKind::ALL {
        let serving = serving_of(kind, &features_in_sequences(), 1);
        let (clicked, bought) = (history(3), history(CAP + 2));
        let none = history(0);
        let mut state = serving.user_state_of(&[&clicked, &bought, &none], profile()).unwrap();
        // Past the window's end, so that the ring is turned.
        for i in 0..4 {
            serving.append(&mut state, &[i, i, i]).unwrap();
        }
        let text = serde_json::to_string(&state).unwrap();
        let mut read: UserState = serde_json::from_str(&text).unwrap();
        assert_eq!((read.len(), read.profile()), (CAP, state.profile()), "{kind:?}");
        let logits = serving.logits(&state, &candidates(), None).unwrap();
        assert_eq!(serving.logits(&read, &candidates(), None).unwrap(), logits, "{kind:?}");
        let other = Profile::new(vec![1, 1], vec![0.1, 0.2]);
        let logits = serving.logits(&state, &candidates(), Some(&other)).unwrap();
        assert_eq!(serving.logits(&read, &candidates(), Some(&other)).unwrap(), logits, "{kind:?}");
        for state in [&mut state, &mut read] {
            serving.append_to(state, 2, &[3, 3, 3]).unwrap();
        }
        let logits = serving.logits(&state, &candidates(), None).unwrap();
        assert_eq!(serving.logits(&read, &candidates(), None).unwrap(), logits, "{kind:?}: appended");
    }
}

/// Every change of a kept state's numbers of elements is an error, none a panic.
#[test]
fn a_state_that_was_changed_is_refused() {
    use serde_json::Value;

    /// The paths of all arrays and whole numbers.
    fn paths(value: &Value, path: &str, to: &mut Vec<String>) {
        match value {
            Value::Array(of) => {
                to.push(path.to_owned());
                of.iter().enumerate().take(2).for_each(|(i, v)| paths(v, &format!("{path}/{i}"), to));
            }
            Value::Object(of) => of.iter().for_each(|(name, v)| paths(v, &format!("{path}/{name}"), to)),
            Value::Number(n) if n.is_u64() => to.push(path.to_owned()),
            _ => {}
        }
    }
    for kind in KINDS {
        let serving = serving(kind, 1);
        let mut state = serving.user_state(&history(CAP), profile()).unwrap();
        serving.append(&mut state, &[1, 1, 1]).unwrap();
        let whole = serde_json::to_value(&state).unwrap();
        let mut all = vec![];
        paths(&whole, "", &mut all);
        assert!(all.len() > 5, "{all:?}");
        for path in all {
            for add in [true, false] {
                let mut changed = whole.clone();
                let at = changed.pointer_mut(&path).unwrap();
                match at {
                    Value::Array(of) if add => of.push(of.first().cloned().unwrap_or(Value::from(1))),
                    Value::Array(of) => drop(of.pop()),
                    // No id, length or format is as great as this.
                    number => *number = Value::from(if add { 1_000_000 } else { 999 }),
                }
                if changed == whole {
                    continue;
                }
                let Ok(mut read) = serde_json::from_value::<UserState>(changed) else { continue };
                let scored = serving.logits(&read, &candidates(), None);
                assert!(scored.is_err(), "{kind:?}: {path}: {scored:?}");
                assert!(serving.append(&mut read, &[1, 1, 1]).is_err(), "{kind:?}: {path}");
            }
        }
    }
    let state = serving(ModelKind::Base, 1).user_state(&history(1), profile()).unwrap();
    let mut newer = serde_json::to_value(&state).unwrap();
    newer["format"] = Value::from(2);
    let error = serde_json::from_value::<UserState>(newer).unwrap_err().to_string();
    assert_eq!(error, "a user state of format 2; this version of dien reads 1");
}

#[test]
fn fingerprints_are_read_as_they_are_written() {
    let fingerprint = serving(ModelKind::Base, 1).fingerprint();
    assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    assert!("12".parse::<Fingerprint>().unwrap_err().contains("32 hexadecimal digits"));
    assert!("+f2345678901234567890123456789012".parse::<Fingerprint>().is_err());
}

#[test]
fn embeddings_are_rows_of_the_tables() {
    for &kind in ModelKind::ALL {
        let serving = serving(kind, 3);
        let params = params(&config(kind), &features(), 3);
        let table = params.data(params.id("embedding.category").unwrap());
        assert_eq!(serving.embedding(1, 4), Some(&table[8..10]), "{kind:?}");
        assert_eq!((serving.embedding(1, 5), serving.embedding(9, 0)), (None, None), "{kind:?}");
    }
}
