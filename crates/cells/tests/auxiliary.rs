//! The auxiliary loss against the same loss composed of ops over rows: value and gradients, in either number
//! type.

mod common;

use std::sync::Arc;

use common::{Idle, assert_steps_close, bits, get, lengths, step, store};
use dien_cells::Real;
use dien_cells::lanes::auxiliary::Loss;
use dien_cells::{Packed, lanes};
use dien_tensor::check::{Check, Precision, Tolerance, assert_close, assert_gradients};
use dien_tensor::{Mode, ParamStore, Pool, Tape, Var, ops};

/// The names of the events that come, and of up to 20 negatives of each.
const EVENTS: [&str; 21] = [
    "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12", "e13", "e14", "e15",
    "e16", "e17", "e18", "e19", "e20",
];

/// One way to score, and what it is computed over.
#[derive(Clone, Debug)]
struct Case {
    loss: Loss,
    mlp: bool,
    negatives: usize,
    /// Of an interest and an event.
    widths: (usize, usize),
    layers: [usize; 2],
    lengths: Vec<u32>,
}

impl Case {
    fn packed(&self) -> Arc<Packed> {
        Arc::new(Packed::from_lengths(&self.lengths))
    }

    fn params(&self) -> ParamStore<f64> {
        let (hidden, event) = self.widths;
        let ([first, second], n) = (self.layers, self.packed().events());
        let range = |inputs: usize| 2.0 / (inputs as f64).sqrt();
        let mut params = vec![("h", vec![n, hidden], 1.0), ("e0", vec![n, event], 1.0)];
        params.extend(self.negatives().map(|name| (name, vec![n, event], 1.0)));
        if self.mlp {
            params.extend([
                ("w1", vec![first, hidden + event], range(hidden + event)),
                ("b1", vec![first], 0.5),
                ("w2", vec![second, first], range(first)),
                ("b2", vec![second], 0.5),
                ("w3", vec![1, second], range(second)),
                ("b3", vec![1], 0.5),
            ]);
        } else {
            params.push(("p", vec![event, hidden], range(hidden)));
        }
        let params: Vec<_> = params.iter().map(|(name, shape, range)| (*name, &shape[..], *range)).collect();
        store(7, &params)
    }

    /// The names of the negatives.
    fn negatives(&self) -> impl Iterator<Item = &'static str> + use<> {
        EVENTS.into_iter().skip(1).take(self.negatives)
    }

    /// The fused op.
    fn fused<'t, T: Real>(&self, tape: &'t Tape<'_, T>, idle: Idle) -> Var<'t, T> {
        let packed = self.packed();
        let event = |name| idle.events(lanes::events_to_lanes(get(tape, name), &packed), &packed);
        let negatives: Vec<_> = self.negatives().map(event).collect();
        let (h, e) = (event("h"), event("e0"));
        if self.mlp {
            let layer = |w, b| (get(tape, w), get(tape, b));
            let layers = [layer("w1", "b1"), layer("w2", "b2"), layer("w3", "b3")];
            lanes::auxiliary::mlp(self.loss, h, e, negatives, layers, &packed)
        } else {
            lanes::auxiliary::inner_product(self.loss, h, e, negatives, get(tape, "p"), &packed)
        }
    }

    /// One row for each pair, and an op for each step of the computation.
    fn composed<'t, T: Real>(&self, tape: &'t Tape<'_, T>) -> Var<'t, T> {
        let (mut before, mut after, mut start) = (Vec::new(), Vec::new(), 0);
        for &n in &self.lengths {
            before.extend(start..(start + n).max(1) - 1);
            after.extend((start + 1).min(start + n)..start + n);
            start += n;
        }
        before.truncate(after.len());
        let h = ops::gather(get(tape, "h"), &before);
        let score = |name| {
            let e = ops::gather(get(tape, name), &after);
            if self.mlp {
                let layer = |x, w, b| ops::linear(x, get(tape, w), Some(get(tape, b)));
                let first = ops::sigmoid(layer(ops::concat(&[h, e]), "w1", "b1"));
                layer(ops::sigmoid(layer(first, "w2", "b2")), "w3", "b3")
            } else {
                ops::dot_rows(ops::linear(h, get(tape, "p"), None), e)
            }
        };
        if self.loss == Loss::InfoNce {
            let (n, all) = (after.len(), 1 + self.negatives);
            let mut z = tape.var_list();
            z.extend(EVENTS.into_iter().take(all).map(score));
            let offsets: Vec<u32> = (0..=n).map(|pair| (pair * all) as u32).collect();
            let log = ops::segment_log_softmax(ops::reshape(ops::concat(z.iter()), &[n * all]), &offsets);
            let came = ops::slice_columns(ops::reshape(log, &[n, all]), 0..1);
            return ops::scale(ops::mean(came), T::of(-1.0));
        }
        let mut loss = ops::bce_with_logits(score("e0"), &vec![1.0; after.len()], None);
        for name in self.negatives() {
            let one = ops::bce_with_logits(score(name), &vec![0.0; after.len()], None);
            loss = loss + ops::scale(one, T::of(1.0 / self.negatives as f64));
        }
        loss
    }
}

