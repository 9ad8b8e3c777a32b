//! The GRU family against PyTorch: states and every gradient.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::{Packed, lanes};
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, Var};
use dien_tests::golden::Golden;
use dien_tests::project::project;

/// All states as rows in jagged order, and each sequence's last one.
fn run<'t, T: Real>(
    tape: &'t Tape<'_, T>,
    kind: CellKind,
    packed: &Arc<Packed>,
    own_product: bool,
) -> (Var<'t, T>, Var<'t, T>) {
    let param = |name: &str| tape.param(tape.params().id(name).expect("a parameter of the case"));
    let x = lanes::events_to_lanes(param("x"), packed);
    let input = if own_product {
        CellInput::Events(x, param("w"))
    } else {
        CellInput::Gates(lanes::linear(x, param("w"), None, lanes::Activation::None, packed))
    };
    let attention = kind.takes_attention().then(|| lanes::events_to_lanes(param("a"), packed));
    let initial = Some(lanes::sequences_to_lanes(param("h0"), packed));
    let args = CellArgs::new(kind, input, param("u"), param("b"), param("b_hc"));
    let args = args.attention(attention).initial(initial);
    let lengths = packed.lengths().iter().enumerate();
    let events = lengths.flat_map(|(s, &n)| (0..n as usize).map(move |t| Some((s, t))));
    let states = lanes::select_events(cell(args, CellOutput::States, packed), events, packed);
    let last = lanes::lanes_to_sequences(cell(args, CellOutput::Last, packed), packed);
    (states, last)
}

fn check<T: Real>(file: &str, kind: CellKind, own_product: bool) {
    let golden = Golden::load(file);
    let mut params: ParamStore<T> = golden.params(&["x", "h0", "w", "u", "b", "b_hc"]);
    if kind.takes_attention() {
        // Scores stand in lanes as one feature.
        let scores = golden.array("a");
        let events = scores.len();
        params.add("a", ParamKind::Dense, scores.into_shape_with_order(vec![events, 1]).unwrap());
    }
    let packed = Arc::new(Packed::from_offsets(&golden.ids("offsets")));
    let tape = Tape::new(&params, &Pool::new(), Mode::EvalWithGrad);
    let (states, last) = run(&tape, kind, &packed, own_product);
    golden.check("states", states.view());
    golden.check("final", last.view());
    let loss = project(&[(states, golden.array("loss_states")), (last, golden.array("loss_final"))]);
    let grads = tape.backward(loss);
    golden.check_grads(&params, &grads);
}

fn check_all(file: &str, kind: CellKind) {
    // An event's attention scales the input before the product: AIGRU's gates may come in as W x all the
    // same.
    for own_product in [true, false] {
        check::<f64>(file, kind, own_product);
        check::<f32>(file, kind, own_product);
    }
}

#[test]
fn gru() {
    check_all("gru", CellKind::Gru);
}

#[test]
fn aigru() {
    check_all("aigru", CellKind::Aigru);
}

#[test]
fn agru() {
    check_all("agru", CellKind::Agru);
}

#[test]
fn augru() {
    check_all("augru", CellKind::Augru);
}

#[test]
fn augru_official() {
    check_all("augru_official", CellKind::AugruOfficial);
}
