//! Dense and lazy steps against plain Adam and SparseAdam.

use crate::common::*;
use dien_optim::{AdamConfig, Optimizer, Real, Schedule, SparseMode};
use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
use ndarray::{ArrayD, array};
use rand::RngExt;

fn configs() -> [AdamConfig; 4] {
    let default = AdamConfig::default().with_lr(1e-2);
    let schedule = Schedule::WarmupCosine { warmup: 5, total: 40, floor: 0.1 };
    [
        default.clone(),
        default.clone().with_weight_decay(0.1).with_betas([0.8, 0.95]),
        default.clone().with_clip_norm(2.0).with_eps(1e-2),
        default.with_schedule(schedule).with_weight_decay(0.5).with_clip_norm(1.0),
    ]
}

fn dense_follows_adam<T: Real>(tolerance: f64) {
    let mut rng = rng(1);
    for config in configs() {
        let start = uniform(&mut rng, &[7, 11], 1.0);
        let mut literal = Literal::new(&start);
        let (mut params, mut adam) = single::<T>(ParamKind::Dense, &start, &config);
        for s in 1..=50 {
            let g = uniform(&mut rng, &[7, 11], 1.0);
            let flat = g.as_slice().unwrap();
            let scale = clip(&config, flat);
            literal.adam(&config, s, |i| scale * flat[i]);
            let report = step(&mut adam, &mut params, dense(&g)).unwrap();
            assert_close(&[report.clip_scale], &[scale], 1e-6, "clipping");
            assert_eq!(report.rate, config.lr * config.schedule.factor(s as u64 - 1));
        }
        let tolerance = Tolerance::OfLargest(tolerance);
        assert_close(params.data(only(&params)), &literal.value, tolerance, "value");
        assert_close(&moment(&adam, &params, "v"), &literal.v, tolerance, "v");
    }
}

#[test]
fn dense_parameters_follow_adam() {
    dense_follows_adam::<f64>(1e-13);
    dense_follows_adam::<f32>(3e-6);
}

fn lazy_follows_sparse_adam<T: Real>(tolerance: f64) {
    let mut rng = rng(2);
    let (n, width) = (100, 5);
    for config in configs() {
        let config = config.with_sparse(SparseMode::Lazy);
        let start = uniform(&mut rng, &[n, width], 1.0);
        let mut literal = Literal::new(&start);
        let (mut params, mut adam) = single::<T>(ParamKind::Rows, &start, &config);
        for s in 1..=50 {
            // Gradients near ε in some rows: there it shows where ε stands.
            let mut g = uniform(&mut rng, &[n, width], 1.0);
            g.rows_mut().into_iter().enumerate().for_each(|(i, mut row)| row *= 10f64.powi(-(i as i32 % 10)));
            let ids: Vec<u32> = (0..n as u32).filter(|_| s == 9 || rng.random_bool(0.7)).collect();
            let hit = |i: usize| ids.contains(&((i / width) as u32));
            let flat: Vec<f64> =
                (0..n * width).map(|i| if hit(i) { g.as_slice().unwrap()[i] } else { 0.0 }).collect();
            let scale = clip(&config, &flat);
            literal.sparse_adam(&config, s, |i| hit(i).then_some(scale * flat[i]));
            // Step 9 brings a dense gradient: then every row is touched.
            let grad = if s == 9 { dense(&g) } else { rows(&ids, width, &flat) };
            let id = only(&params);
            adam.prepare(&mut params, &[(id, &ids)]);
            step(&mut adam, &mut params, grad).unwrap();
        }
        let before = params.data(only(&params)).to_vec();
        adam.flush(&mut params);
        assert_eq!(params.data(only(&params)), before, "there is nothing to catch up");
        let tolerance = Tolerance::OfLargest(tolerance);
        assert_close(&before, &literal.value, tolerance, "value");
        assert_close(&moment(&adam, &params, "m"), &literal.m, tolerance, "m");
    }
}

