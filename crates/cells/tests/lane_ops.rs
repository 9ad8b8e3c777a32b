//! Every lane op: its values against plain loops, its gradient against differences.

mod common;

use std::sync::Arc;

use common::{events, get};
use dien_cells::lanes::{self, Activation, EventIds, Windows};
use dien_cells::{LANES, Packed, Padded, Padding};
use dien_tensor::check::{Check, Level, assert_close, at_level, mix};
use dien_tensor::{Grad, Mode, ParamKind, ParamStore, Pool, Tape, Var, ops};
use ndarray::{Array2, ArrayD};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Parameters of these names and shapes, uniform in ±1.
fn params(shapes: &[(&str, &[usize])]) -> ParamStore<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut params = ParamStore::new();
    for &(name, shape) in shapes {
        let kind = if name.starts_with("table") { ParamKind::Rows } else { ParamKind::Dense };
        params.add(name, kind, ArrayD::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0)));
    }
    params
}

/// Ragged lengths over more than one chunk, some of them 0.
fn lengths() -> Vec<u32> {
    (0..39).map(|i| (i * i) % 5).collect()
}

fn packed() -> Arc<Packed> {
    Arc::new(Packed::from_lengths(&lengths()))
}

fn value(params: &ParamStore<f64>, f: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>) -> Array2<f64> {
    let pool = Pool::new();
    let tape = Tape::new(params, &pool, Mode::Eval);
    f(&tape).view2().to_owned()
}

#[track_caller]
fn assert_near(found: &Array2<f64>, expected: &Array2<f64>) {
    assert_eq!(found.dim(), expected.dim());
    let [found, expected] = [found, expected].map(|x| x.iter().copied().collect::<Vec<_>>());
    assert_close(&found, &expected, 1e-12, "the op");
}

fn check(params: &ParamStore<f64>, f: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>) {
    if let Err(e) = Check::default().mode(Mode::EvalWithGrad).run(params, |tape| mix(f(tape))) {
        panic!("{e}");
    }
}

#[test]
fn events_to_lanes_and_select_events_are_inverse() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("x", &[n, 3])]);
    let f = value(&params, |tape| events(lanes::events_to_lanes(get(tape, "x"), &packed), &packed));
    assert_eq!(f.as_slice().unwrap(), params.data(params.id("x").unwrap()));
    check(&params, |tape| events(lanes::events_to_lanes(get(tape, "x"), &packed), &packed));
    // An event twice, and none at all.
    let picks = [Some((4, 0)), None, Some((4, 0)), Some((7, 3))];
    check(&params, |tape| {
        lanes::select_events(lanes::events_to_lanes(get(tape, "x"), &packed), picks, &packed)
    });
}

#[test]
fn place_and_rows_are_inverse() {
    let packed = packed();
    let params = params(&[("x", &[packed.len(), 3])]);
    let f = value(&params, |tape| {
        lanes::lanes_to_sequences(lanes::sequences_to_lanes(get(tape, "x"), &packed), &packed)
    });
    assert_eq!(f.as_slice().unwrap(), params.data(params.id("x").unwrap()));
    check(&params, |tape| {
        lanes::lanes_to_sequences(lanes::sequences_to_lanes(get(tape, "x"), &packed), &packed)
    });
}

fn layer<'t>(t: &'t Tape<'_, f64>, activation: Activation, packed: &Arc<Packed>) -> Var<'t, f64> {
    lanes::linear(
        lanes::events_to_lanes(get(t, "x"), packed),
        get(t, "w"),
        Some(get(t, "b")),
        activation,
        packed,
    )
}

#[test]
fn linear_is_a_matrix_product() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("x", &[n, 5]), ("w", &[7, 5]), ("b", &[7])]);
    let [x, w] = ["x", "w"].map(|n| value(&params, |tape| get(tape, n)));
    let b = params.value(params.id("b").unwrap()).into_dimensionality::<ndarray::Ix1>().unwrap().to_owned();
    let expected = x.dot(&w.t()) + &b;
    let found = value(&params, |t| events(layer(t, Activation::None, &packed), &packed));
    assert_near(&found, &expected);
    let found = value(&params, |t| events(layer(t, Activation::Sigmoid, &packed), &packed));
    assert_near(&found, &expected.mapv(|x| 1.0 / (1.0 + (-x).exp())));
    for activation in [Activation::None, Activation::Sigmoid] {
        check(&params, |t| events(layer(t, activation, &packed), &packed));
        check(&params, |t| {
            events(
                lanes::linear(
                    lanes::events_to_lanes(get(t, "x"), &packed),
                    get(t, "w"),
                    None,
                    activation,
                    &packed,
                ),
                &packed,
            )
        });
    }
}

