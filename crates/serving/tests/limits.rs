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
    let state = ranker.user_state(&items(3), &Record::new()).unwrap();
    assert_eq!(ranker.score(&state, &items(3)).unwrap_err().kind(), ErrorKind::TooMany);
    assert_eq!(ranker.encoded(&Request::new(items(1), items(3))).unwrap_err().kind(), ErrorKind::TooMany);
    assert_eq!(
        ranker.score_many(&[(&state, &items(3)[..])])[0].as_ref().unwrap_err().kind(),
        ErrorKind::TooMany
    );
}

#[test]
fn by_default_a_large_request_is_answered() {
    let scores = ranker().rank(&Request::new(items(5_000), items(20_000))).unwrap();
    assert_eq!(scores.logits.len(), 20_000);
}
