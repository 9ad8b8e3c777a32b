//! Adagrad.

use dien_kernels::concrete;
use dien_kernels::inline::zip;
use dien_kernels::par::{for_tasks, per_task};
use dien_tensor::{Grad, Grads, ParamId, ParamKind, ParamStore, Real};
use serde::{Deserialize, Serialize};

use crate::begin::Begin;
use crate::tensors::Tensors;
use crate::{
    ConfigError, NonFiniteGradient, Optimizer, OptimizerState, Schedule, StateError, StateTensor, StepReport,
    clip, ranges,
};

/// Elements that a thread takes at a time.
const CHUNK: usize = 8192;

/// Options of [`Adagrad`]; the defaults are those of PyTorch's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdagradConfig {
    /// The learning rate, which the schedule multiplies; 0.01.
    pub lr: f64,
    /// ε, added to √s; 1e-10.
    pub eps: f64,
    /// Gradients whose global norm is larger are scaled down to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// How the learning rate changes over time.
    pub schedule: Schedule,
}

impl Default for AdagradConfig {
    fn default() -> Self {
        AdagradConfig { lr: 1e-2, eps: 1e-10, clip_norm: None, schedule: Schedule::default() }
    }
}

impl AdagradConfig {
    /// The same with another [`lr`](Self#structfield.lr).
    #[must_use]
    pub fn with_lr(self, lr: f64) -> Self {
        AdagradConfig { lr, ..self }
    }

    /// The same with another [`eps`](Self#structfield.eps).
    #[must_use]
    pub fn with_eps(self, eps: f64) -> Self {
        AdagradConfig { eps, ..self }
    }

    /// The same with another [`clip_norm`](Self#structfield.clip_norm).
    #[must_use]
    pub fn with_clip_norm(self, clip_norm: impl Into<Option<f64>>) -> Self {
        AdagradConfig { clip_norm: clip_norm.into(), ..self }
    }

    /// The same with another [`schedule`](Self#structfield.schedule).
    #[must_use]
    pub fn with_schedule(self, schedule: Schedule) -> Self {
        AdagradConfig { schedule, ..self }
    }

    /// Checks that every option has a possible value.
    ///
    /// # Errors
    /// Names the first option that has not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::unless_number(ranges::LR, "lr", self.lr)?;
        ConfigError::unless_number(ranges::EPS, "eps", self.eps)?;
        clip::validate(self.clip_norm)?;
        self.schedule.validate()
    }
}

/// Adagrad (Duchi, Hazan and Singer, 2011), as PyTorch has it:
///
/// ```text
/// s ← s + g²    θ ← θ − lr · g / (√s + ε)
/// ```
///
/// Where g is 0 nothing moves: a step on the touched rows of a table is the step on all of it, and rows have
/// nothing to catch up.
#[derive(Clone, Debug)]
pub struct Adagrad<T> {
    config: AdagradConfig,
    steps: u64,
    /// s of each parameter; empty for a buffer.
    sums: Vec<Vec<T>>,
    /// Partial sums of the norm.
    parts: Vec<f64>,
}

impl<T: Real> Adagrad<T> {
    /// An optimiser for these parameters, with all sums zero.
    ///
    /// # Errors
    /// If an option has an impossible value.
    pub fn new(params: &ParamStore<T>, config: AdagradConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let sums = params.ids().map(|id| vec![T::zero(); trained(params, id)]).collect();
        Ok(Adagrad { config, steps: 0, sums, parts: Vec::new() })
    }

    /// The options.
    pub fn config(&self) -> &AdagradConfig {
        &self.config
    }

    #[track_caller]
    fn check_store(&self, params: &ParamStore<T>) {
        assert!(
            params.ids().map(|id| trained(params, id)).eq(self.sums.iter().map(Vec::len)),
            "Adagrad: these are not the parameters that the optimiser was made for"
        );
    }
}

/// How many elements of a parameter are trained: all or, of a buffer, none.
fn trained<T: Real>(params: &ParamStore<T>, id: ParamId) -> usize {
    if params.kind(id) == ParamKind::Buffer { 0 } else { params.data(id).len() }
}

#[derive(Clone, Copy)]
struct Update<T> {
    rate: T,
    eps: T,
    scale: T,
}

impl<T: Real> Update<T> {
    /// The step on slices of one length.
    fn apply(self, value: &mut [T], sums: &mut [T], g: &[T]) {
        let n = value.len();
        let (sums, g) = (&mut sums[..n], &g[..n]);
        for i in 0..n {
            let g = g[i] * self.scale;
            sums[i] += g * g;
            value[i] -= self.rate * g / (sums[i].sqrt() + self.eps);
        }
    }

