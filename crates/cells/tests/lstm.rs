//! The LSTM of the examples, a recurrence that this crate does not have: against its equations in plain
//! loops, against differences, in `f32` at every SIMD level, and trained.

mod common;
#[path = "../examples/lstm/lstm.rs"]
mod lstm;

use std::sync::Arc;

use common::{Idle, bits, events, get, lengths, step, store};
use dien_cells::recurrence::{CellInput, CellOutput, RecurrenceArgs, run};
use dien_cells::{Packed, Real, lanes};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::check::{Check, Precision, assert_close, mix};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, Var, ops};
use lstm::Lstm;
use ndarray::ArrayD;

/// One way to run it.
#[derive(Clone, Copy, Debug)]
struct Case {
    output: CellOutput,
    /// Whether the input product is computed outside.
    gates: bool,
    initial: bool,
}

fn cases() -> impl Iterator<Item = Case> {
    (0..8).map(|i| Case {
        output: if i & 1 == 0 { CellOutput::States } else { CellOutput::Last },
        gates: i & 2 != 0,
        initial: i & 4 != 0,
    })
}

fn params(packed: &Packed, inputs: usize, hidden: usize) -> ParamStore<f64> {
    let (sequences, gates) = (packed.len(), 4 * hidden);
    let bound = |n: usize| (n as f64).recip().sqrt();
    let params: [(&str, &[usize], f64); 5] = [
        ("x", &[packed.events(), inputs], 1.0),
        ("initial", &[sequences, 2 * hidden], 1.0),
        ("w", &[gates, inputs], bound(inputs)),
        ("u", &[gates, hidden], bound(hidden)),
        ("b", &[gates], 0.5),
    ];
    store(1, &params)
}

/// The states, h and c, as rows: of every event, or of every sequence.
fn run_case<'t, T: Real>(tape: &'t Tape<'_, T>, case: Case, idle: Idle, packed: &Arc<Packed>) -> Var<'t, T> {
    let x = idle.events(lanes::events_to_lanes(get(tape, "x"), packed), packed);
    let input = if case.gates {
        let gates = lanes::linear(x, get(tape, "w"), None, lanes::Activation::None, packed);
        CellInput::Gates(idle.events(gates, packed))
    } else {
        CellInput::Events(x, get(tape, "w"))
    };
    let initial = || idle.sequences(lanes::sequences_to_lanes(get(tape, "initial"), packed), packed);
    let args = RecurrenceArgs::new(input, get(tape, "u"), get(tape, "b"));
    let states = run(Lstm, args.initial(case.initial.then(initial)), case.output, packed);
    match case.output {
        CellOutput::States => events(idle.events(states, packed), packed),
        CellOutput::Last => lanes::lanes_to_sequences(idle.sequences(states, packed), packed),
    }
}

/// h and c after every event of each sequence, and after its last, by the equations.
fn reference(params: &ParamStore<f64>, lengths: &[u32], initial: bool) -> [Vec<f64>; 2] {
    let of = |name| params.data(params.id(name).expect("a parameter"));
    let (x, w, u, b) = (of("x"), of("w"), of("u"), of("b"));
    let hidden = b.len() / 4;
    let inputs = w.len() / b.len();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (mut all, mut last, mut rows) = (vec![], vec![], x.chunks_exact(inputs));
    for (s, &n) in lengths.iter().enumerate() {
        let mut state = vec![0.0; 2 * hidden];
        if initial {
            state.copy_from_slice(&of("initial")[s * 2 * hidden..][..2 * hidden]);
        }
        for x in rows.by_ref().take(n as usize) {
            let z = |gate: usize, unit: usize| {
                let row = gate * hidden + unit;
                let from_input: f64 = (0..inputs).map(|i| w[row * inputs + i] * x[i]).sum();
                let from_state: f64 = (0..hidden).map(|i| u[row * hidden + i] * state[i]).sum();
                from_input + from_state + b[row]
            };
            let mut next = vec![0.0; 2 * hidden];
            for k in 0..hidden {
                let c = sigmoid(z(1, k)) * state[hidden + k] + sigmoid(z(0, k)) * z(2, k).tanh();
                (next[k], next[hidden + k]) = (sigmoid(z(3, k)) * c.tanh(), c);
            }
            state = next;
            all.extend_from_slice(&state);
        }
        last.extend_from_slice(&state);
    }
    [all, last]
}

