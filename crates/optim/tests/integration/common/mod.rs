//! Adam written down literally, element by element over the whole parameter, in f64.

use dien_optim::{Adam, AdamConfig, NonFiniteGradient, Optimizer, Real, StepReport};
pub use dien_tensor::check::{Tolerance, assert_close, close};
use dien_tensor::{Grad, Grads, ParamId, ParamKind, ParamStore};
use ndarray::{Array2, ArrayD};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

pub fn uniform(rng: &mut ChaCha8Rng, shape: &[usize], scale: f64) -> ArrayD<f64> {
    ArrayD::from_shape_simple_fn(shape, || scale * rng.random_range(-1.0..1.0))
}

/// The state of one parameter under plain Adam.
pub struct Literal {
    pub value: Vec<f64>,
    pub m: Vec<f64>,
    pub v: Vec<f64>,
}

impl Literal {
    pub fn new(value: &ArrayD<f64>) -> Self {
        let value = value.iter().copied().collect::<Vec<_>>();
        Literal { m: vec![0.0; value.len()], v: vec![0.0; value.len()], value }
    }

    /// Step `s` (from 1) of `torch.optim.AdamW` with an element's gradient `g(i)`, already clipped.
    pub fn adam(&mut self, c: &AdamConfig, s: i32, g: impl Fn(usize) -> f64) {
        let lr = c.lr * c.schedule.factor(s as u64 - 1);
        let [b1, b2] = c.betas;
        for i in 0..self.value.len() {
            self.value[i] *= 1.0 - lr * c.weight_decay;
            self.m[i] = b1 * self.m[i] + (1.0 - b1) * g(i);
            self.v[i] = b2 * self.v[i] + (1.0 - b2) * g(i) * g(i);
            let denominator = (self.v[i] / (1.0 - b2.powi(s))).sqrt() + c.eps;
            self.value[i] -= lr / (1.0 - b1.powi(s)) * self.m[i] / denominator;
        }
    }

    /// Step `s` of `torch.optim.SparseAdam`: only where there is a gradient, and with ε beside √v.
    pub fn sparse_adam(&mut self, c: &AdamConfig, s: i32, g: impl Fn(usize) -> Option<f64>) {
        let lr = c.lr * c.schedule.factor(s as u64 - 1);
        let [b1, b2] = c.betas;
        for i in 0..self.value.len() {
            let Some(g) = g(i) else { continue };
            self.value[i] *= 1.0 - lr * c.weight_decay;
            self.m[i] += (1.0 - b1) * (g - self.m[i]);
            self.v[i] += (1.0 - b2) * (g * g - self.v[i]);
            let step = lr * (1.0 - b2.powi(s)).sqrt() / (1.0 - b1.powi(s));
            self.value[i] -= step * self.m[i] / (self.v[i].sqrt() + c.eps);
        }
    }
}

/// `clip_grad_norm_`'s factor.
pub fn clip(c: &AdamConfig, g: &[f64]) -> f64 {
    let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
    c.clip_norm.map_or(1.0, |most| (most / (norm + 1e-6)).min(1.0))
}

/// A store with one parameter, and its optimiser.
pub fn single<T: Real>(
    kind: ParamKind,
    value: &ArrayD<f64>,
    config: &AdamConfig,
) -> (ParamStore<T>, Adam<T>) {
    let mut params = ParamStore::new();
    params.add("p", kind, value.mapv(T::of));
    let adam = Adam::new(&params, config.clone()).unwrap();
    (params, adam)
}

pub fn only<T: Real>(params: &ParamStore<T>) -> ParamId {
    params.id("p").unwrap()
}

/// Makes a step with the gradient of the store's only parameter.
pub fn step<T: Real>(
    adam: &mut Adam<T>,
    params: &mut ParamStore<T>,
    grad: Grad<T>,
) -> Result<StepReport, NonFiniteGradient> {
    let mut grads = Grads::none(params.len());
    grads.set(only(params), grad);
    adam.step(params, &grads)
}

pub fn dense<T: Real>(g: &ArrayD<f64>) -> Grad<T> {
    Grad::Dense(g.mapv(T::of))
}

/// The rows `ids` of a dense gradient of `width` columns.
pub fn rows<T: Real>(ids: &[u32], width: usize, g: &[f64]) -> Grad<T> {
    let rows = Array2::from_shape_fn((ids.len(), width), |(i, j)| T::of(g[ids[i] as usize * width + j]));
    Grad::Rows { ids: ids.to_vec(), rows }
}

/// The elements of m or v: `which` is `"m"` or `"v"`.
pub fn moment<T: Real>(adam: &Adam<T>, params: &ParamStore<T>, which: &str) -> Vec<f64> {
    let state = adam.state(params);
    let (_, tensor) = state.tensors.into_iter().find(|(name, _)| *name == format!("{which}/p")).unwrap();
    match tensor.data {
        dien_optim::StateData::F32(x) => x.iter().copied().map(f64::from).collect(),
        dien_optim::StateData::F64(x) => x.into_owned(),
        dien_optim::StateData::U32(_) => unreachable!(),
    }
}
