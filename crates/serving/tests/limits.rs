//! A request that is too large is refused, with the limit and what it has.

use std::path::Path;

use dien_model::{Features, ModelConfig, ModelKind, build};
use dien_serving::encoding::{Vocabularies, Vocabulary};
use dien_serving::model_file::{self, Description};
use dien_serving::{Error, ErrorKind, Limits, Ranker, Record, Request};
use dien_tensor::ParamStore;

fn ranker() -> Ranker {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-0/behaviours.safetensors");
    Ranker::load(path).unwrap()
}

/// A model that is not trained, of 50 items `i0` to `i49`, with two sequences of behaviours, that reads the
/// latest three events of each.
fn untrained(kind: ModelKind) -> Ranker {
    let features = Features::item_category(51, 2, 4).with_extra_sequences(vec!["bought".into()]);
    let (config, mut params) = (ModelConfig::new(kind).with_hidden(4), ParamStore::new());
    build(&config, &features, &mut params, 1).unwrap();
    let tokens = (0..50).map(|i| format!("i{i}"));
    let vocabularies = Vocabularies::from_parts(vec![
        ("item".into(), Vocabulary::from_tokens(tokens).unwrap()),
        ("category".into(), Vocabulary::from_tokens(["c"]).unwrap()),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let description = Description::new(&config, &features, &[3, 3], &vocabularies);
    model_file::stage(&path, &params, 0, &description).unwrap().commit().unwrap();
    Ranker::load(path).unwrap()
}

fn events(n: usize) -> Vec<Record> {
    items(n).into_iter().map(|item| item.with("category", "c")).collect()
}

fn items(n: usize) -> Vec<Record> {
    (0..n).map(|i| Record::item(format!("i{i}"))).collect()
}

#[test]
fn too_many_candidates_or_events_are_refused() {
    let ranker = ranker().with_limits(Limits::default().with_candidates(2).with_history(3));
    assert_eq!((ranker.limits().candidates, ranker.limits().history), (2, 3));
    let logits = ranker.rank(&Request::new(items(3), items(2))).unwrap().logits;
    assert!(logits.len() == 2 && logits.iter().all(|x| x.is_finite()), "{logits:?}");
    let refused = |history, candidates| {
        let error = ranker.rank(&Request::new(items(history), items(candidates))).unwrap_err();
        assert_eq!((error.kind(), error.kind().is_callers()), (ErrorKind::TooMany, true));
        error.to_string()
    };
    let expected = "request: `candidates`: found 3 entries; expected at most 2 (`Limits::candidates`)";
    assert_eq!(refused(3, 3), expected);
    assert_eq!(refused(4, 2), "request: `history`: found 4 entries; expected at most 3 (`Limits::history`)");
    assert_eq!(refused(4, 3), expected, "the candidates are counted first");
    let state = ranker.user_state(&items(3), &Record::new()).unwrap();
    assert_eq!(ranker.score(&state, &items(3)).unwrap_err().kind(), ErrorKind::TooMany);
    assert_eq!(ranker.encoded(&Request::new(items(1), items(3))).unwrap_err().kind(), ErrorKind::TooMany);
    assert_eq!(
        ranker.score_many(&[(&state, &items(3)[..])])[0].as_ref().unwrap_err().kind(),
        ErrorKind::TooMany
    );
}

/// What is wrong with an event is only seen when it is looked up.
#[test]
fn nothing_is_looked_up_for_a_request_that_is_too_large() {
    let ranker = ranker().with_limits(Limits::default().with_candidates(2).with_history(3));
    let broken = |n| vec![Record::new().with("colour", "red"); n];
    let kinds = |request: &Request| {
        let ranked = ranker.rank(request).unwrap_err().kind();
        assert_eq!(ranker.encoded(request).unwrap_err().kind(), ranked);
        ranked
    };
    assert_eq!(kinds(&Request::new(broken(3), items(2))), ErrorKind::UnknownField);
    assert_eq!(kinds(&Request::new(broken(3), items(3))), ErrorKind::TooMany);
    assert_eq!(kinds(&Request::new(broken(4), items(2))), ErrorKind::TooMany);
    assert_eq!(kinds(&Request::new(items(3), broken(3))), ErrorKind::TooMany);
}

#[test]
fn every_sequence_of_behaviours_has_the_limit() {
    let ranker = untrained(ModelKind::Dien).with_limits(Limits::default().with_history(4));
    let asked = |n| Request::new(events(4), events(2)).with_histories(vec![("bought".into(), events(n))]);
    let logits = ranker.rank(&asked(4)).unwrap().logits;
    assert!(logits.len() == 2 && logits.iter().all(|x| x.is_finite()), "{logits:?}");
    let message = ranker.rank(&asked(5)).unwrap_err().to_string();
    let expected = "request: `histories.bought`: found 5 entries; expected at most 4 (`Limits::history`)";
    assert_eq!(message, expected);
}

/// The recurrence of `gru-attention` has read what is before the window, so that a state keeps it.
#[test]
fn a_state_does_not_grow_beyond_the_limit() {
    let of = |kind| untrained(kind).with_limits(Limits::default().with_history(5));
    for (kind, refused) in
        [(ModelKind::GruAttention, true), (ModelKind::Din, false), (ModelKind::Dien, false)]
    {
        let ranker = of(kind);
        let mut state = ranker.user_state(&events(3), &Record::new()).unwrap();
        for event in events(2) {
            ranker.append(&mut state, &event).unwrap();
            ranker.append_to(&mut state, "bought", &event).unwrap();
        }
        let before = serde_json::to_value(&state).unwrap();
        let appended = ranker.append(&mut state, &events(1)[0]);
        let Err(error) = appended else {
            assert!(!refused, "{kind:?}");
            continue;
        };
        assert!(refused, "{kind:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::TooMany);
        let expected = "request: `history`: found 6 entries; expected at most 5 (`Limits::history`)";
        assert_eq!(error.to_string(), expected);
        assert_eq!(serde_json::to_value(&state).unwrap(), before);
        for event in events(3) {
            ranker.append_to(&mut state, "bought", &event).unwrap();
        }
        let error = ranker.append_to(&mut state, "bought", &events(1)[0]).unwrap_err().to_string();
        assert!(error.starts_with("request: `histories.bought`: found 6 entries"), "{error}");
        let logits = ranker.score(&state, &events(2)).unwrap().logits;
        assert!(logits.iter().all(|x| x.is_finite()), "{logits:?}");
    }
}

/// Every way to a state counts the events of every sequence, and the one to a batch, too.
#[test]
fn no_way_to_a_state_is_without_the_limit() {
    let ranker = untrained(ModelKind::Dien).with_limits(Limits::default().with_history(4));
    let (nobody, bought) = (Record::new(), |n| vec![("bought".to_owned(), events(n))]);
    assert_eq!(ranker.user_state(&events(4), &nobody).unwrap().len(), 3, "the latest three are read");
    let is_refused = |field: &str, error: Error| {
        let expected = "found 5 entries; expected at most 4 (`Limits::history`)";
        assert_eq!(error.to_string(), format!("request: `{field}`: {expected}"));
        assert_eq!(error.kind(), ErrorKind::TooMany);
    };
    is_refused("history", ranker.user_state(&events(5), &nobody).unwrap_err());
    is_refused("history", ranker.user_state_of(&events(5), &bought(4), &nobody).unwrap_err());
    is_refused("histories.bought", ranker.user_state_of(&events(4), &bought(5), &nobody).unwrap_err());
    let request = |n| Request::new(events(4), events(1)).with_histories(bought(n));
    assert_eq!(ranker.encoded(&request(4)).unwrap().candidates.len(), 1);
    is_refused("histories.bought", ranker.encoded(&request(5)).unwrap_err());
}

#[test]
fn a_user_with_too_many_candidates_keeps_no_other_from_an_answer() {
    let ranker = ranker().with_limits(Limits::default().with_candidates(2));
    let state = ranker.user_state(&items(3), &Record::new()).unwrap();
    let (two, three) = (items(2), items(3));
    let answers = ranker.score_many(&[(&state, &two[..]), (&state, &three), (&state, &two)]);
    let expected = ranker.score(&state, &two).unwrap();
    assert!(expected.logits.iter().all(|x| x.is_finite()), "{expected:?}");
    assert_eq!([0, 2].map(|i| answers[i].as_ref().unwrap() == &expected), [true; 2]);
    assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::TooMany);
    assert_eq!(ranker.score_in(&state, &three, &Record::new()).unwrap_err().kind(), ErrorKind::TooMany);
}

#[test]
fn a_limit_of_nothing_is_one() {
    let ranker = ranker().with_limits(Limits::default().with_candidates(0).with_history(0));
    assert!(ranker.rank(&Request::new(vec![], vec![])).unwrap().logits.is_empty());
    for (history, candidates) in [(1, 0), (0, 1)] {
        let error = ranker.rank(&Request::new(items(history), items(candidates))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooMany, "{error}");
    }
}

#[test]
fn by_default_a_large_request_is_answered() {
    let scores = ranker().rank(&Request::new(items(5_000), items(20_000))).unwrap();
    assert_eq!(scores.logits.len(), 20_000);
    assert!(scores.logits.iter().all(|x| x.is_finite()));
}
