//! Lanes without an event, and buffers' old contents, reach nothing: with NaN in all of them every value and
//! every gradient has the bits that it has with zeros.

mod common;

use std::sync::Arc;

use common::{
    Case, Form, Idle, LaneOp, Sort, attention, attention_params, bits, cell_params, lane_op, lane_params,
    lengths, run_cell, step, windows,
};
use dien_cells::Packed;
use dien_cells::Real;
use dien_tensor::{ParamStore, Pool, Tape, Var};

/// A pool whose buffers, more than a step needs, hold NaN from end to end.
fn spoilt_pool<T: Real>() -> Pool<T> {
    let pool = Pool::new();
    let mut buffers = Vec::new();
    let mut len = 1;
    while len < 1 << 16 {
        let capacity = pool.take_stale(len).capacity();
        buffers.extend((0..24).map(|_| pool.take_stale(capacity)));
        len = capacity + 1;
    }
    for mut buffer in buffers {
        buffer.fill(T::of(f64::NAN));
        pool.give(buffer);
    }
    pool
}

fn nothing_reaches<T: Real>(
    params: &ParamStore<f64>,
    what: &dyn std::fmt::Debug,
    f: impl for<'t> Fn(&'t Tape<'t, T>, Idle) -> Var<'t, T>,
) {
    let params = params.cast::<T>();
    let clean = step(&params, &Pool::new(), |tape| f(tape, Idle(Some(0.0))));
    assert!(clean.len() > 1, "{what:?}: no gradients");
    assert!(clean.iter().all(|(_, x)| x.iter().all(|x| x.is_finite())), "{what:?}");
    let pool = spoilt_pool();
    let before = pool.free_elements();
    let spoilt = step(&params, &pool, |tape| f(tape, Idle(Some(f64::NAN))));
    assert_eq!(pool.free_elements(), before, "{what:?}: not every buffer came from the spoilt ones");
    assert!(bits(&spoilt) == bits(&clean), "{what:?}: other bits");
}

#[test]
fn of_cells() {
    let packed = Arc::new(Packed::from_lengths(&lengths(75)));
    let params = cell_params(&packed, 5, 9);
    for case in Case::all() {
        nothing_reaches::<f32>(&params, &case, |tape, idle| run_cell(tape, case, idle, &packed));
        nothing_reaches::<f64>(&params, &case, |tape, idle| run_cell(tape, case, idle, &packed));
    }
}

#[test]
fn of_lane_ops() {
    let packed = Arc::new(Packed::from_lengths(&lengths(75)));
    let windows = windows(&packed);
    let params = lane_params(&packed, 7);
    for op in LaneOp::ALL {
        nothing_reaches::<f32>(&params, &op, |tape, idle| lane_op(tape, op, idle, &packed, &windows));
        nothing_reaches::<f64>(&params, &op, |tape, idle| lane_op(tape, op, idle, &packed, &windows));
    }
}

#[test]
fn of_attention() {
    for (sort, form) in Sort::ALL.into_iter().flat_map(|sort| Form::ALL.map(|form| (sort, form))) {
        let windows = sort.windows(&lengths(75));
        let params = attention_params(&windows, 7);
        let what = (sort, form);
        nothing_reaches::<f32>(&params, &what, |tape, idle| attention(tape, form, idle, &windows, true));
        nothing_reaches::<f64>(&params, &what, |tape, idle| attention(tape, form, idle, &windows, true));
    }
}
