//! A request that is too large is refused, with the limit and what it has.

use std::path::Path;

use dien_serving::{ErrorKind, Limits, Ranker, Record, Request};

fn ranker() -> Ranker {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-0/behaviours.safetensors");
    Ranker::load(path).unwrap()
}

fn items(n: usize) -> Vec<Record> {
    (0..n).map(|i| Record::item(format!("i{i}"))).collect()
}

#[test]
fn too_many_candidates_or_events_are_refused() {
    let ranker = ranker().with_limits(Limits::default().with_candidates(2).with_history(3));
    assert_eq!((ranker.limits().candidates, ranker.limits().history), (2, 3));
    assert_eq!(ranker.rank(&Request::new(items(3), items(2))).unwrap().logits.len(), 2);
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
fn by_default_a_large_request_is_answered() {
    let scores = ranker().rank(&Request::new(items(5_000), items(20_000))).unwrap();
    assert_eq!(scores.logits.len(), 20_000);
}
