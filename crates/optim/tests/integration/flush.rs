//! What bringing rows up to date costs, and what a mistake leaves behind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::*;
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Grad, ParamKind, ParamStore};
use ndarray::{ArrayD, array};

const ROWS: usize = 5000;

fn table(config: &AdamConfig) -> (ParamStore<f32>, Adam<f32>) {
    single::<f32>(ParamKind::Rows, &uniform(&mut rng(1), &[ROWS, 2], 1.0), config)
}

/// A step with a gradient of these rows.
fn touch(adam: &mut Adam<f32>, params: &mut ParamStore<f32>, ids: &[u32], g: f64) {
    step(adam, params, rows(ids, 2, &vec![g; 2 * ROWS])).unwrap();
}

#[test]
fn a_flush_costs_the_rows_that_ever_had_a_gradient() {
    let config = AdamConfig::default();
    let (mut params, mut adam) = table(&config);
    let id = only(&params);
    touch(&mut adam, &mut params, &[7, 4000], 0.1);
    touch(&mut adam, &mut params, &[7], 0.1);
    // Reading rows without a past costs nothing either.
    adam.prepare(&mut params, &[(id, &(0..ROWS as u32).collect::<Vec<_>>())]);
    assert_eq!(adam.catch_up_stats().rows, 1, "row 4000 alone had missed a step");
    touch(&mut adam, &mut params, &[9], 0.1);
    adam.flush(&mut params);
    assert_eq!(adam.catch_up_stats().rows, 3, "and now 7 and 4000 had");
    adam.flush(&mut params);
    assert_eq!(adam.catch_up_stats().rows, 3, "nothing is left");
    // From a state as well.
    let mut resumed = Adam::new(&params, config).unwrap();
    resumed.restore(&params, adam.state(&params)).unwrap();
    touch(&mut resumed, &mut params, &[11], 0.1);
    resumed.flush(&mut params);
    assert_eq!(resumed.catch_up_stats().rows, 3, "7, 9 and 4000");
}

#[test]
fn where_rows_decay_each_of_them_moves() {
    let config = AdamConfig::default().with_weight_decay(0.1);
    let (mut params, mut adam) = table(&config);
    let before = params.data(only(&params))[0];
    touch(&mut adam, &mut params, &[7], 0.1);
    adam.flush(&mut params);
    assert_eq!(adam.catch_up_stats().rows, ROWS as u64 - 1);
    assert_close(
        params.data(only(&params)).first_chunk::<1>().unwrap(),
        &[f64::from(before) * (1.0 - 1e-4)],
        1e-7,
        "row 0",
    );
}

#[test]
fn after_a_dense_gradient_each_row_has_a_past() {
    let (mut params, mut adam) = table(&AdamConfig::default());
    step(&mut adam, &mut params, dense(&ArrayD::ones(vec![ROWS, 2]))).unwrap();
    touch(&mut adam, &mut params, &[7], 0.1);
    adam.flush(&mut params);
    assert_eq!(adam.catch_up_stats().rows, ROWS as u64 - 1);
}

/// Whoever catches the panic over a row that is not there has the optimiser that it had.
#[test]
fn a_panic_over_a_row_changes_nothing() {
    for sparse in [SparseMode::DenseExact, SparseMode::Lazy] {
        let outcome = |mistake: bool| {
            let mut params = ParamStore::<f32>::new();
            let [a, b] = ["a", "b"].map(|name| params.add(name, ParamKind::Rows, ArrayD::ones(vec![3, 1])));
            let mut adam = Adam::new(&params, AdamConfig::default().with_sparse(sparse)).unwrap();
            for ids in [vec![0, 1, 2], vec![0], vec![2]] {
                let n = ids.len();
                let mut grads = dien_tensor::Grads::none(2);
                for id in [a, b] {
                    grads.set(
                        id,
                        Grad::Rows {
                            ids: ids.clone(),
                            rows: array![[1.0], [0.5], [0.1]].slice_move(ndarray::s![..n, ..]),
                        },
                    );
                }
                adam.step(&mut params, &grads).unwrap();
                if mistake {
                    let read: [(_, &[u32]); 2] = [(a, &[1, 0]), (b, &[1, 99])];
                    let panic = catch_unwind(AssertUnwindSafe(|| adam.prepare(&mut params, &read)));
                    let text = *panic.unwrap_err().downcast::<String>().unwrap();
                    assert_eq!(text, "Adam: row 99 of b, whose shape is [3, 1]");
                }
            }
            let state = adam.state(&params).into_owned();
            adam.flush(&mut params);
            (state, params.data(a).to_vec(), params.data(b).to_vec())
        };
        assert_eq!(outcome(true), outcome(false), "{sparse:?}");
    }
}

#[test]
fn a_row_may_be_read_twice() {
    let outcome = |ids: &[u32]| {
        let (mut params, mut adam) = table(&AdamConfig::default());
        touch(&mut adam, &mut params, &[3, 7], 0.1);
        touch(&mut adam, &mut params, &[3], 0.1);
        let id = only(&params);
        adam.prepare(&mut params, &[(id, ids)]);
        (params.data(id).to_vec(), adam.catch_up_stats())
    };
    assert_eq!(outcome(&[7, 3, 7, 7, 3]), outcome(&[3, 7]));
    assert_eq!(outcome(&[7]).1.rows, 1);
}
