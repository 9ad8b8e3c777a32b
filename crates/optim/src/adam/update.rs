//! The step of Adam on elements that have a gradient: one pass over value, m and v.

use dien_kernels::par::{for_tasks, per_task};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::Real;

use crate::AdamConfig;

/// Elements that a thread takes at a time.
const CHUNK: usize = 8192;

/// θ ← θ − shrink·θ − step · m / (root·√v + ε), after m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², g =
/// scale · gradient.
#[derive(Clone, Copy)]
pub(super) struct Update<T> {
    beta1: T,
    beta1_rest: T,
    beta2: T,
    beta2_rest: T,
    step: T,
    root: T,
    eps: T,
    /// lr·λ, not 1 − lr·λ: rounded to f32 that would be off by 3e-8 in every step, always the same way.
    shrink: T,
    scale: T,
}

impl<T: Real> Update<T> {
    /// Step `s` (from 1) of Adam: `m̂ / (√v̂ + ε)`, shrinking by `shrink` of the value.
    pub(super) fn dense(config: &AdamConfig, s: u64, rate: f64, scale: f64, shrink: f64) -> Self {
        let [bias1, bias2] = config.betas.map(|beta| 1.0 - power(beta, s));
        Self::new(config, rate / bias1, 1.0 / bias2.sqrt(), scale, shrink)
    }

    /// Step `s` of `SparseAdam`, whose ε stands beside √v: `√(1−β₂ˢ)/(1−β₁ˢ) · m / (√v + ε)`.
    pub(super) fn lazy(config: &AdamConfig, s: u64, rate: f64, scale: f64, shrink: f64) -> Self {
        let [bias1, bias2] = config.betas.map(|beta| 1.0 - power(beta, s));
        Self::new(config, rate * bias2.sqrt() / bias1, 1.0, scale, shrink)
    }

    fn new(config: &AdamConfig, step: f64, root: f64, scale: f64, shrink: f64) -> Self {
        let [beta1, beta2] = config.betas;
        Update {
            beta1: T::of(beta1),
            beta1_rest: T::of(1.0 - beta1),
            beta2: T::of(beta2),
            beta2_rest: T::of(1.0 - beta2),
            step: T::of(step),
            root: T::of(root),
            eps: T::of(config.eps),
            shrink: T::of(shrink),
            scale: T::of(scale),
        }
    }

    /// The step on slices of one length.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(&self, value: &mut [T], m: &mut [T], v: &mut [T], g: &[T]) {
        let n = value.len();
        let (m, v, g) = (&mut m[..n], &mut v[..n], &g[..n]);
        for i in 0..n {
            let g = g[i] * self.scale;
            m[i] = normal(math::mul_add::<T, S>(self.beta1, m[i], self.beta1_rest * g));
            v[i] = normal(math::mul_add::<T, S>(self.beta2, v[i], self.beta2_rest * g * g));
            let denominator = math::mul_add::<T, S>(v[i].sqrt(), self.root, self.eps);
            value[i] -= math::mul_add::<T, S>(self.shrink, value[i], self.step * m[i] / denominator);
        }
    }

    /// The step on a whole parameter, in parallel.
    pub(super) fn apply_dense(self, value: &mut [T], m: &mut [T], v: &mut [T], g: &[T]) {
        let tasks = value.len().div_ceil(CHUNK);
        let parts = (per_task(value, CHUNK), per_task(m, CHUNK), per_task(v, CHUNK), per_task(g, CHUNK));
        for_tasks(tasks, parts, &|_, (value, m, v, g)| dispatch(DenseChunk { update: self, value, m, v, g }));
    }
}

struct DenseChunk<'a, T> {
    update: Update<T>,
    value: &'a mut [T],
    m: &'a mut [T],
    v: &'a mut [T],
    g: &'a [T],
}

impl<T: Real> Kernel<T> for DenseChunk<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        self.update.apply::<S>(self.value, self.m, self.v, self.g);
    }
}

/// A moment that has decayed below the normal numbers is 0: arithmetic on subnormal numbers is a hundred
/// times slower.
#[inline(always)]
pub(super) fn normal<T: Real>(x: T) -> T {
    if x.abs() < T::min_positive_value() { T::zero() } else { x }
}

/// βⁿ
pub(super) fn power(beta: f64, n: u64) -> f64 {
    beta.powi(i32::try_from(n).unwrap_or(i32::MAX))
}
