//! Windows that are the histories themselves, and all others, against plain loops.

mod common;

use std::sync::Arc;

use common::{Sort, events, get, lengths, step, store};
use dien_cells::Packed;
use dien_cells::lanes::{self, Windows};
use dien_tensor::check::{Check, assert_close, mix};
use dien_tensor::{Mode, Pool, Tape, Var};

/// The lengths over which the windows of a sort lie.
fn of_histories(windows: &Windows) -> Vec<u32> {
    windows.histories().lengths().to_vec()
}

#[test]
fn one_whole_history_a_target_is_the_identity() {
    let lengths = lengths(41);
    for sort in Sort::ALL {
        let windows = sort.windows(&lengths);
        assert_eq!(windows.is_identity(), matches!(sort, Sort::Identity | Sort::Reordered), "{sort:?}");
        let same = Arc::ptr_eq(windows.targets(), windows.histories());
        assert_eq!(same, sort == Sort::Identity, "{sort:?}");
    }
    let packed = Arc::new(Packed::from_lengths(&[3, 2]));
    let seen = |history: &[u32], start: &[u32], end: &[u32]| Windows::new(&packed, history, start, end);
    assert!(seen(&[1, 0], &[0, 0], &[2, 3]).is_identity());
    assert!(!seen(&[0, 1], &[1, 0], &[3, 2]).is_identity(), "an event fewer at the start");
    assert!(!seen(&[0, 1], &[0, 0], &[2, 2]).is_identity(), "an event fewer at the end");
    assert!(!seen(&[0, 0], &[0, 0], &[3, 3]).is_identity(), "the same history twice");
    assert!(!seen(&[0], &[0], &[3]).is_identity(), "a history that none sees");
}

#[test]
fn a_reordered_target_stands_where_its_history_does() {
    let lengths = lengths(41);
    let windows = Sort::Reordered.windows(&lengths);
    let (histories, targets) = (windows.histories(), windows.targets());
    for target in 0..41 {
        let history = 40 - target;
        assert_eq!(targets.place(target), histories.place(history));
        assert_eq!(targets.lengths()[target], histories.lengths()[history]);
        for t in 0..targets.lengths()[target] as usize {
            assert_eq!(targets.slot(target, t), histories.slot(history, t));
        }
    }
    assert_eq!(targets.event_slots().len(), histories.event_slots().len());
}

#[test]
fn the_identity_gathers_nothing() {
    for sort in [Sort::Identity, Sort::Reordered] {
        let windows = sort.windows(&lengths(41));
        let params = store(1, &[("x", &[windows.histories().events(), 3], 1.0)]);
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let x = pack(&tape, &windows);
        assert!(std::ptr::eq(x.data(), lanes::gather(x, &windows).data()));
    }
}

fn pack<'t>(tape: &'t Tape<'_, f64>, windows: &Windows) -> Var<'t, f64> {
    lanes::events_to_lanes(get(tape, "x"), windows.histories())
}

/// The rows of x that each target sees.
fn seen(windows: &Windows) -> Vec<Vec<usize>> {
    let mut first = vec![0];
    of_histories(windows).iter().for_each(|&n| first.push(first[first.len() - 1] + n as usize));
    let last: Vec<_> = windows.last().collect();
    let lengths = windows.targets().lengths().iter();
    let rows = lengths.zip(last).map(|(&n, last)| match last {
        None => Vec::new(),
        Some((history, step)) => {
            let end = first[history] + step + 1;
            (end - n as usize..end).collect()
        }
    });
    rows.collect()
}

#[test]
fn gathered_and_pooled_events_are_those_seen() {
    let lengths = lengths(75);
    for sort in Sort::ALL {
        let windows = sort.windows(&lengths);
        for width in [1, 5, 8, 19] {
            let params = store(7, &[("x", &[windows.histories().events(), width], 1.0)]);
            let x = params.data(params.id("x").expect("the events"));
            let rows = seen(&windows);
            let found = step(&params, &Pool::new(), |tape| {
                events(lanes::gather(pack(tape, &windows), &windows), windows.targets())
            });
            let expected: Vec<f64> =
                rows.iter().flatten().flat_map(|&row| x[row * width..][..width].to_vec()).collect();
            assert_eq!(found[0].1, expected, "{sort:?}, width {width}");
            for mean in [false, true] {
                let found =
                    step(&params, &Pool::new(), |tape| lanes::pool(pack(tape, &windows), &windows, mean));
                let expected = |seen: &Vec<usize>, f| {
                    let sum: f64 = seen.iter().map(|&r| x[r * width + f]).sum();
                    if mean { sum / seen.len().max(1) as f64 } else { sum }
                };
                let expected: Vec<f64> =
                    rows.iter().flat_map(|seen| (0..width).map(move |f| expected(seen, f))).collect();
                assert_close(&found[0].1, &expected, 1e-12, format_args!("{sort:?}, {mean}"));
            }
        }
    }
}

#[test]
fn gradients_are_the_differences() {
    for sort in Sort::ALL {
        let windows = sort.windows(&lengths(39));
        let params = store(7, &[("x", &[windows.histories().events(), 9], 1.0)]);
        let check = Check::default().mode(Mode::EvalWithGrad);
        let gathered = check.run(&params, |tape| {
            mix(events(lanes::gather(pack(tape, &windows), &windows), windows.targets()))
        });
        gathered.unwrap_or_else(|e| panic!("{sort:?}: {e}"));
        for mean in [false, true] {
            let pooled = check.run(&params, |tape| mix(lanes::pool(pack(tape, &windows), &windows, mean)));
            pooled.unwrap_or_else(|e| panic!("{sort:?}, {mean}: {e}"));
        }
    }
}