#[test]
fn product_sum_and_softmax() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("x", &[n, 3]), ("q", &[packed.len(), 3])]);
    check(&params, |t| {
        let (x, q) =
            (lanes::events_to_lanes(get(t, "x"), &packed), lanes::sequences_to_lanes(get(t, "q"), &packed));
        events(lanes::mul_broadcast(x, q, &packed), &packed)
    });
    let softmax = |x: Var<'_, f64>| -> Array2<f64> {
        events(lanes::softmax(lanes::sum_features(lanes::events_to_lanes(x, &packed)), &packed), &packed)
            .view2()
            .to_owned()
    };
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::Eval);
    let (x, scores) = (value(&params, |t| get(t, "x")), softmax(get(&tape, "x")));
    let mut first = 0;
    for &length in packed.lengths() {
        let exp: Vec<f64> = (first..first + length as usize).map(|e| x.row(e).sum().exp()).collect();
        let sum = exp.iter().sum::<f64>();
        let expected: Vec<f64> = exp.iter().map(|e| e / sum).collect();
        let found: Vec<f64> = (0..exp.len()).map(|i| scores[[first + i, 0]]).collect();
        assert_close(&found, &expected, 1e-14, "softmax");
        first += length as usize;
    }
    check(&params, |t| {
        events(
            lanes::softmax(lanes::sum_features(lanes::events_to_lanes(get(t, "x"), &packed)), &packed),
            &packed,
        )
    });
}

#[test]
#[should_panic = "lanes embed: id 2 of an event, of 2, counted from 0"]
fn an_event_has_no_id_beyond_its_last() {
    let (packed, params) = (packed(), params(&[("table", &[6, 2])]));
    let ids = vec![0; 2 * packed.events()];
    let (pool, ids) = (Pool::new(), EventIds { ids: &ids, per_event: 2, which: 2 });
    let tape = Tape::new(&params, &pool, Mode::Eval);
    lanes::embed([(get(&tape, "table"), ids)], 0, &packed);
}

#[test]
fn embeddings_are_rows_and_so_are_their_gradients() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("table.a", &[6, 2]), ("table.b", &[4, 3])]);
    let a: Vec<u32> = (0..2 * n as u32).map(|i| (i * i + 1) % 5).collect();
    let b: Vec<u32> = (0..n as u32).map(|i| i % 3).collect();
    for skip in [0, 1] {
        check(&params, |t| {
            let ids = EventIds { ids: &a, per_event: 2, which: 1 };
            let tables = [(get(t, "table.a"), ids), (get(t, "table.b"), EventIds::one(&b))];
            events(lanes::embed(tables, skip, &packed), &packed)
        });
    }
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let table = [(get(&tape, "table.b"), EventIds::one(&b))];
    let rows = events(lanes::embed(table, 1, &packed), &packed);
    let mut first = 0;
    for &length in packed.lengths() {
        for event in first..first + length as usize {
            let expected = if event == first {
                [0.0; 3]
            } else {
                params.data(params.id("table.b").unwrap())[b[event] as usize * 3..][..3].try_into().unwrap()
            };
            assert_eq!(rows.view2().row(event).to_vec(), expected);
        }
        first += length as usize;
    }
    let grads = tape.backward(mix(rows));
    match grads.get(params.id("table.b").unwrap()) {
        Some(Grad::Rows { ids, .. }) => assert_eq!(ids, &[0, 1, 2], "row 3 is not in use"),
        other => panic!("expected rows, found {other:?}"),
    }
}

/// At every level: a weight is 0 or a normal number, −∞ has none, and a NaN leaves none that is a number.
#[test]
fn far_scores_have_no_weight_and_a_nan_takes_all() {
    let lengths = [4, 6, 0, 3, 1];
    let packed = Arc::new(Packed::from_lengths(&lengths));
    let (far, nan) = (f32::NEG_INFINITY, f32::NAN);
    let scores: Vec<f32> =
        [&[0.0, -1e4, far, 0.0][..], &[3.0, -84.5, -83.99, 3.0, 3.0, -88.0], &[1.0, nan, 2.0], &[-1e30]]
            .concat();
    let softmax = |scores: &[f32]| {
        let (params, pool) = (ParamStore::new(), Pool::new());
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let scores = Array2::from_shape_vec((scores.len(), 1), scores.to_vec()).expect("one an event");
        let in_lanes = lanes::events_to_lanes(tape.constant(scores.into_dyn()), &packed);
        let weights = lanes::softmax(in_lanes, &packed);
        assert!(weights.data().iter().all(|w| w.is_nan() || *w == 0.0 || w.is_normal()), "{weights:?}");
        events(weights, &packed).data().to_vec()
    };
    for level in Level::available::<f32>() {
        let found = at_level(level, || softmax(&scores));
        assert_eq!(found[..4], [0.5, 0.0, 0.0, 0.5], "{level:?}");
        assert_eq!(found[4..10], [1.0 / 3.0, 0.0, 0.0, 1.0 / 3.0, 1.0 / 3.0, 0.0], "{level:?}");
        assert!(found[10..13].iter().all(|w| w.is_nan()), "{level:?}: {found:?}");
        assert_eq!(found[13..], [1.0], "{level:?}");
        let mut served = scores[..10].to_vec();
        at_level(level, || {
            let (first, second) = served.split_at_mut(4);
            dien_cells::serving::softmax(first);
            dien_cells::serving::softmax(second);
        });
        assert_eq!(served, found[..10], "{level:?}: serving");
        let mut with_nan = scores[10..13].to_vec();
        at_level(level, || dien_cells::serving::softmax(&mut with_nan));
        assert!(with_nan.iter().all(|w| w.is_nan()), "{level:?}: serving {with_nan:?}");
    }
}

