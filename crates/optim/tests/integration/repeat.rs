//! The same bits at any thread count, and after a restart.

use crate::common::*;
use dien_optim::{Adam, AdamConfig, Optimizer, OptimizerState, Real, SparseMode, StateData, StateError};
use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
use ndarray::ArrayD;
use rand::RngExt;

const ROWS: usize = 700;
const WIDTH: usize = 6;

/// A model with a table, a matrix of several chunks, a vector and a buffer.
fn model<T: Real>() -> ParamStore<T> {
    let mut rng = rng(4);
    let mut params = ParamStore::new();
    for (name, kind, shape) in [
        ("table", ParamKind::Rows, vec![ROWS, WIDTH]),
        ("matrix", ParamKind::Dense, vec![150, 160]),
        ("bias", ParamKind::Dense, vec![160]),
        ("mean", ParamKind::Buffer, vec![8]),
    ] {
        params.add(name, kind, uniform(&mut rng, &shape, 1.0).mapv(T::of));
    }
    params
}

fn config(sparse: SparseMode) -> AdamConfig {
    AdamConfig::default().with_lr(1e-2).with_weight_decay(0.1).with_clip_norm(20.0).with_sparse(sparse)
}

/// Makes the steps `steps`; a step's gradients depend on its number alone.
fn run<T: Real>(params: &mut ParamStore<T>, adam: &mut Adam<T>, steps: std::ops::Range<u64>) {
    let [table, matrix, bias] = ["table", "matrix", "bias"].map(|name| params.id(name).unwrap());
    for step in steps {
        let mut rng = rng(100 + step);
        let ids: Vec<u32> = (0..ROWS as u32).filter(|_| rng.random_bool(0.3)).collect();
        adam.prepare(params, &[(table, &ids)]);
        let mut grads = Grads::none(params.len());
        let g = uniform(&mut rng, &[ROWS, WIDTH], 1e-3);
        grads.set(table, rows(&ids, WIDTH, g.as_slice().unwrap()));
        grads.set(matrix, dense(&uniform(&mut rng, &[150, 160], 1.0)));
        grads.set(bias, Grad::Dense(uniform(&mut rng, &[160], 1.0).mapv(T::of)));
        adam.step(params, &grads).unwrap();
    }
}

fn bits<T: Real>(params: &ParamStore<T>) -> Vec<Vec<u64>> {
    params.ids().map(|id| params.data(id).iter().map(|x| x.f64().to_bits()).collect()).collect()
}

#[test]
fn threads_do_not_change_a_bit() {
    for mode in [SparseMode::Lazy, SparseMode::DenseExact] {
        let outcome = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut params = model::<f32>();
                let mut adam = Adam::new(&params, config(mode)).unwrap();
                run(&mut params, &mut adam, 0..12);
                adam.flush(&mut params);
                (bits(&params), adam.state(&params).into_owned(), adam.catch_up_stats())
            })
        };
        let one = outcome(1);
        for threads in [2, 3, 8] {
            assert!(outcome(threads) == one, "{mode:?} with {threads} threads");
        }
    }
}

fn resumes<T: Real>(mode: SparseMode, flushed: bool) {
    let mut params = model::<T>();
    let mut adam = Adam::new(&params, config(mode)).unwrap();
    run(&mut params, &mut adam, 0..9);
    if flushed {
        adam.flush(&mut params);
    }
    let (saved, saved_params) = (adam.state(&params).into_owned(), params.clone());
    run(&mut params, &mut adam, 9..20);
    adam.flush(&mut params);

    let mut again = saved_params;
    let mut resumed = Adam::new(&again, config(mode)).unwrap();
    resumed.restore(&again, saved.clone()).unwrap();
    assert_eq!((resumed.steps(), &resumed.state(&again)), (9, &saved));
    run(&mut again, &mut resumed, 9..20);
    resumed.flush(&mut again);
    assert_eq!(bits(&again), bits(&params));
    assert_eq!(resumed.state(&again), adam.state(&params));
}

