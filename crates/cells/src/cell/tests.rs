//! The kernels against the equations.

use std::sync::Arc;

use crate::Real;
use dien_kernels::simd::Level;
use dien_tensor::check::{Check, assert_close, at_level, mix};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, Var};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::reference::Weights;
use super::*;
use crate::{Packed, lanes};

/// Everything a cell reads, in the jagged form, as parameters of a store.
struct Case {
    kind: CellKind,
    lengths: Vec<u32>,
    params: ParamStore<f64>,
}

impl Case {
    fn new(kind: CellKind, lengths: &[u32], inputs: usize, hidden: usize, seed: u64) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let events = lengths.iter().sum::<u32>() as usize;
        let mut params = ParamStore::new();
        let mut add = |name: &str, shape: &[usize], low: f64, high: f64| {
            let value = ArrayD::from_shape_simple_fn(shape, || rng.random_range(low..high));
            params.add(name, ParamKind::Dense, value)
        };
        add("x", &[events, inputs], -1.0, 1.0);
        let a = add("a", &[events, 1], 0.0, 1.0);
        add("h0", &[lengths.len(), hidden], -1.0, 1.0);
        add("w", &[3 * hidden, inputs], -0.7, 0.7);
        add("u", &[3 * hidden, hidden], -0.7, 0.7);
        add("b", &[3 * hidden], -0.5, 0.5);
        add("b_hc", &[hidden], -0.5, 0.5);
        // Both ends of the score's range.
        for (i, a) in params.data_mut(a).iter_mut().enumerate() {
            if i % 5 < 2 {
                *a = (i % 5) as f64;
            }
        }
        Case { kind, lengths: lengths.to_vec(), params }
    }

    fn get(&self, name: &str) -> &[f64] {
        self.params.data(self.params.id(name).unwrap())
    }

    fn width(&self, name: &str) -> usize {
        *self.params.shape(self.params.id(name).unwrap()).last().unwrap()
    }

    /// Every event's state, in jagged order, by the equations.
    fn reference(&self) -> Vec<f64> {
        let weights =
            Weights { w: self.get("w"), u: self.get("u"), b: self.get("b"), b_hc: self.get("b_hc") };
        let (inputs, hidden) = (self.width("x"), self.width("h0"));
        let (mut all, mut first) = (Vec::new(), 0);
        for (s, &length) in self.lengths.iter().enumerate() {
            let (from, to) = (first, first + length as usize);
            let (x, a) = (&self.get("x")[from * inputs..to * inputs], &self.get("a")[from..to]);
            let h0 = &self.get("h0")[s * hidden..][..hidden];
            all.extend(reference::states(self.kind, weights, x, a, h0).concat());
            first = to;
        }
        all
    }
}

/// The run on a tape, its input product inside or outside the node.
fn run<'t, T: Real>(
    kind: CellKind,
    tape: &'t Tape<'_, T>,
    packed: &Arc<Packed>,
    shared: bool,
    output: CellOutput,
) -> Var<'t, T> {
    let param = |name: &str| tape.param(tape.params().id(name).unwrap());
    let x = lanes::events_to_lanes(param("x"), packed);
    let input = if shared {
        CellInput::Gates(lanes::linear(x, param("w"), None, lanes::Activation::None, packed))
    } else {
        CellInput::Events(x, param("w"))
    };
    let attention = kind.takes_attention().then(|| lanes::events_to_lanes(param("a"), packed));
    let initial = Some(lanes::sequences_to_lanes(param("h0"), packed));
    let args = CellArgs::new(kind, input, param("u"), param("b"), param("b_hc"));
    cell(args.attention(attention).initial(initial), output, packed)
}

fn all_events<'t, T: Real>(states: Var<'t, T>, packed: &Arc<Packed>) -> Var<'t, T> {
    let events = (0..packed.len()).flat_map(|s| (0..packed.lengths()[s] as usize).map(move |t| Some((s, t))));
    lanes::select_events(states, events.collect::<Vec<_>>(), packed)
}

fn lengths(n: u32) -> Vec<u32> {
    (0..n).map(|i| (i * i + 3 * i) % 11).collect()
}

fn forward_agrees<T: Real>(tolerance: f64) {
    for kind in CellKind::ALL {
        for (inputs, hidden) in [(5, 6), (1, 1), (18, 36), (7, 33)] {
            let case = Case::new(kind, &lengths(41), inputs, hidden, 1);
            let expected = case.reference();
            let params = case.params.cast::<T>();
            let packed = Arc::new(Packed::from_lengths(&case.lengths));
            for (shared, mode) in [(false, Mode::Eval), (true, Mode::Eval), (false, Mode::EvalWithGrad)] {
                let pool = Pool::new();
                let tape = Tape::new(&params, &pool, mode);
                let states = all_events(run(kind, &tape, &packed, shared, CellOutput::States), &packed);
                let last =
                    lanes::lanes_to_sequences(run(kind, &tape, &packed, shared, CellOutput::Last), &packed);
                assert_close(states.data(), &expected, tolerance, format_args!("{kind:?} {inputs} {hidden}"));
                assert_eq!(last.shape(), [case.lengths.len(), hidden]);
                let mut event = 0;
                for (s, &length) in case.lengths.iter().enumerate() {
                    event += length as usize;
                    let expected = match length {
                        0 => &case.get("h0")[s * hidden..][..hidden],
                        _ => &expected[(event - 1) * hidden..][..hidden],
                    };
                    let found = &last.data()[s * hidden..][..hidden];
                    assert_close(found, expected, tolerance, format_args!("{kind:?} last state of {s}"));
                }
            }
        }
    }
}

