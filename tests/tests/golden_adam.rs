//! Adam against PyTorch's `Adam`, `AdamW` and `SparseAdam`: the parameters after each of ten steps.

use dien_cells::Real;
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
use dien_tests::golden::Golden;
use ndarray::{Array2, Axis};

fn config(golden: &Golden, weight_decay: bool, sparse: SparseMode) -> AdamConfig {
    let betas = golden.array::<f64>("betas");
    AdamConfig::default()
        .with_lr(golden.scalar("lr"))
        .with_betas([betas[0], betas[1]])
        .with_eps(golden.scalar("eps"))
        .with_weight_decay(if weight_decay { golden.scalar("weight_decay") } else { 0.0 })
        .with_sparse(sparse)
}

fn dense<T: Real + dien_optim::Real>(weight_decay: bool) {
    let golden = Golden::load("adam");
    // AdamW here leaves vectors and scalars out.
    let columns =
        [("matrix", if weight_decay { "adamw" } else { "adam" }), ("vector", "adam"), ("scalar", "adam")];
    let mut params = ParamStore::<T>::new();
    for (name, _) in columns {
        params.add(name, ParamKind::Dense, golden.array(&format!("{name}.start")));
    }
    let mut adam = Adam::new(&params, config(&golden, weight_decay, SparseMode::DenseExact)).unwrap();
    for step in 0..10 {
        let mut grads = Grads::none(params.len());
        for (id, (name, _)) in params.ids().zip(columns) {
            let all = golden.array::<T>(&format!("{name}.grad"));
            grads.set(id, Grad::Dense(all.index_axis(Axis(0), step).to_owned()));
        }
        adam.step(&mut params, &grads).unwrap();
        for (id, (name, column)) in params.ids().zip(columns) {
            golden.check_step(&format!("{name}.{column}"), step, params.value(id));
        }
    }
}

/// A table's rows, read before each step like a forward pass does; `flush` after every step or after the
/// last.
fn rows<T: Real + dien_optim::Real>(column: &str, sparse: SparseMode, flush_each: bool) {
    let golden = Golden::load("adam");
    let mut params = ParamStore::<T>::new();
    let id = params.add("table", ParamKind::Rows, golden.array("table.start"));
    let mut adam = Adam::new(&params, config(&golden, column == "adamw", sparse)).unwrap();
    let all = golden.array::<T>("table.grad");
    let touched = golden.ids("table.touched");
    let (count, width) = (params.shape(id)[0], params.shape(id)[1]);
    for step in 0..10 {
        let here = &touched[step * count..][..count];
        let ids: Vec<u32> = (0..count as u32).filter(|&row| here[row as usize] == 1).collect();
        let mut gradient = Array2::zeros((ids.len(), width));
        for (mut row, &id) in gradient.rows_mut().into_iter().zip(&ids) {
            row.iter_mut().enumerate().for_each(|(i, g)| *g = all[[step, id as usize, i]]);
        }
        adam.prepare(&mut params, &[(id, &ids)]);
        let mut grads = Grads::none(params.len());
        grads.set(id, Grad::Rows { ids, rows: gradient });
        adam.step(&mut params, &grads).unwrap();
        if flush_each || step == 9 {
            adam.flush(&mut params);
            golden.check_step(&format!("table.{column}"), step, params.value(id));
        }
    }
}

#[test]
fn adam() {
    dense::<f64>(false);
    dense::<f32>(false);
}

#[test]
fn adamw() {
    dense::<f64>(true);
    dense::<f32>(true);
}

#[test]
fn sparse_adam() {
    for flush_each in [false, true] {
        rows::<f64>("lazy", SparseMode::Lazy, flush_each);
        rows::<f32>("lazy", SparseMode::Lazy, flush_each);
    }
}

#[test]
fn rows_move_as_in_the_dense_table() {
    for (column, flush_each) in [("adam", false), ("adam", true), ("adamw", false), ("adamw", true)] {
        rows::<f64>(column, SparseMode::DenseExact, flush_each);
        rows::<f32>(column, SparseMode::DenseExact, flush_each);
    }
}
