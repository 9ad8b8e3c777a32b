//! Adam.

mod catch_up;
mod history;
mod state;
mod table;
mod update;

use dien_tensor::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Grad, Grads, ParamId, ParamKind, ParamStore, Real};

use crate::norm::squared_norm;
use crate::{
    AdamConfig, ConfigError, NonFiniteGradient, Optimizer, OptimizerState, SparseMode, StateError, StepReport,
};
use catch_up::CatchUp;
use history::History;
use table::Table;
use update::Update;

/// Adam (Kingma and Ba, 2015) with bias correction, decoupled weight decay (Loshchilov and Hutter, 2019) and clipping
/// by global norm:
///
/// ```text
/// m ← β₁ m + (1−β₁) g    v ← β₂ v + (1−β₂) g²    θ ← (1 − lr λ) θ − lr · m/(1−β₁ˢ) / (√(v/(1−β₂ˢ)) + ε)
/// ```
///
/// s counts the optimiser's steps from 1, for all parameters alike. A dense parameter whose gradient is missing stands
/// still in that step; what a table's rows do is the [`SparseMode`]'s choice.
#[derive(Clone, Debug)]
pub struct Adam<T> {
    config: AdamConfig,
    step: u64,
    slots: Vec<Slot<T>>,
    /// Only in the mode [`SparseMode::DenseExact`].
    history: Option<History>,
    stats: CatchUpStats,
    /// Partial sums of the norm.
    parts: Vec<f64>,
    /// Rows to catch up, and since when.
    stale: Vec<(u32, u32)>,
}

/// The moments of one parameter; empty for a buffer.
#[derive(Clone, Debug, Default)]
struct Slot<T> {
    m: Vec<T>,
    v: Vec<T>,
    /// By row, the step at which it was last up to date; empty unless this is a table whose rows catch up.
    touched: Vec<u32>,
}

/// How rows were caught up so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CatchUpStats {
    /// Rows that had missed at least one step.
    pub rows: u64,
    /// Those among them for which the series was not exact enough, so that every missed step was summed by itself.
    pub looped: u64,
}

impl<T: Real> Adam<T> {
    /// An optimiser for these parameters, with all moments zero.
    ///
    /// # Errors
    /// If an option has an impossible value.
    pub fn new(params: &ParamStore<T>, config: AdamConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let exact = config.sparse == SparseMode::DenseExact;
        let slot = |id| {
            let len = if params.kind(id) == ParamKind::Buffer { 0 } else { params.data(id).len() };
            let rows = if exact && params.kind(id) == ParamKind::Rows { params.shape(id)[0] } else { 0 };
            Slot { m: vec![T::zero(); len], v: vec![T::zero(); len], touched: vec![0; rows] }
        };
        Ok(Adam {
            step: 0,
            slots: params.ids().map(slot).collect(),
            history: exact.then(|| History::new(config.betas, 0)),
            stats: CatchUpStats::default(),
            parts: Vec::new(),
            stale: Vec::new(),
            config,
        })
    }

    /// The options.
    pub fn config(&self) -> &AdamConfig {
        &self.config
    }

    /// The learning rate of the coming step.
    pub fn rate(&self) -> f64 {
        self.config.lr * self.config.schedule.factor(self.step)
    }

    /// How rows were caught up so far, by this object (not part of its state).
    pub fn catch_up_stats(&self) -> CatchUpStats {
        self.stats
    }

    #[track_caller]
    fn check_store(&self, params: &ParamStore<T>) {
        let fits = |id: ParamId| {
            params.kind(id) == ParamKind::Buffer || params.data(id).len() == self.slots[id.index()].m.len()
        };
        assert!(
            params.len() == self.slots.len() && params.ids().all(fits),
            "Adam: these are not the parameters that the optimiser was made for"
        );
    }

    /// Brings those of `ids` up to date that are not.
    fn catch_up(&mut self, params: &mut ParamStore<T>, id: ParamId, ids: &[u32]) {
        let (Some(history), slot) = (&self.history, &mut self.slots[id.index()]) else { return };
        if slot.touched.is_empty() {
            return;
        }
        let now = history.now() as u32;
        self.stale.clear();
        for &row in ids {
            let touched = slot.touched.get_mut(row as usize);
            let Some(touched) = touched else {
                panic!("Adam: row {row} of {}, whose shape is {:?}", params.name(id), params.shape(id));
            };
            if *touched != now {
                self.stale.push((row, *touched));
                *touched = now;
            }
        }
        self.stale.sort_unstable();
        let (stale, eps) = (&self.stale, self.config.eps);
        let table = slot.table(params, id);
        self.stats.rows += stale.len() as u64;
        self.stats.looped += table.for_rows(0..stale.len(), &|i| stale[i].0 as usize, &|entries, table| {
            let row = |i: usize| (stale[i].0 as usize, u64::from(stale[i].1));
            dispatch(CatchUp { history, eps, entries, row, table })
        });
    }

    /// Brings all rows of a table up to date.
    fn catch_up_all(&mut self, params: &mut ParamStore<T>, id: ParamId) {
        let (Some(history), slot) = (&self.history, &mut self.slots[id.index()]) else { return };
        let (now, eps) = (history.now() as u32, self.config.eps);
        let touched = std::mem::take(&mut slot.touched);
        let behind = touched.iter().filter(|&&t| t != now).count();
        if behind > 0 {
            self.stats.rows += behind as u64;
            self.stats.looped +=
                slot.table(params, id).for_rows(0..touched.len(), &|i| i, &|entries, table| {
                    let row = |i: usize| (i, u64::from(touched[i]));
                    dispatch(CatchUp { history, eps, entries, row, table })
                });
        }
        slot.touched = touched;
        slot.touched.fill(now);
    }
}

