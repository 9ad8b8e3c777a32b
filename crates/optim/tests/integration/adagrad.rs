//! Adagrad against its formula as PyTorch's documentation writes it, and what it shares with Adam.

use crate::common::*;
use dien_optim::{Adagrad, AdagradConfig, Optimizer, Real, Schedule, StateError};
use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
use ndarray::{ArrayD, array};
use rand::RngExt;

fn config() -> AdagradConfig {
    let mut config = AdagradConfig::default();
    (config.lr, config.clip_norm) = (0.1, Some(2.0));
    config.schedule = Schedule::StepDecay { factor: 0.5, period: 20 };
    config
}

/// state_sumₜ = state_sumₜ₋₁ + gₜ²; θₜ = θₜ₋₁ − γ̃ gₜ / (√state_sumₜ + ε), in f64 and element by element.
fn literally(config: &AdagradConfig, s: u64, value: &mut [f64], sums: &mut [f64], g: &[f64]) {
    let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
    let scale = config.clip_norm.map_or(1.0, |most| (most / (norm + 1e-6)).min(1.0));
    let rate = config.lr * config.schedule.factor(s);
    for i in 0..value.len() {
        sums[i] += (g[i] * scale).powi(2);
        value[i] -= rate * g[i] * scale / (sums[i].sqrt() + config.eps);
    }
}

fn store<T: Real>(kind: ParamKind, start: &ArrayD<f64>) -> (ParamStore<T>, Adagrad<T>) {
    let mut params = ParamStore::new();
    params.add("p", kind, start.mapv(T::of));
    let adagrad = Adagrad::new(&params, config()).unwrap();
    (params, adagrad)
}

fn make<T: Real>(adagrad: &mut Adagrad<T>, params: &mut ParamStore<T>, grad: Grad<T>) {
    let mut grads = Grads::none(params.len());
    grads.set(only(params), grad);
    adagrad.step(params, &grads).unwrap();
}

/// Rows of a table move as in the whole table, though each step sees some of them alone.
fn follows<T: Real>(kind: ParamKind, tolerance: f64) {
    let (n, width) = (3000, 5);
    let mut rng = rng(3);
    let start = uniform(&mut rng, &[n, width], 1.0);
    let (mut params, mut adagrad) = store::<T>(kind, &start);
    let mut value = start.as_slice().unwrap().to_vec();
    let mut sums = vec![0.0; value.len()];
    for s in 0..50 {
        let ids: Vec<u32> = (0..n as u32).filter(|_| rng.random_bool(0.3)).collect();
        let mut g = vec![0.0; value.len()];
        for &id in &ids {
            g[id as usize * width..][..width].fill_with(|| rng.random_range(-1.0..1.0));
        }
        literally(&config(), s, &mut value, &mut sums, &g);
        let grad = match kind {
            ParamKind::Rows => rows(&ids, width, &g),
            _ => dense(&ArrayD::from_shape_vec(vec![n, width], g).unwrap()),
        };
        make(&mut adagrad, &mut params, grad);
    }
    let tolerance = Tolerance::OfLargest(tolerance);
    assert_close(params.data(only(&params)), &value, tolerance, format_args!("{kind:?}"));
}

#[test]
fn follows_the_formula() {
    for kind in [ParamKind::Dense, ParamKind::Rows] {
        follows::<f64>(kind, 1e-13);
        follows::<f32>(kind, 3e-6);
    }
}

/// θ = 1, g = 1, lr = 0.1: 1 − 0.1 (1 + 1/√2 + 1/√3) after three steps.
#[test]
fn three_steps_by_hand() {
    let mut params = ParamStore::<f64>::new();
    params.add("p", ParamKind::Dense, array![1.0].into_dyn());
    let mut config = AdagradConfig::default();
    config.lr = 0.1;
    let mut adagrad = Adagrad::new(&params, config).unwrap();
    for _ in 0..3 {
        make(&mut adagrad, &mut params, Grad::Dense(array![1.0].into_dyn()));
    }
    let expected = 1.0 - 0.1 * (1.0 + 0.5f64.sqrt() + (1.0 / 3.0f64).sqrt());
    assert_close(params.data(only(&params)), &[expected], 1e-9, "three steps");
}

#[test]
fn goes_on_from_its_state_bit_for_bit() {
    let start = ArrayD::from_elem(vec![4, 2], 1.0);
    let grad = |s: u64| Grad::Rows { ids: vec![0, 3], rows: array![[1.0, s as f32], [0.5, -1.0]] };
    let (mut params, mut adagrad) = store::<f32>(ParamKind::Rows, &start);
    (0..5).for_each(|s| make(&mut adagrad, &mut params, grad(s)));
    let (mut resumed, state) = (params.clone(), adagrad.state(&params).into_owned());
    let mut again = Adagrad::new(&resumed, config()).unwrap();
    again.restore(&resumed, state.clone()).unwrap();
    for s in 5..30 {
        make(&mut adagrad, &mut params, grad(s));
        make(&mut again, &mut resumed, grad(s));
    }
    assert_eq!(params.data(only(&params)), resumed.data(only(&resumed)));
    assert_eq!((again.steps(), again.state(&resumed)), (30, adagrad.state(&params)));
    let mut of_adam = state;
    of_adam.tensors[0].0 = "m/p".into();
    let error = again.restore(&resumed, of_adam).unwrap_err();
    assert!(matches!(error, StateError::Missing { name, .. } if name == "sum/p"));
}

#[test]
fn bad_gradients_and_options_are_named() {
    let (mut params, mut adagrad) = store::<f32>(ParamKind::Dense, &ArrayD::ones(vec![2]));
    let mut grads = Grads::none(1);
    grads.set(only(&params), Grad::Dense(array![1.0, f32::NAN].into_dyn()));
    let error = adagrad.step(&mut params, &grads).unwrap_err();
    assert_eq!((error.parameter.as_str(), error.step), ("p", 1));
    assert_eq!((params.data(only(&params)), adagrad.steps()), (&[1.0, 1.0][..], 0));
    let mut bad = config();
    bad.eps = 0.0;
    assert_eq!(Adagrad::new(&params, bad).unwrap_err().option, "eps");
}

#[test]
#[should_panic(expected = "Adagrad: a gradient [2] for p, which is [3]")]
fn a_gradient_of_another_shape_panics() {
    let (mut params, mut adagrad) = store::<f32>(ParamKind::Dense, &ArrayD::zeros(vec![3]));
    make(&mut adagrad, &mut params, Grad::Dense(ArrayD::zeros(vec![2])));
}
