//! `f32` at every SIMD level of this machine against `f64`, both ways.

mod common;

use std::sync::Arc;

use common::{
    Case, Form, Idle, LaneOp, Sort, attention, attention_params, cell_params, lane_op, lane_params, lengths,
    run_cell, windows,
};
use dien_cells::Packed;
use dien_tensor::check::Precision;
use dien_tensor::{Mode, ParamStore};

/// The widths: whole vectors with a rest, one past them, less than one.
const WIDTHS: [usize; 3] = [36, 33, 7];

/// No element differs by more than 1e-5 of the largest one.
fn precision() -> Precision {
    Precision::default().mode(Mode::EvalWithGrad).tolerance(1e-5)
}

fn check_cell(params: &ParamStore<f64>, case: Case, packed: &Arc<Packed>, what: &str) {
    assert_precision!(precision(), params, format_args!("{case:?}, {what}"), |tape| run_cell(
        tape,
        case,
        Idle(None),
        packed
    ));
}

#[test]
fn cells() {
    let packed = Arc::new(Packed::from_lengths(&lengths(41)));
    for width in WIDTHS {
        let params = cell_params(&packed, width, width);
        for case in Case::all().filter(|case| case.initial) {
            check_cell(&params, case, &packed, &format!("width {width}"));
        }
    }
}

/// Every width of a state from 1 to 70, under inputs of another width, with one cell after the other.
#[test]
fn cells_of_every_width() {
    let packed = Arc::new(Packed::from_lengths(&[3, 1, 0, 2, 3]));
    let cases: Vec<Case> = Case::all().collect();
    for hidden in 1..=70 {
        let inputs = hidden * 29 % 71;
        let params = cell_params(&packed, inputs, hidden);
        for case in [hidden, hidden * 11 + 5].map(|i| cases[i % cases.len()]) {
            check_cell(&params, case, &packed, &format!("{inputs} inputs, width {hidden}"));
        }
    }
}

/// Arguments of the gates on both sides of where σ is 0 or 1 in `f32` (17), in `f64` (37) and where the
/// powers of 2 in the kernels end (±63, an argument of 44), among units that are not saturated.
#[test]
fn saturated_gates() {
    const ARGUMENTS: [f64; 12] = [0.3, 17.0, -17.0, 37.0, -37.0, 43.0, -43.7, 44.0, -60.0, 88.5, -1e3, 1e4];
    let packed = Arc::new(Packed::from_lengths(&lengths(35)));
    for width in [36, 7] {
        let mut params = cell_params(&packed, 5, width);
        let bias = params.id("b").expect("the gates' bias");
        for (i, b) in params.data_mut(bias).iter_mut().enumerate() {
            let (gate, unit) = (i / width, i % width);
            if unit % 3 > 0 {
                *b += ARGUMENTS[(unit + 5 * gate) % ARGUMENTS.len()];
            }
        }
        for case in Case::all().filter(|case| case.initial) {
            check_cell(&params, case, &packed, &format!("saturated, width {width}"));
        }
    }
}

/// Of gates that are all saturated the gradients are next to nothing, in `f32` what is left of 1 − c² where c
/// is 1 or the number before: they are compared as beside gradients of 1.
#[test]
fn nothing_but_saturated_gates() {
    let packed = Arc::new(Packed::from_lengths(&lengths(35)));
    let names = ["x", "a", "h0", "w", "u", "b", "b_hc"].map(|name| format!("gradient of {name}"));
    let check = names.into_iter().fold(precision(), |check, name| check.at_least(name, 1.0));
    for far in [44.5, 100.0, 1e4] {
        for signs in 0..8 {
            let mut params = cell_params(&packed, 5, 7);
            let bias = params.id("b").expect("the gates' bias");
            for (i, b) in params.data_mut(bias).iter_mut().enumerate() {
                *b = if signs >> (i / 7) & 1 == 0 { far } else { -far };
            }
            for case in Case::all().filter(|case| case.initial) {
                let what = format_args!("{case:?}, gates at {far}, signs {signs:b}");
                assert_precision!(check, &params, what, |tape| run_cell(tape, case, Idle(None), &packed));
            }
        }
    }
}

#[test]
fn lane_ops() {
    let packed = Arc::new(Packed::from_lengths(&lengths(41)));
    let windows = windows(&packed);
    for width in WIDTHS {
        let params = lane_params(&packed, width);
        for op in LaneOp::ALL {
            let what = format!("{op:?}, width {width}");
            assert_precision!(precision(), &params, what, |tape| lane_op(
                tape,
                op,
                Idle(None),
                &packed,
                &windows
            ));
        }
    }
}

#[test]
fn attentions() {
    for (sort, form) in Sort::ALL.into_iter().flat_map(|sort| Form::ALL.map(|form| (sort, form))) {
        let windows = sort.windows(&lengths(41));
        for width in WIDTHS {
            let params = attention_params(&windows, width);
            let what = format!("{form:?} attention, {sort:?}, width {width}");
            assert_precision!(precision(), &params, what, |tape| attention(
                tape,
                form,
                Idle(None),
                &windows,
                true
            ));
        }
    }
}