#[test]
fn f64_states_are_those_of_the_equations() {
    forward_agrees::<f64>(1e-13);
}

#[test]
fn f32_states_agree_at_every_level() {
    for level in Level::available::<f32>() {
        at_level(level, || forward_agrees::<f32>(4e-6));
    }
}

#[test]
fn gradients_of_every_input_weight_and_bias() {
    for kind in CellKind::ALL {
        for shared in [false, true] {
            for (lengths, inputs, hidden) in
                [(lengths(37), 5, 6), (vec![0, 0], 2, 1), (vec![1], 3, 2), (vec![4; 33], 2, 3)]
            {
                let case = Case::new(kind, &lengths, inputs, hidden, 2);
                let packed = Arc::new(Packed::from_lengths(&lengths));
                let check = Check::default().mode(Mode::EvalWithGrad);
                check
                    .run(&case.params, |tape| {
                        mix(all_events(run(kind, tape, &packed, shared, CellOutput::States), &packed))
                    })
                    .unwrap_or_else(|e| panic!("{kind:?} states {lengths:?}: {e}"));
                check
                    .run(&case.params, |tape| {
                        mix(lanes::lanes_to_sequences(
                            run(kind, tape, &packed, shared, CellOutput::Last),
                            &packed,
                        ))
                    })
                    .unwrap_or_else(|e| panic!("{kind:?} last {lengths:?}: {e}"));
            }
        }
    }
}

/// The weights' gradients of a wide layer are summed over several chunks at once, rows of them at a time; a
/// third of the sequences is empty, and so is the last chunk.
#[test]
fn gradients_of_a_wide_layer() {
    let lengths: Vec<u32> = (0..130).map(|i| i % 3).collect();
    let case = Case::new(CellKind::Augru, &lengths, 3, 400, 5);
    let packed = Arc::new(Packed::from_lengths(&lengths));
    for shared in [false, true] {
        let check = Check::default().mode(Mode::EvalWithGrad);
        check
            .run(&case.params, |tape| {
                mix(all_events(run(case.kind, tape, &packed, shared, CellOutput::States), &packed))
            })
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn each_derivative_of_a_tiny_case() {
    for kind in CellKind::ALL {
        let case = Case::new(kind, &[2, 0, 1], 2, 2, 3);
        let packed = Arc::new(Packed::from_lengths(&case.lengths));
        let check = Check::default().mode(Mode::EvalWithGrad).each_element();
        check
            .run(&case.params, |tape| {
                mix(all_events(run(kind, tape, &packed, false, CellOutput::States), &packed))
            })
            .unwrap_or_else(|e| panic!("{kind:?}: {e}"));
    }
}

/// The states of a kind at one attention score, its update gate negated if asked.
fn states_at(kind: CellKind, a: f64, negate_update: bool) -> Vec<f64> {
    let mut case = Case::new(kind, &[5, 1, 3], 4, 3, 4);
    let id = |name| case.params.id(name).unwrap();
    let (scores, gates) = (id("a"), ["w", "u", "b"].map(id));
    case.params.data_mut(scores).fill(a);
    for gate in gates.into_iter().filter(|_| negate_update) {
        let third = case.params.data(gate).len() / 3;
        case.params.data_mut(gate)[third..2 * third].iter_mut().for_each(|x| *x = -*x);
    }
    let packed = Arc::new(Packed::from_lengths(&case.lengths));
    let pool = Pool::new();
    let tape = Tape::new(&case.params, &pool, Mode::Eval);
    all_events(run(kind, &tape, &packed, false, CellOutput::States), &packed).data().to_vec()
}

#[test]
fn ends_of_the_score_are_known_cells() {
    let same = |found: &[f64], expected: &[f64], what: &str| assert_close(found, expected, 1e-14, what);
    let at = |kind, a| states_at(kind, a, false);
    let gru = at(CellKind::Gru, 0.3);
    same(&at(CellKind::Augru, 1.0), &gru, "AUGRU at a = 1 is GRU");
    same(&at(CellKind::Aigru, 1.0), &gru, "AIGRU at a = 1 is GRU");
    let keeps = states_at(CellKind::AugruOfficial, 0.0, true);
    same(&keeps, &gru, "official AUGRU at a = 0 is a GRU whose gate keeps");
    let official = at(CellKind::AugruOfficial, 1.0);
    same(&at(CellKind::Agru, 1.0), &official, "at a = 1 both give the candidate state");
    let case = Case::new(CellKind::Agru, &[5, 1, 3], 4, 3, 4);
    let mut kept = Vec::new();
    for (s, &n) in case.lengths.iter().enumerate() {
        (0..n).for_each(|_| kept.extend_from_slice(&case.get("h0")[s * 3..][..3]));
    }
    same(&at(CellKind::Augru, 0.0), &kept, "AUGRU at a = 0 keeps its state");
    same(&at(CellKind::Agru, 0.0), &kept, "AGRU at a = 0 keeps its state");
}