    /// The step on a whole parameter, in parallel.
    fn apply_dense(self, value: &mut [T], sums: &mut [T], g: &[T]) {
        let tasks = value.len().div_ceil(CHUNK);
        let parts = (per_task(value, CHUNK), per_task(sums, CHUNK), per_task(g, CHUNK));
        for_tasks(tasks, parts, &|_, (value, sums, g)| self.apply(value, sums, g));
    }
}

impl<T: Real> Adagrad<T> {
    #[track_caller]
    fn step_all(
        &mut self,
        params: &mut ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        self.check_store(params);
        let Adagrad { config, steps, sums, parts } = self;
        let (lr, schedule, clip_norm) = (config.lr, &config.schedule, config.clip_norm);
        let begin = Begin { optimizer: "Adagrad", steps: *steps, lr, schedule, clip_norm, parts };
        let report = begin.check(params, grads)?;
        let [rate, eps, scale] = [report.rate, config.eps, report.clip_scale].map(T::of);
        let update = Update { rate, eps, scale };
        params.par_zip_mut(sums, |param, sums| match grads.get(param.id) {
            Some(Grad::Rows { ids, rows }) if param.kind != ParamKind::Buffer => {
                let width = param.shape[1];
                let g = rows.as_slice().expect("gradients have standard layout");
                for (&id, g) in zip(ids, g.chunks_exact(width.max(1))) {
                    let row = id as usize * width..(id as usize + 1) * width;
                    update.apply(&mut param.data[row.clone()], &mut sums[row], g);
                }
            }
            Some(grad @ Grad::Dense(_)) if param.kind != ParamKind::Buffer => {
                update.apply_dense(param.data, sums, grad.values());
            }
            _ => {}
        });
        self.steps += 1;
        Ok(report)
    }

    /// A tensor `sum/<parameter>` for each parameter.
    fn save(&self, params: &ParamStore<T>) -> OptimizerState<'_> {
        self.check_store(params);
        let trained = params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer);
        let tensor = |id| {
            let sums = &self.sums[ParamId::index(id)];
            (format!("sum/{}", params.name(id)), StateTensor::real(params.shape(id), sums))
        };
        OptimizerState { step: self.steps, tensors: trained.map(tensor).collect() }
    }

    fn load(&mut self, params: &ParamStore<T>, state: OptimizerState<'_>) -> Result<(), StateError> {
        self.check_store(params);
        let mut tensors = Tensors::new(state.tensors);
        let mut sums = Vec::with_capacity(self.sums.len());
        for id in params.ids() {
            sums.push(match params.kind(id) {
                ParamKind::Buffer => Vec::new(),
                _ => tensors.take_real(&format!("sum/{}", params.name(id)), params.shape(id))?,
            });
        }
        tensors.finish()?;
        (self.steps, self.sums) = (state.step, sums);
        Ok(())
    }
}

concrete! {
    /// What Adagrad does to parameters.
    pub trait AdagradOps: Real;

    fn step(
        adagrad: &mut Adagrad<T>, params: &mut ParamStore<T>, grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> = Adagrad::step_all;

    fn save<'a>(adagrad: &'a Adagrad<T>, params: &ParamStore<T>) -> OptimizerState<'a> = Adagrad::save;

    fn load(
        adagrad: &mut Adagrad<T>, params: &ParamStore<T>, state: OptimizerState<'_>,
    ) -> Result<(), StateError> = Adagrad::load;
}

impl<T: AdagradOps<T>> Optimizer<T> for Adagrad<T> {
    #[track_caller]
    fn step(
        &mut self,
        params: &mut ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        step(self, params, grads)
    }

    /// Nothing: rows are always up to date.
    fn prepare(&mut self, _: &mut ParamStore<T>, _: &[(ParamId, &[u32])]) {}

    /// Nothing: rows are always up to date.
    fn flush(&mut self, _: &mut ParamStore<T>) {}

    fn steps(&self) -> u64 {
        self.steps
    }

    #[track_caller]
    fn state<'a>(&'a self, params: &ParamStore<T>) -> OptimizerState<'a> {
        save(self, params)
    }

    #[track_caller]
    fn restore(&mut self, params: &ParamStore<T>, state: OptimizerState<'_>) -> Result<(), StateError> {
        load(self, params, state)
    }
}