#[test]
fn tables_may_be_computed_as_they_are_listed() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("table.a", &[6, 2]), ("table.b", &[4, 3])]);
    let ids: Vec<u32> = (0..n as u32).map(|i| i % 4).collect();
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let tables = ["table.a", "table.b"].into_iter();
    let doubled = tables.map(|name| (ops::scale(get(&tape, name), 2.0), EventIds::one(&ids)));
    let found = lanes::embed(doubled, 0, &packed);
    let nodes = tape.graph().nodes.len();
    assert_eq!(nodes, 2 + 2 + 1, "two tables, each scaled once, and the embeddings: {}", tape.graph());
    let plain = ["table.a", "table.b"].map(|name| (get(&tape, name), EventIds::one(&ids)));
    let expected = ops::scale(lanes::embed(plain, 0, &packed), 2.0);
    assert_eq!(found.data(), expected.data());
}

#[test]
fn windows_share_a_history() {
    let (packed, n) = (packed(), packed().events());
    let params = params(&[("x", &[n, 3])]);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let (mut history, mut start, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..70 {
        let h = rng.random_range(0..packed.len());
        let s = rng.random_range(0..=packed.lengths()[h]);
        history.push(h as u32);
        start.push(s);
        end.push(rng.random_range(s..=packed.lengths()[h]));
    }
    let windows = Arc::new(Windows::new(&packed, &history, &start, &end));
    let x = value(&params, |t| get(t, "x"));
    let mut first = vec![0usize];
    packed.lengths().iter().for_each(|&n| first.push(first.last().unwrap() + n as usize));
    let rows: Vec<Vec<usize>> = (0..70)
        .map(|i| {
            let from = first[history[i] as usize];
            (from + start[i] as usize..from + end[i] as usize).collect()
        })
        .collect();
    let gathered = value(&params, |t| {
        events(lanes::gather(lanes::events_to_lanes(get(t, "x"), &packed), &windows), windows.targets())
    });
    assert_near(&gathered, &x.select(ndarray::Axis(0), &rows.concat()));
    check(&params, |t| {
        events(lanes::gather(lanes::events_to_lanes(get(t, "x"), &packed), &windows), windows.targets())
    });
    for mean in [false, true] {
        let pooled =
            value(&params, |t| lanes::pool(lanes::events_to_lanes(get(t, "x"), &packed), &windows, mean));
        let mut expected = Array2::zeros((70, 3));
        for (i, rows) in rows.iter().enumerate() {
            let scale = if mean { rows.len().max(1) as f64 } else { 1.0 };
            rows.iter().for_each(|&r| expected.row_mut(i).scaled_add(1.0 / scale, &x.row(r)));
        }
        assert_near(&pooled, &expected);
        check(&params, |t| lanes::pool(lanes::events_to_lanes(get(t, "x"), &packed), &windows, mean));
    }
    for (target, pick) in windows.last().enumerate() {
        let expected =
            rows[target].last().map(|&r| (history[target] as usize, r - first[history[target] as usize]));
        assert_eq!(pick, expected);
    }
}

#[test]
fn padded_rows_of_either_side_are_the_jagged_ones() {
    let lengths = [2, 0, 3, 1];
    let params = params(&[("x", &[4, 3, 2])]);
    for padding in [Padding::Left, Padding::Right] {
        let padded = Padded::from_lengths(&lengths, 3, padding).unwrap();
        let packed = Arc::new(padded.packed());
        let found =
            value(&params, |t| events(lanes::padded_to_lanes(get(t, "x"), &padded, &packed), &packed));
        let x = params.value(params.id("x").unwrap());
        let mut event = 0;
        for (row, &length) in lengths.iter().enumerate() {
            for step in 0..length as usize {
                let at = if padding == Padding::Left { 3 - length as usize + step } else { step };
                assert_eq!(found.row(event).to_vec(), [x[[row, at, 0]], x[[row, at, 1]]]);
                event += 1;
            }
        }
        check(&params, |t| events(lanes::padded_to_lanes(get(t, "x"), &padded, &packed), &packed));
    }
}

#[test]
fn nothing_at_all_is_legal() {
    let empty = Arc::new(Packed::from_lengths(&[]));
    let params = params(&[("x", &[0, 3]), ("w", &[2, 3])]);
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let x = lanes::events_to_lanes(get(&tape, "x"), &empty);
    let y = lanes::linear(x, get(&tape, "w"), None, Activation::Sigmoid, &empty);
    assert_eq!(y.shape(), [0, 2, LANES]);
    tape.backward(mix(events(y, &empty)));
}