#[test]
fn resuming_equals_never_having_stopped() {
    for mode in [SparseMode::Lazy, SparseMode::DenseExact] {
        for flushed in [false, true] {
            resumes::<f32>(mode, flushed);
            resumes::<f64>(mode, flushed);
        }
    }
}

/// What restoring says to a state that `change` has spoilt.
fn complaint(change: impl Fn(&mut OptimizerState), config_now: AdamConfig) -> StateError {
    let mut params = model::<f32>();
    let mut adam = Adam::new(&params, config(SparseMode::DenseExact)).unwrap();
    run(&mut params, &mut adam, 0..3);
    let mut state = adam.state(&params).into_owned();
    change(&mut state);
    let mut adam = Adam::new(&params, config_now).unwrap();
    let before = adam.state(&params).into_owned();
    let error = adam.restore(&params, state).unwrap_err();
    assert_eq!(adam.state(&params), before, "a failed restore changes nothing");
    error
}

#[test]
fn a_state_that_does_not_fit_is_an_error_that_names_the_tensor() {
    let exact = config(SparseMode::DenseExact);
    let find = |state: &mut OptimizerState, name: &str| {
        state.tensors.iter().position(|(n, _)| n == name).expect("the tensor is there")
    };
    let says = |change: &dyn Fn(&mut OptimizerState), config: &AdamConfig, expected: &str| {
        let text = complaint(change, config.clone()).to_string();
        assert!(text.contains(expected), "{text}");
    };
    says(
        &|state| state.tensors.retain(|(name, _)| name != "v/bias"),
        &exact,
        "no tensor `v/bias`, expected f32 [160]",
    );
    says(
        &|state| {
            let at = find(state, "m/table");
            state.tensors[at].1.shape = vec![WIDTH, ROWS];
        },
        &exact,
        "`m/table` is f32 [6, 700] with 4200 elements, expected f32 [700, 6]",
    );
    says(
        &|state| {
            let at = find(state, "m/bias");
            state.tensors[at].1.data = StateData::F64(vec![0.0; 160].into());
        },
        &exact,
        "`m/bias` is f64 [160]",
    );
    says(
        &|state| {
            let at = find(state, "touched/table");
            let StateData::U32(touched) = &mut state.tensors[at].1.data else { panic!("touched is u32") };
            touched.to_mut()[5] = 4;
        },
        &exact,
        "`touched/table` has 4 at 5, expected a step from 0 to 3",
    );
    says(&|state| state.step = 2, &exact, "`history/steps` is 3 steps, expected at most the 2 steps made");
    says(&|_| (), &config(SparseMode::Lazy), "unexpected tensor `history/moments`");
    says(&|_| (), &exact.clone().with_eps(1e-6), "`eps` was 0.00000001 when it was saved");
}

#[test]
fn a_table_called_like_the_history_resumes_after_it_has_grown() {
    for name in ["steps", "moments", "options"] {
        let store = |rows: usize| {
            let mut params = ParamStore::<f32>::new();
            params.add(name, ParamKind::Rows, ArrayD::ones(vec![rows, 2]));
            params
        };
        let mut params = store(4);
        let mut adam = Adam::new(&params, AdamConfig::default()).unwrap();
        let id = params.ids().next().unwrap();
        for _ in 0..3 {
            let mut grads = Grads::none(1);
            grads.set(id, rows(&[1], 2, &[0.5; 8]));
            adam.step(&mut params, &grads).unwrap();
        }
        let mut state = adam.state(&params).into_owned();
        state.grow(name, 9);
        let params = store(9);
        let mut resumed = Adam::new(&params, AdamConfig::default()).unwrap();
        resumed.restore(&params, state).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(resumed.steps(), 3);
    }
}

#[test]
fn an_optimiser_is_bound_to_its_store() {
    let params = model::<f32>();
    let adam = Adam::new(&params, AdamConfig::default()).unwrap();
    let mut other = params.clone();
    other.add("late", ParamKind::Dense, ArrayD::zeros(vec![1]));
    let outcome = std::panic::catch_unwind(|| adam.state(&other));
    assert!(outcome.is_err());
}
