//! A step of Adam on all parameters.

use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Grad, Grads, ParamId, ParamKind, ParamStore, Real};

use super::table::Table;
use super::update::Update;
use super::{Adam, NEVER};
use crate::begin::Begin;
use crate::{NonFiniteGradient, SparseMode, StepReport};

/// A step on the rows `ids[entries]`, whose gradients are in `grads`.
struct UpdateRows<'a, T> {
    update: Update<T>,
    ids: &'a [u32],
    grads: &'a [T],
    entries: std::ops::Range<usize>,
    table: Table<'a, T>,
}

impl<T: Real> Kernel<T> for UpdateRows<'_, T> {
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

impl<T: Real> Adam<T> {
    /// One step on all parameters.
    #[track_caller]
    pub(super) fn step_all(
        &mut self,
        params: &mut ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        self.check_store(params);
        let s = self.step + 1;
        let stamp = u32::try_from(s).ok().filter(|&s| s != NEVER).expect("fewer than 2³² - 1 steps");
        let Adam { config, parts, .. } = &mut *self;
        let (lr, schedule, clip_norm) = (config.lr, &config.schedule, config.clip_norm);
        let begin = Begin { optimizer: "Adam", steps: s - 1, lr, schedule, clip_norm, parts };
        let report = begin.check(params, grads)?;
        let StepReport { rate, clip_scale, .. } = report;
        let decay = rate * self.config.weight_decay;
        for id in params.ids() {
            match (params.kind(id), grads.get(id)) {
                (ParamKind::Rows, Some(Grad::Rows { ids, .. })) => self.catch_up(params, id, ids),
                (ParamKind::Rows, Some(Grad::Dense(_))) => self.catch_up_all(params, id),
                _ => {}
            }
        }
        let config = &self.config;
        params.par_zip_mut(&mut self.slots, |param, slot| {
            let Some(grad) = grads.get(param.id) else { return };
            let shrink = if param.shape.len() >= 2 { decay } else { 0.0 };
            let lazy = param.kind == ParamKind::Rows && config.sparse == SparseMode::Lazy;
            let update = if lazy { Update::lazy } else { Update::dense };
            let update = update(config, s, rate, clip_scale, shrink);
            match (param.kind, grad) {
                (ParamKind::Buffer, _) => {}
                (ParamKind::Rows, Grad::Rows { ids, .. }) => {
                    let (grads, row) = (grad.values(), |i: usize| ids[i] as usize);
                    let table = slot.table(param.data, param.shape[1]);
                    table.for_rows(0..ids.len(), &row, &|entries, table| {
                        dispatch(UpdateRows { update, ids, grads, entries, table });
                        0
                    });
                    if !slot.touched.is_empty() {
                        slot.touch(ids, stamp);
                    }
                }
                (_, Grad::Dense(_)) => {
                    update.apply_dense(param.data, &mut slot.m, &mut slot.v, grad.values());
                    slot.touch_all(stamp);
                }
                (ParamKind::Dense, Grad::Rows { .. }) => {
                    let grad = grad.to_dense(param.shape);
                    let g = grad.as_slice().expect("a new array has standard layout");
                    update.apply_dense(param.data, &mut slot.m, &mut slot.v, g);
                }
            }
        });
        if let Some(history) = &mut self.history {
            history.push(rate, decay);
        }
        self.step = s;
        Ok(report)
    }

    #[track_caller]
    pub(super) fn prepare_rows(&mut self, params: &mut ParamStore<T>, touched: &[(ParamId, &[u32])]) {
        self.check_store(params);
        // All before any: whoever catches the panic has an optimiser that is as it was.
        for &(id, ids) in touched.iter().filter(|(id, _)| params.kind(*id) == ParamKind::Rows) {
            let rows = params.shape(id)[0];
            if let Some(row) = ids.iter().find(|&&row| row as usize >= rows) {
                panic!("Adam: row {row} of {}, whose shape is {:?}", params.name(id), params.shape(id));
            }
        }
        for &(id, ids) in touched {
            self.catch_up(params, id, ids);
        }
    }

    #[track_caller]
    pub(super) fn flush_rows(&mut self, params: &mut ParamStore<T>) {
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
}
