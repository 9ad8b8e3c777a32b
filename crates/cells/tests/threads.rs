//! The same bits at any number of threads.

mod common;

use std::sync::Arc;

use common::{
    Case, Form, Idle, LaneOp, Sort, attention, attention_params, bits, cell_params, lane_op, lane_params,
    lengths, run_cell, step, windows,
};
use dien_cells::Packed;
use dien_tensor::Pool;

/// Runs `f` with 1, 2, 3 and 8 threads, and compares what it gives.
fn assert_same(what: &dyn std::fmt::Debug, f: impl Fn() -> Vec<(String, Vec<f32>)> + Sync) {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| {
            assert_eq!(rayon::current_num_threads(), threads);
            f()
        })
    };
    let one = with(1);
    for threads in [2, 3, 8] {
        assert!(bits(&with(threads)) == bits(&one), "{what:?}: other bits with {threads} threads");
    }
}

#[test]
fn of_cells() {
    let packed = Arc::new(Packed::from_lengths(&lengths(230)));
    assert!(packed.chunks() >= 8);
    let params = cell_params(&packed, 6, 9).cast::<f32>();
    for case in Case::all().filter(|case| case.initial) {
        assert_same(&case, || step(&params, &Pool::new(), |tape| run_cell(tape, case, Idle(None), &packed)));
    }
}

#[test]
fn of_lane_ops() {
    let packed = Arc::new(Packed::from_lengths(&lengths(230)));
    let windows = windows(&packed);
    let params = lane_params(&packed, 9).cast::<f32>();
    for op in LaneOp::ALL {
        assert_same(&op, || {
            step(&params, &Pool::new(), |tape| lane_op(tape, op, Idle(None), &packed, &windows))
        });
    }
}

#[test]
fn of_attention() {
    for (sort, form) in Sort::ALL.into_iter().flat_map(|sort| Form::ALL.map(|form| (sort, form))) {
        let windows = sort.windows(&lengths(230));
        let params = attention_params(&windows, 9).cast::<f32>();
        assert_same(&(sort, form), || {
            step(&params, &Pool::new(), |tape| attention(tape, form, Idle(None), &windows, true))
        });
    }
}
