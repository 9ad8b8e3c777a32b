//! Adam as an optimiser: what it does is compiled here, once for each number type.

use dien_kernels::concrete;
use dien_tensor::{Grads, ParamId, ParamStore, Real};

use super::Adam;
use crate::{NonFiniteGradient, Optimizer, OptimizerState, StateError, StepReport};

concrete! {
    /// What Adam does to parameters.
    pub trait AdamOps: Real;

    fn step(
        adam: &mut Adam<T>, params: &mut ParamStore<T>, grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> = Adam::step_all;

    fn prepare(
        adam: &mut Adam<T>, params: &mut ParamStore<T>, touched: &[(ParamId, &[u32])],
    ) -> () = Adam::prepare_rows;

    fn flush(adam: &mut Adam<T>, params: &mut ParamStore<T>) -> () = Adam::flush_rows;

    fn save<'a>(adam: &'a Adam<T>, params: &ParamStore<T>) -> OptimizerState<'a> = Adam::save;

    fn load(
        adam: &mut Adam<T>, params: &ParamStore<T>, state: OptimizerState<'_>,
    ) -> Result<(), StateError> = Adam::load;
}

impl<T: AdamOps<T>> Optimizer<T> for Adam<T> {
    #[track_caller]
    fn step(
        &mut self,
        params: &mut ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        step(self, params, grads)
    }

    #[track_caller]
    fn prepare(&mut self, params: &mut ParamStore<T>, touched: &[(ParamId, &[u32])]) {
        prepare(self, params, touched);
    }

    #[track_caller]
    fn flush(&mut self, params: &mut ParamStore<T>) {
        flush(self, params);
    }

    fn steps(&self) -> u64 {
        self.step
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