/// Hidden widths with whole tiles and panels, with rests of both, and less than one.
const SHAPES: [(usize, usize); 4] = [(5, 6), (1, 1), (18, 36), (7, 33)];

#[test]
fn states_are_those_of_the_equations() {
    let lengths = lengths(41);
    let packed = Arc::new(Packed::from_lengths(&lengths));
    for (inputs, hidden) in SHAPES {
        let params = params(&packed, inputs, hidden);
        for case in cases() {
            let [all, last] = reference(&params, &lengths, case.initial);
            let exact = if case.output == CellOutput::States { all } else { last };
            for mode in [Mode::Eval, Mode::EvalWithGrad] {
                let pool = Pool::new();
                let tape = Tape::new(&params, &pool, mode);
                let found = run_case(&tape, case, Idle(None), &packed);
                let what = format!("{case:?}, {inputs} to {hidden}, {mode:?}");
                assert_close(found.data(), &exact, 1e-13, what);
            }
        }
    }
}

#[test]
fn gradients_are_the_differences() {
    for case in cases() {
        for (lengths, inputs, hidden) in [(lengths(37), 5, 6), (vec![0, 0], 2, 1), (vec![4; 33], 2, 3)] {
            let packed = Arc::new(Packed::from_lengths(&lengths));
            let check = Check::default().mode(Mode::EvalWithGrad);
            check
                .run(&params(&packed, inputs, hidden), |tape| mix(run_case(tape, case, Idle(None), &packed)))
                .unwrap_or_else(|e| panic!("{case:?}, {lengths:?}: {e}"));
        }
        let packed = Arc::new(Packed::from_lengths(&[2, 0, 1]));
        let check = Check::default().mode(Mode::EvalWithGrad).each_element();
        check
            .run(&params(&packed, 2, 2), |tape| mix(run_case(tape, case, Idle(None), &packed)))
            .unwrap_or_else(|e| panic!("{case:?}, element by element: {e}"));
    }
}

#[test]
fn f32_is_f64_rounded_at_every_level() {
    let packed = Arc::new(Packed::from_lengths(&lengths(41)));
    for ((inputs, hidden), case) in SHAPES.into_iter().flat_map(|shape| cases().map(move |c| (shape, c))) {
        let params = params(&packed, inputs, hidden);
        let what = format!("{case:?}, {inputs} to {hidden}");
        assert_precision!(Precision::default(), &params, what, |tape| run_case(
            tape,
            case,
            Idle(None),
            &packed
        ));
    }
}

#[test]
fn idle_lanes_reach_nothing() {
    let packed = Arc::new(Packed::from_lengths(&lengths(75)));
    let params = params(&packed, 5, 9);
    for case in cases() {
        let [zeros, nan] = [0.0, f64::NAN]
            .map(|idle| step(&params, &Pool::new(), |tape| run_case(tape, case, Idle(Some(idle)), &packed)));
        assert!(zeros.iter().all(|(_, x)| x.iter().all(|x| x.is_finite())), "{case:?}");
        assert_eq!(bits(&nan), bits(&zeros), "{case:?}");
    }
}

#[test]
fn a_few_steps_lower_the_loss() {
    let (hidden, lengths) = (8, lengths(40));
    let packed = Arc::new(Packed::from_lengths(&lengths));
    let mut params = params(&packed, 3, hidden).cast::<f32>();
    let head = params.add("head", ParamKind::Dense, ArrayD::from_elem(vec![1, hidden], 0.5));
    let labels: Vec<f32> = lengths.iter().map(|&n| f32::from(u8::from(n > 9))).collect();
    let mut adam = Adam::new(&params, AdamConfig::default().with_lr(1e-2)).expect("good options");
    let (pool, case) = (Pool::new(), Case { output: CellOutput::Last, gates: false, initial: false });
    let mut losses = vec![];
    for seed in 0..30 {
        let tape = Tape::new(&params, &pool, Mode::Train { seed });
        let last = run_case(&tape, case, Idle(None), &packed);
        let logits = ops::linear(ops::slice_columns(last, 0..hidden), tape.param(head), None);
        let loss = ops::bce_with_logits(logits, &labels, None);
        losses.push(loss.data()[0]);
        let grads = tape.backward(loss);
        drop(tape);
        adam.step(&mut params, &grads).expect("finite gradients");
    }
    let (first, last) = (losses[0], losses[29]);
    assert!(last < 0.5 * first, "{losses:?}");
}