#[test]
fn lazy_tables_follow_sparse_adam() {
    lazy_follows_sparse_adam::<f64>(1e-12);
    lazy_follows_sparse_adam::<f32>(3e-6);
}

#[test]
fn the_norm_spans_all_parameters() {
    let mut params = ParamStore::<f64>::new();
    let a = params.add("a", ParamKind::Dense, ArrayD::zeros(vec![1]));
    let b = params.add("b", ParamKind::Rows, ArrayD::zeros(vec![9, 1]));
    let config = AdamConfig::default().with_clip_norm(1.0).with_weight_decay(0.5);
    let mut adam = dien_optim::Adam::new(&params, config).unwrap();
    let mut grads = Grads::none(2);
    grads.set(a, Grad::Dense(array![3.0].into_dyn()));
    grads.set(b, Grad::Rows { ids: vec![4], rows: array![[4.0]] });
    let report = adam.step(&mut params, &grads).unwrap();
    assert_eq!(report.grad_norm, 5.0);
    assert_eq!(report.clip_scale, 1.0 / (5.0 + 1e-6));
}

#[test]
fn vectors_do_not_decay_and_parameters_without_gradient_stand_still() {
    let config = AdamConfig::default().with_weight_decay(0.5);
    let mut params = ParamStore::<f64>::new();
    let bias = params.add("bias", ParamKind::Dense, ArrayD::ones(vec![3]));
    let matrix = params.add("matrix", ParamKind::Dense, ArrayD::ones(vec![1, 3]));
    let idle = params.add("idle", ParamKind::Dense, ArrayD::ones(vec![1, 3]));
    let buffer = params.add("buffer", ParamKind::Buffer, ArrayD::ones(vec![3]));
    let mut adam = dien_optim::Adam::new(&params, config).unwrap();
    let mut grads = Grads::none(4);
    grads.set(bias, Grad::Dense(ArrayD::zeros(vec![3])));
    grads.set(matrix, Grad::Dense(ArrayD::zeros(vec![1, 3])));
    adam.step(&mut params, &grads).unwrap();
    assert_eq!(params.data(matrix), [1.0 - 0.5e-3; 3]);
    for id in [bias, idle, buffer] {
        assert_eq!(params.data(id), [1.0; 3]);
    }
}

#[test]
fn a_gradient_that_is_not_finite_is_an_error_and_changes_nothing() {
    let start = ArrayD::ones(vec![2, 2]);
    for bad in [f32::NAN, f32::INFINITY] {
        let (mut params, mut adam) = single::<f32>(ParamKind::Rows, &start, &AdamConfig::default());
        let before = adam.state(&params).into_owned();
        let grad = Grad::Rows { ids: vec![1], rows: array![[1.0, bad]] };
        let error = step(&mut adam, &mut params, grad).unwrap_err();
        assert!(error.to_string().starts_with("step 1: the gradient of p has a NaN"), "{error}");
        assert_eq!((params.data(only(&params)), adam.state(&params)), (&[1.0; 4][..], before));
    }
}

#[test]
#[should_panic(expected = "Adam: a gradient [2] for p, which is [3]")]
fn a_gradient_of_another_shape_panics() {
    let (mut params, mut adam) =
        single::<f32>(ParamKind::Dense, &ArrayD::zeros(vec![3]), &AdamConfig::default());
    let _ = step(&mut adam, &mut params, Grad::Dense(ArrayD::zeros(vec![2])));
}

#[test]
#[should_panic(expected = "Adam: row 7 of p, whose shape is [3, 1]")]
fn a_row_that_is_not_there_panics() {
    let config = AdamConfig::default();
    let (mut params, mut adam) = single::<f32>(ParamKind::Rows, &ArrayD::zeros(vec![3, 1]), &config);
    adam.step(&mut params, &Grads::none(1)).unwrap();
    let id = only(&params);
    adam.prepare(&mut params, &[(id, &[7])]);
}
