//! Adam.

mod catch_up;
mod config;
mod history;
mod ops;
mod state;
mod step;
mod table;
mod update;

use dien_tensor::{ParamId, ParamKind, ParamStore, Real};

use crate::ConfigError;
use history::History;
use table::Table;

pub use config::{AdamConfig, SparseMode};
pub use ops::AdamOps;

/// Adam (Kingma and Ba, 2015) with bias correction, decoupled weight decay (Loshchilov and Hutter, 2019) and
/// clipping by global norm:
///
/// ```text
/// m ← β₁ m + (1−β₁) g    v ← β₂ v + (1−β₂) g²    θ ← (1 − lr λ) θ − lr · m/(1−β₁ˢ) / (√(v/(1−β₂ˢ)) + ε)
/// ```
///
/// s counts the optimiser's steps from 1, for all parameters alike. A dense parameter whose gradient is
/// missing stands still in that step; what a table's rows do is the [`SparseMode`]'s choice.
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
    /// By row, the step at which it was last up to date, or [`NEVER`]; empty unless this is a table whose
    /// rows catch up.
    touched: Vec<u32>,
    /// The rows that are not at [`NEVER`], in any order; `None` if none is.
    seen: Option<Vec<u32>>,
}

/// The row has had no gradient yet and does not decay: it has nothing to catch up, whatever steps it misses.
const NEVER: u32 = u32::MAX;

/// How rows were caught up so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatchUpStats {
    /// Rows that had missed at least one step which moved them: without a weight decay a row moves from its
    /// first gradient on.
    pub rows: u64,
    /// Those among them for which the series was not exact enough, so that every missed step was summed by
    /// itself.
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
            let (touched, seen) = match config.weight_decay > 0.0 {
                true => (vec![0; rows], None),
                // The capacity of all, so that no step allocates.
                false => (vec![NEVER; rows], Some(Vec::with_capacity(rows))),
            };
            Slot { m: vec![T::zero(); len], v: vec![T::zero(); len], touched, seen }
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
}

impl<T: Real> Slot<T> {
    /// Rows that a step has moved are up to date at step `stamp`.
    fn touch(&mut self, rows: &[u32], stamp: u32) {
        for &row in rows {
            let touched = &mut self.touched[row as usize];
            if let (NEVER, Some(seen)) = (*touched, &mut self.seen) {
                seen.push(row);
            }
            *touched = stamp;
        }
    }

    /// All rows are.
    fn touch_all(&mut self, stamp: u32) {
        self.touched.fill(stamp);
        self.seen = None;
    }

    /// The rows of `value`, a table `[rows, width]`, with their moments.
    fn table<'a>(&'a mut self, value: &'a mut [T], width: usize) -> Table<'a, T> {
        Table { value, m: &mut self.m, v: &mut self.v, width, first: 0 }
    }
}