/// Every loss of either score, the MLP or not.
const EVERY: [(Loss, bool); 4] =
    [(Loss::Paper, true), (Loss::Paper, false), (Loss::InfoNce, true), (Loss::InfoNce, false)];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (loss, mlp) in EVERY {
        for (negatives, widths, layers, lengths) in [
            (1, (36, 36), [100, 50], lengths(75)),
            (0, (5, 9), [13, 3], lengths(40)),
            (3, (9, 5), [7, 10], lengths(40)),
            (1, (1, 1), [1, 1], vec![2, 0, 1, 3]),
            (1, (4, 3), [8, 6], vec![2]),
            (1, (8, 16), [24, 8], vec![100, 1, 40]),
        ] {
            // InfoNCE of no negative is a case of its own.
            if loss == Loss::Paper || negatives > 0 {
                cases.push(Case { loss, mlp, negatives, widths, layers, lengths });
            }
        }
    }
    cases
}

/// A pool whose buffers hold NaN from end to end.
fn spoilt_pool() -> Pool<f32> {
    let pool = Pool::new();
    let lengths: Vec<usize> = (0..60).map(|i| 1 << (i / 3)).collect();
    let buffers: Vec<_> = lengths.iter().map(|&n| pool.take_stale(n)).collect();
    for mut buffer in buffers {
        buffer.resize(buffer.capacity(), f32::NAN);
        buffer.fill(f32::NAN);
        pool.give(buffer);
    }
    pool
}

