//! Gradients and options at the ends of their ranges: a step stays a step, and what cannot be made is an
//! error.

use crate::common::*;
use dien_optim::{Adagrad, AdagradConfig, AdamConfig, Optimizer, Real, SparseMode};
use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
use ndarray::{ArrayD, array};

const LR: f64 = 1e-3;

/// The first step of Adam and of Adagrad from 0 with a gradient, or the error's text.
fn first_steps<T: Real>(eps: f64, kind: ParamKind, sparse: SparseMode, g: f64) -> [Result<f64, String>; 2] {
    let mut params = ParamStore::<T>::new();
    let id = params.add("p", kind, ArrayD::zeros(vec![1, 1]));
    let config = AdamConfig::default().with_lr(LR).with_eps(eps).with_sparse(sparse);
    let mut adam = dien_optim::Adam::new(&params, config).unwrap();
    let mut adagrad = Adagrad::new(&params, AdagradConfig::default().with_lr(LR).with_eps(eps)).unwrap();
    let optimizers: [&mut dyn Optimizer<T>; 2] = [&mut adam, &mut adagrad];
    optimizers.map(|optimizer| {
        let mut own = params.clone();
        let mut grads = Grads::none(1);
        grads.set(id, Grad::Rows { ids: vec![0], rows: array![[T::of(g)]] });
        let made = optimizer.step(&mut own, &grads);
        made.map(|_| own.data(id)[0].f64()).map_err(|error| error.to_string())
    })
}

/// |lr g / (√g² + ε)| is at most lr, whatever g is.
#[test]
fn no_gradient_moves_further_than_the_rate() {
    for eps in [1e-15, 1e-8, 1.0] {
        for (kind, sparse) in [
            (ParamKind::Dense, SparseMode::DenseExact),
            (ParamKind::Rows, SparseMode::DenseExact),
            (ParamKind::Rows, SparseMode::Lazy),
        ] {
            for decade in -45..=19 {
                for g in [1.0, -1.2].map(|g: f64| g * 10f64.powi(decade)) {
                    for moved in first_steps::<f32>(eps, kind, sparse, g) {
                        let moved = moved.unwrap();
                        let back = moved == 0.0 || (moved < 0.0) == (g > 0.0);
                        assert!(moved.abs() <= 1.0001 * LR && back, "eps {eps:e}, g {g:e}: {moved:e}");
                    }
                }
            }
        }
    }
}

#[test]
fn smaller_eps_is_refused() {
    let params = ParamStore::<f32>::new();
    for eps in [0.0, 1e-30, 9e-16, f64::NAN] {
        let adam = dien_optim::Adam::new(&params, AdamConfig::default().with_eps(eps));
        let adagrad = Adagrad::new(&params, AdagradConfig::default().with_eps(eps));
        assert_eq!([adam.unwrap_err().option, adagrad.unwrap_err().option], ["eps", "eps"]);
    }
}

/// g² is infinite, and with it would be v for ever.
#[test]
fn a_gradient_without_a_finite_square_is_an_error_and_changes_nothing() {
    for kind in [ParamKind::Dense, ParamKind::Rows] {
        for g in [1.4e19, -6e20, 3e38] {
            for result in first_steps::<f32>(1e-8, kind, SparseMode::DenseExact, g) {
                let text = result.unwrap_err();
                let expected = "step 1: the gradient of p has a number whose square is infinite";
                assert!(text.starts_with(expected), "{text}");
            }
        }
        assert!(first_steps::<f32>(1e-8, kind, SparseMode::DenseExact, f64::NAN)[0].is_err());
        assert!(first_steps::<f64>(1e-8, kind, SparseMode::DenseExact, 3e38).iter().all(Result::is_ok));
    }
    let mut params = ParamStore::<f32>::new();
    let [a, b] = ["a", "b"].map(|name| params.add(name, ParamKind::Dense, ArrayD::zeros(vec![2])));
    let mut adam = dien_optim::Adam::new(&params, AdamConfig::default()).unwrap();
    let before = (params.data(a).to_vec(), adam.state(&params).into_owned());
    let mut grads = Grads::none(2);
    grads.set(a, Grad::Dense(array![1.0, 1.0].into_dyn()));
    grads.set(b, Grad::Dense(array![1.0, 1e21].into_dyn()));
    let error = adam.step(&mut params, &grads).unwrap_err();
    assert_eq!((error.parameter.as_str(), error.square), ("b", true));
    assert_eq!((params.data(a).to_vec(), adam.state(&params)), before);
}

/// What the largest gradients leave behind dies out: later steps move the parameter.
#[test]
fn a_large_gradient_freezes_nothing() {
    let largest = 1.3e19;
    let config = AdamConfig::default().with_betas([0.9, 0.95]).with_sparse(SparseMode::Lazy);
    let (mut params, mut adam) = single::<f32>(ParamKind::Dense, &ArrayD::zeros(vec![1]), &config);
    let mut of = |g: f64| {
        step(&mut adam, &mut params, dense(&array![g].into_dyn())).unwrap();
        let id = only(&params);
        f64::from(params.data(id)[0])
    };
    (0..300).for_each(|_| assert!(of(largest).is_finite()));
    let before = (0..3000).map(|_| of(1.0)).last().unwrap();
    assert!(of(1.0) < before - 0.9 * config.lr, "{before}");
}

#[test]
fn what_clipping_scales_down_is_no_error() {
    let config = AdamConfig::default().with_clip_norm(1.0);
    for g in [1e21, 3e38] {
        let (mut params, mut adam) = single::<f32>(ParamKind::Dense, &ArrayD::zeros(vec![1]), &config);
        let report = step(&mut adam, &mut params, dense(&array![g].into_dyn())).unwrap();
        assert_close(&[report.clip_scale * g], &[1.0], 1e-6, "the clipped gradient");
        assert_close(params.data(only(&params)), &[-1e-3], 1e-6, "a step");
    }
}
