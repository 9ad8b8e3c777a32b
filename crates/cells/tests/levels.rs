//! `f32` at every SIMD level of this machine against `f64`, both ways. A process of its own, since it forces
//! the level.

mod common;

use std::sync::Arc;

use common::{
    Case, Form, Idle, LaneOp, Sort, assert_close, attention, attention_params, cell_params, lane_op,
    lane_params, lengths, run_cell, step, windows,
};
use dien_cells::Packed;
use dien_kernels::simd::Level;
use dien_tensor::Pool;

/// The widths: whole vectors with a rest, one past them, less than one.
const WIDTHS: [usize; 3] = [36, 33, 7];

/// No element differs by more than this share of the largest one.
const TOLERANCE: f64 = 1e-5;

type Step<T> = Vec<(String, Vec<T>)>;

/// Compares `single` at each level with `exact`.
fn at_every_level(exact: &Step<f64>, what: &str, single: impl Fn() -> Step<f32>) {
    for level in Level::available::<f32>() {
        Level::force(level);
        let found = single();
        assert_eq!(Level::current(), level);
        assert_close(&found, exact, TOLERANCE, &format!("{what}, {level:?}"));
    }
}

#[test]
fn f32_is_f64_rounded_at_every_level() {
    let packed = Arc::new(Packed::from_lengths(&lengths(41)));
    let windows = windows(&packed);
    for width in WIDTHS {
        let params = cell_params(&packed, width, width);
        let single = params.cast::<f32>();
        for case in Case::all().filter(|case| case.initial) {
            let exact = step(&params, &Pool::new(), |tape| run_cell(tape, case, Idle(None), &packed));
            at_every_level(&exact, &format!("{case:?}, width {width}"), || {
                step(&single, &Pool::new(), |tape| run_cell(tape, case, Idle(None), &packed))
            });
        }
        let params = lane_params(&packed, width);
        let single = params.cast::<f32>();
        for op in LaneOp::ALL {
            let exact = step(&params, &Pool::new(), |tape| lane_op(tape, op, Idle(None), &packed, &windows));
            at_every_level(&exact, &format!("{op:?}, width {width}"), || {
                step(&single, &Pool::new(), |tape| lane_op(tape, op, Idle(None), &packed, &windows))
            });
        }
        for (sort, form) in Sort::ALL.into_iter().flat_map(|sort| Form::ALL.map(|form| (sort, form))) {
            let windows = sort.windows(&lengths(41));
            let params = attention_params(&windows, width);
            let single = params.cast::<f32>();
            let exact = step(&params, &Pool::new(), |tape| attention(tape, form, Idle(None), &windows, true));
            at_every_level(&exact, &format!("{form:?} attention, {sort:?}, width {width}"), || {
                step(&single, &Pool::new(), |tape| attention(tape, form, Idle(None), &windows, true))
            });
        }
    }
}