#[test]
fn value_and_gradients_are_those_of_the_composed_ops() {
    for case in cases().into_iter().chain(many_negatives()) {
        let params = case.params();
        let mut exact = step(&params, &Pool::new(), |tape| case.composed(tape));
        let mut found = step(&params, &Pool::new(), |tape| case.fused(tape, Idle(None)));
        if case.loss == Loss::InfoNce {
            // The loss does not depend on it: both are rounding.
            for list in [&mut exact, &mut found] {
                let of_b3 = list.iter().position(|(name, _)| name == "gradient of b3");
                if let Some((_, gradient)) = of_b3.map(|i| list.remove(i)) {
                    assert_close(&gradient, &[0.0], 1e-13, format_args!("{case:?}"));
                }
            }
        }
        assert_steps_close(&found, &exact, 1e-11, &format!("{case:?}"));
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for case in cases() {
        let params = case.params();
        let found = Check::default().run(&params, |tape| case.fused(tape, Idle(None)));
        assert!(found.is_ok(), "{case:?}: {}", found.unwrap_err());
        if params.ids().map(|id| params.data(id).len()).sum::<usize>() < 200 {
            assert_gradients(&params, |tape| case.fused(tape, Idle(None)));
        }
    }
}

#[test]
fn f32_is_f64_rounded_at_every_level() {
    cases().iter().chain(&many_negatives()).for_each(assert_precise);
}

/// `f32` at every level against `f64`.
#[track_caller]
fn assert_precise(case: &Case) {
    let mut check = Precision::default();
    if case.loss == Loss::InfoNce {
        // Its derivatives cancel over the events of a pair, and with them most of what the layers' gradients
        // add up; of b3's, on which the loss does not depend, all but the rounding.
        let scale = if case.negatives > 3 { 1e-2 } else { 3e-3 };
        let layers = ["w1", "b1", "w2", "b2", "w3"].map(|name| (name, scale));
        for (name, scale) in layers.into_iter().chain([("b3", 0.1)]) {
            check = check.at_least(format!("gradient of {name}"), scale);
        }
    }
    assert_precision!(check, &case.params(), format_args!("{case:?}"), |tape| case.fused(tape, Idle(None)));
}

/// 1 to 20 negatives an event.
fn many_negatives() -> Vec<Case> {
    let lengths: Vec<u32> = lengths(11).iter().map(|n| n % 6).collect();
    let each = |negatives| {
        let case = |(loss, mlp)| {
            let lengths = lengths.clone();
            Case { loss, mlp, negatives, widths: (6, 5), layers: [9, 4], lengths }
        };
        EVERY.map(case)
    };
    (1..=20).flat_map(each).collect()
}

#[test]
fn an_evaluation_tape_has_the_same_value() {
    for case in cases() {
        let (params, pool) = (case.params(), Pool::new());
        let value = |mode| case.fused(&Tape::new(&params, &pool, mode), Idle(None)).scalar();
        assert_eq!(value(Mode::Eval), value(Mode::Train { seed: 0 }), "{case:?}");
    }
}

#[test]
fn idle_lanes_and_old_buffers_reach_nothing() {
    for case in cases() {
        let params = case.params().cast::<f32>();
        let clean = step(&params, &Pool::new(), |tape| case.fused(tape, Idle(Some(0.0))));
        assert!(clean.iter().all(|(_, x)| x.iter().all(|x| x.is_finite())), "{case:?}");
        let pool = spoilt_pool();
        let spoilt = step(&params, &pool, |tape| case.fused(tape, Idle(Some(f64::NAN))));
        assert_eq!(bits(&spoilt), bits(&clean), "{case:?}");
    }
}

#[test]
fn a_nan_in_an_event_is_not_hidden() {
    for case in cases() {
        let mut params = case.params().cast::<f32>();
        let event = params.id("e0").expect("the events");
        params.data_mut(event).fill(f32::NAN);
        let loss = case.fused(&Tape::new(&params, &Pool::new(), Mode::Eval), Idle(None)).scalar();
        assert!(loss.is_nan(), "{case:?}");
    }
}

#[test]
fn no_pair_gives_zero_and_no_gradient() {
    for case in cases() {
        for lengths in [vec![], vec![0, 0], vec![1; 40], vec![0, 1]] {
            let case = Case { lengths, ..case.clone() };
            let params = case.params();
            let found = step(&params, &Pool::new(), |tape| case.fused(tape, Idle(None)));
            assert_eq!(found, [("value".to_owned(), vec![0.0])], "{case:?}");
        }
    }
}

#[test]
fn info_nce_without_negatives_is_zero_and_has_no_gradient() {
    for (loss, mlp) in EVERY.into_iter().filter(|&(loss, _)| loss == Loss::InfoNce) {
        let lengths = lengths(40);
        let case = Case { loss, mlp, negatives: 0, widths: (5, 9), layers: [13, 3], lengths };
        let found = step(&case.params(), &Pool::new(), |tape| case.fused(tape, Idle(None)));
        assert_eq!(found, [("value".to_owned(), vec![0.0])], "{case:?}");
    }
}

/// InfoNCE of one pair whose events have these logits, and its derivatives: h = 1 and P = 1, so that logits
/// are events.
fn info_nce_of<T: Real>(logits: &[f64]) -> (f64, Vec<f64>) {
    let (negatives, lengths) = (logits.len() - 1, vec![2]);
    let case = Case { loss: Loss::InfoNce, mlp: false, negatives, widths: (1, 1), layers: [1, 1], lengths };
    let mut params = case.params().cast::<T>();
    let mut set = |name: &str, value: f64| {
        let id = params.id(name).expect("a parameter of the case");
        params.data_mut(id).fill(T::of(value));
        id
    };
    set("h", 1.0);
    set("p", 1.0);
    let events: Vec<_> = EVENTS.into_iter().zip(logits).map(|(name, &z)| set(name, z)).collect();
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let loss = case.fused(&tape, Idle(None));
    let grads = tape.backward(loss);
    // The first event has no part.
    let derivative = |id| grads.get(id).expect("an event's gradient").values()[1].f64();
    (loss.scalar().f64(), events.into_iter().map(derivative).collect())
}

#[test]
fn info_nce_of_one_negative_is_the_softplus_of_the_difference() {
    for (a, b) in [(0.3, -1.2), (-2.0, 1.5), (0.7, 0.7), (30.0, -5.0), (-20.0, 25.0)] {
        let (loss, derivatives) = info_nce_of::<f64>(&[a, b]);
        let expected: f64 = f64::exp(b - a).ln_1p();
        let derivative = 1.0 / (1.0 + f64::exp(a - b));
        let found = [loss, derivatives[0]];
        assert_close(&found, &[expected, -derivative], Tolerance::Relative(1e-14), format_args!("{a}, {b}"));
        assert_eq!(derivatives[1..], [-derivatives[0]], "{a}, {b}");
    }
}

/// Logits whose exponentials are no `f32`: the loss is what the greatest makes of it, and the derivatives sum
/// to 0.
#[test]
fn info_nce_of_far_logits_is_finite() {
    let far = [
        (&[500.0, -500.0, 200.0, 0.0][..], 0.0),
        (&[-500.0, 500.0, 200.0, 500.0], 1000.0 + 2f64.ln()),
        (&[0.0, 200.0, 200.0, 200.0], 200.0 + 3f64.ln()),
    ];
    for (logits, expected) in far {
        let (loss, derivatives) = info_nce_of::<f32>(logits);
        let what = format!("{logits:?}: {derivatives:?}");
        assert_close(&[loss], &[expected], Tolerance::OfScale(1e-6, 1e-20), &what);
        assert_eq!(derivatives.len(), logits.len(), "{what}");
        assert_close(&[derivatives.iter().sum::<f64>()], &[0.0], 1e-6, &what);
    }
}

#[test]
fn bits_are_the_same_at_any_number_of_threads() {
    for (loss, mlp) in EVERY {
        let lengths = lengths(230);
        let case = Case { loss, mlp, negatives: 2, widths: (9, 7), layers: [10, 6], lengths };
        let params = case.params().cast::<f32>();
        let with = |threads| {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
            pool.install(|| step(&params, &Pool::new(), |tape| case.fused(tape, Idle(None))))
        };
        let one = with(1);
        for threads in [2, 3, 8] {
            assert_eq!(bits(&with(threads)), bits(&one), "{threads} threads");
        }
    }
}
