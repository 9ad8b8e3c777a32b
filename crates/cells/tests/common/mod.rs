//! Every cell and every lane op over ragged sequences, in either number type.

// Each test file is a program of its own, and uses its part.
#![allow(dead_code, unused_imports)]

mod attention;
mod idle;
mod ops;

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::{Packed, lanes};
use dien_tensor::check::{Tolerance, assert_close, mix};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, Var};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

pub use attention::{Form, Sort, attention, attention_params};
pub use idle::Idle;
pub use ops::{LaneOp, lane_op, lane_params, windows};

/// Lengths from 0 to 20, in no order.
pub fn lengths(n: u32) -> Vec<u32> {
    (0..n).map(|i| (i * i + 5 * i + 3) % 23 % 21).collect()
}

/// A store of parameters of these names, shapes and ranges. `f32` holds the numbers exactly, so that both
/// types start from the same.
pub fn store(seed: u64, params: &[(&str, &[usize], f64)]) -> ParamStore<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut store = ParamStore::new();
    for &(name, shape, range) in params {
        let number = || f64::from(rng.random_range(-range..range) as f32);
        let kind = if name.starts_with("table") { ParamKind::Rows } else { ParamKind::Dense };
        store.add(name, kind, ArrayD::from_shape_simple_fn(shape, number));
    }
    store
}

pub fn get<'t, T: Real>(tape: &'t Tape<'_, T>, name: &str) -> Var<'t, T> {
    tape.param(tape.params().id(name).expect("a parameter of that name"))
}

/// Every event of a tensor in lanes, as rows in jagged order.
pub fn events<'t, T: Real>(x: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let steps = |s: usize| (0..packed.lengths()[s] as usize).map(move |t| Some((s, t)));
    lanes::select_events(x, (0..packed.len()).flat_map(steps), packed)
}

/// One way to run a cell.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub kind: CellKind,
    pub output: CellOutput,
    /// Whether the input product is computed outside.
    pub gates: bool,
    pub initial: bool,
}

impl Case {
    pub fn all() -> impl Iterator<Item = Case> {
        (0..CellKind::ALL.len() * 8).map(|i| Case {
            kind: CellKind::ALL[i / 8],
            output: if i & 1 == 0 { CellOutput::States } else { CellOutput::Last },
            gates: i & 2 != 0,
            initial: i & 4 != 0,
        })
    }
}

/// What [`run_cell`] reads.
pub fn cell_params(packed: &Packed, inputs: usize, hidden: usize) -> ParamStore<f64> {
    let mut params = store(
        1,
        &[
            ("x", &[packed.events(), inputs], 1.0),
            ("a", &[packed.events(), 1], 1.0),
            ("h0", &[packed.len(), hidden], 1.0),
            ("w", &[3 * hidden, inputs], (inputs as f64).recip().sqrt()),
            ("u", &[3 * hidden, hidden], (hidden as f64).recip().sqrt()),
            ("b", &[3 * hidden], 0.5),
            ("b_hc", &[hidden], 0.5),
        ],
    );
    let a = params.id("a").expect("the scores");
    params.data_mut(a).iter_mut().for_each(|a| *a = a.abs());
    params
}

/// The states as rows: of every event, or of every sequence.
pub fn run_cell<'t, T: Real>(
    tape: &'t Tape<'_, T>,
    case: Case,
    idle: Idle,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let param = |name| get(tape, name);
    let x = idle.events(lanes::events_to_lanes(param("x"), packed), packed);
    let input = if case.gates {
        let gates = lanes::linear(x, param("w"), None, lanes::Activation::None, packed);
        CellInput::Gates(idle.events(gates, packed))
    } else {
        CellInput::Events(x, param("w"))
    };
    let takes = case.kind.takes_attention();
    let attention = takes.then(|| idle.events(lanes::events_to_lanes(param("a"), packed), packed));
    let initial =
        case.initial.then(|| idle.sequences(lanes::sequences_to_lanes(param("h0"), packed), packed));
    let args = CellArgs::new(case.kind, input, param("u"), param("b"), param("b_hc"));
    let states = cell(args.attention(attention).initial(initial), case.output, packed);
    match case.output {
        CellOutput::States => events(idle.events(states, packed), packed),
        CellOutput::Last => lanes::lanes_to_sequences(idle.sequences(states, packed), packed),
    }
}

/// The value of `f`, and the gradient of a mix of its elements for every parameter it depends on, by name.
pub fn step<T: Real>(
    params: &ParamStore<T>,
    pool: &Pool<T>,
    f: impl for<'t> Fn(&'t Tape<'t, T>) -> Var<'t, T>,
) -> Vec<(String, Vec<T>)> {
    let tape = Tape::new(params, pool, Mode::EvalWithGrad);
    let value = f(&tape);
    let grads = tape.backward(mix(value));
    let gradients = params.ids().filter_map(|id| {
        let gradient = grads.get(id)?.values().to_vec();
        Some((format!("gradient of {}", params.name(id)), gradient))
    });
    std::iter::once(("value".to_owned(), value.data().to_vec())).chain(gradients).collect()
}

/// That `found` has the values and gradients of `exact`, and that no element differs by more than `tolerance`
/// times the largest of its own.
#[track_caller]
pub fn assert_steps_close<F: Real, E: Real>(
    found: &[(String, Vec<F>)],
    exact: &[(String, Vec<E>)],
    tolerance: f64,
    what: &str,
) {
    let names: Vec<&String> = exact.iter().map(|(name, _)| name).collect();
    assert_eq!(found.iter().map(|(name, _)| name).collect::<Vec<_>>(), names, "{what}");
    for ((name, found), (_, exact)) in found.iter().zip(exact) {
        assert_close(found, exact, Tolerance::OfLargest(tolerance), format_args!("{what}: {name}"));
    }
}

/// [`Precision::assert`](dien_tensor::check::Precision::assert) of an expression over a tape, which is
/// compiled for both number types.
#[macro_export]
macro_rules! assert_precision {
    ($check:expr, $params:expr, $what:expr, |$tape:ident| $value:expr) => {
        if let Err(imprecision) = $check.run($params, |$tape| $value, |$tape| $value) {
            panic!("{}: {imprecision}", $what);
        }
    };
}

/// Every number's bits: equal only if the numbers are the same, NaN included.
pub fn bits<T: Real>(step: &[(String, Vec<T>)]) -> Vec<(&str, Vec<u64>)> {
    step.iter().map(|(name, x)| (name.as_str(), x.iter().map(|x| x.f64().to_bits()).collect())).collect()
}