impl<T: Real> Slot<T> {
    fn table<'a>(&'a mut self, params: &'a mut ParamStore<T>, id: ParamId) -> Table<'a, T> {
        let width = params.shape(id)[1];
        Table { value: params.data_mut(id), m: &mut self.m, v: &mut self.v, width, first: 0 }
    }
}

/// A step on the rows `ids[entries]`, whose gradients are in `grads`.
struct UpdateRows<'a, T> {
    update: Update<T>,
    ids: &'a [u32],
    grads: &'a [T],
    entries: std::ops::Range<usize>,
    table: Table<'a, T>,
}

impl<T: Real> Kernel for UpdateRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let width = self.table.width;
        for i in self.entries {
            let row = self.table.row(self.ids[i] as usize);
            self.update.apply::<S>(row.value, row.m, row.v, &self.grads[i * width..][..width]);
        }
    }
}

#[track_caller]
fn check_grad<T: Real>(params: &ParamStore<T>, id: ParamId, grad: &Grad<T>) {
    let (name, shape) = (params.name(id), params.shape(id));
    match grad {
        Grad::Dense(g) => {
            assert!(g.shape() == shape, "Adam: a gradient {:?} for {name}, which is {shape:?}", g.shape());
        }
        Grad::Rows { ids, rows } => {
            let fits = shape.len() == 2 && rows.dim() == (ids.len(), shape[1]);
            assert!(fits, "Adam: {} rows {:?} for {name}, which is {shape:?}", ids.len(), rows.shape());
            let ascending = ids.is_sorted_by(|a, b| a < b);
            assert!(ascending, "Adam: the gradient's rows of {name} must ascend, each once");
            let last = ids.last().map_or(0, |&id| id as usize + 1);
            assert!(last <= shape[0], "Adam: row {} of {name}, which is {shape:?}", last - 1);
        }
    }
}

impl<T: Real> Optimizer<T> for Adam<T> {
    #[track_caller]
    fn step(
        &mut self,
        params: &mut ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        self.check_store(params);
        let s = self.step + 1;
        let stamp = u32::try_from(s).expect("fewer than 2³² steps");
        let id_at = |index| params.ids().nth(index).expect("one gradient per parameter");
        grads.iter().for_each(|(index, grad)| check_grad(params, id_at(index), grad));
        let squared = squared_norm(grads, &mut self.parts).map_err(|index| NonFiniteGradient {
            parameter: params.name(id_at(index)).to_owned(),
            step: s,
        })?;
        let grad_norm = squared.sqrt();
        // As PyTorch's clip_grad_norm_.
        let clip_scale = self.config.clip_norm.map_or(1.0, |most| (most / (grad_norm + 1e-6)).min(1.0));
        let rate = self.rate();
        let decay = rate * self.config.weight_decay;
        for id in params.ids() {
            let Some(grad) = grads.get(id) else { continue };
            let (kind, shape) = (params.kind(id), params.shape(id));
            let shrink = if shape.len() >= 2 { decay } else { 0.0 };
            let lazy = kind == ParamKind::Rows && self.config.sparse == SparseMode::Lazy;
            let update = if lazy { Update::lazy } else { Update::dense };
            let update = update(&self.config, s, rate, clip_scale, shrink);
            match (kind, grad) {
                (ParamKind::Buffer, _) => {}
                (ParamKind::Rows, Grad::Rows { ids, .. }) => {
                    self.catch_up(params, id, ids);
                    let slot = &mut self.slots[id.index()];
                    let grads = grad.values();
                    let row = |i: usize| ids[i] as usize;
                    slot.table(params, id).for_rows(0..ids.len(), &row, &|entries, table| {
                        dispatch(UpdateRows { update, ids, grads, entries, table });
                        0
                    });
                    if !slot.touched.is_empty() {
                        ids.iter().for_each(|&row| slot.touched[row as usize] = stamp);
                    }
                }
                (_, Grad::Dense(_)) => {
                    if kind == ParamKind::Rows {
                        self.catch_up_all(params, id);
                    }
                    let slot = &mut self.slots[id.index()];
                    update.apply_dense(params.data_mut(id), &mut slot.m, &mut slot.v, grad.values());
                    slot.touched.fill(stamp);
                }
                (ParamKind::Dense, Grad::Rows { .. }) => {
                    let grad = grad.to_dense(params.shape(id));
                    let slot = &mut self.slots[id.index()];
                    let g = grad.as_slice().expect("a new array has standard layout");
                    update.apply_dense(params.data_mut(id), &mut slot.m, &mut slot.v, g);
                }
            }
        }
        if let Some(history) = &mut self.history {
            history.push(rate, decay);
        }
        self.step = s;
        Ok(StepReport { rate, grad_norm, clip_scale })
    }

    #[track_caller]
    fn prepare(&mut self, params: &mut ParamStore<T>, touched: &[(ParamId, &[u32])]) {
        self.check_store(params);
        for &(id, ids) in touched {
            self.catch_up(params, id, ids);
        }
    }

    #[track_caller]
    fn flush(&mut self, params: &mut ParamStore<T>) {
        self.check_store(params);
        for id in params.ids() {
            if params.kind(id) == ParamKind::Rows {
                self.catch_up_all(params, id);
            }
        }
        if let Some(history) = &mut self.history {
            history.clear();
        }
    }

    fn steps(&self) -> u64 {
        self.step
    }

    fn state(&self, params: &ParamStore<T>) -> OptimizerState {
        self.save(params)
    }

    fn restore(&mut self, params: &ParamStore<T>, state: OptimizerState) -> Result<(), StateError> {
        self.load(params, state)
    }
}
