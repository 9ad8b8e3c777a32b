//! Adam's state: `m/<parameter>`, `v/<parameter>`, `touched/<table>`, and `history/*` if rows have steps to
//! catch up.

use dien_tensor::{ParamKind, ParamStore, Real};

use super::history::{History, Step, TERMS};
use super::{Adam, NEVER, Slot};
use crate::tensors::Tensors;
use crate::{OptimizerState, StateData, StateError, StateTensor};

/// The options on which the history's numbers depend.
const OPTIONS: [&str; 4] = ["betas[0]", "betas[1]", "eps", "weight_decay"];

impl<T: Real> Slot<T> {
    /// Finds the rows that have had no gradient: without moments, and not brought up to date since step
    /// `base`.
    fn forget_unmoved(&mut self, base: u32, width: usize) {
        let mut seen = Vec::with_capacity(self.touched.len());
        for (row, touched) in self.touched.iter_mut().enumerate() {
            let of_row = row * width..(row + 1) * width;
            let moments = self.m[of_row.clone()].iter().chain(&self.v[of_row]);
            if *touched == base && moments.copied().all(|x| x == T::zero()) {
                *touched = NEVER;
            } else {
                seen.push(row as u32);
            }
        }
        self.seen = Some(seen);
    }
}

impl<T: Real> Adam<T> {
    fn options(&self) -> [f64; OPTIONS.len()] {
        let c = &self.config;
        [c.betas[0], c.betas[1], c.eps, c.weight_decay]
    }

    pub(super) fn save(&self, params: &ParamStore<T>) -> OptimizerState<'_> {
        self.check_store(params);
        let mut tensors = Vec::new();
        let mut put = |name: String, tensor| tensors.push((name, tensor));
        for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer) {
            let (name, shape, slot) = (params.name(id), params.shape(id), &self.slots[id.index()]);
            put(format!("m/{name}"), StateTensor::real(shape, &slot.m));
            put(format!("v/{name}"), StateTensor::real(shape, &slot.v));
            if !slot.touched.is_empty() {
                // A row without a past may as well have been brought up to date when all last were.
                let base = self.history.as_ref().map_or(0, |history| history.base() as u32);
                let touched = slot.touched.iter().map(|&t| if t == NEVER { base } else { t });
                let data = StateData::U32(touched.collect());
                put(format!("touched/{name}"), StateTensor { shape: shape[..1].to_vec(), data });
            }
        }
        if let Some(history) = self.history.as_ref().filter(|history| !history.steps().is_empty()) {
            let n = history.steps().len();
            let steps = history.steps().iter().flat_map(|s| [s.rate, s.root, s.keep, s.log_keep]);
            let mut put = |name: &str, shape: &[usize], data| {
                put(
                    format!("history/{name}"),
                    StateTensor { shape: shape.to_vec(), data: StateData::F64(data) },
                );
            };
            put("steps", &[n, 4], steps.collect());
            put("moments", &[n, TERMS + 1], history.moments().as_flattened().into());
            put("options", &[OPTIONS.len()], self.options().to_vec().into());
        }
        OptimizerState { step: self.step, tensors }
    }

    pub(super) fn load(
        &mut self,
        params: &ParamStore<T>,
        state: OptimizerState<'_>,
    ) -> Result<(), StateError> {
        self.check_store(params);
        let mut tensors = Tensors::new(state.tensors);
        let history = match self.history {
            Some(_) => Some(self.load_history(state.step, &mut tensors)?),
            None => None,
        };
        let mut slots = Vec::with_capacity(self.slots.len());
        for (id, own) in params.ids().zip(&self.slots) {
            let mut slot = Slot::default();
            if params.kind(id) != ParamKind::Buffer {
                let (name, shape) = (params.name(id), params.shape(id));
                slot.m = tensors.take_real(&format!("m/{name}"), shape)?;
                slot.v = tensors.take_real(&format!("v/{name}"), shape)?;
                if let (Some(history), false) = (&history, own.touched.is_empty()) {
                    let name = format!("touched/{name}");
                    slot.touched = tensors.take_u32(&name, &shape[..1])?;
                    let possible = history.base()..=history.now();
                    if let Some(place) = slot.touched.iter().position(|&t| !possible.contains(&t.into())) {
                        let found = slot.touched[place].to_string();
                        let expected = format!("a step from {} to {}", history.base(), history.now());
                        return Err(StateError::Value { name, place, found, expected });
                    }
                    if self.config.weight_decay == 0.0 {
                        slot.forget_unmoved(history.base() as u32, shape[1]);
                    }
                }
            }
            slots.push(slot);
        }
        tensors.finish()?;
        (self.step, self.slots, self.history) = (state.step, slots, history);
        Ok(())
    }

    /// The saved history, or an empty one that begins at `step`.
    fn load_history(&self, step: u64, tensors: &mut Tensors<'_>) -> Result<History, StateError> {
        const STEPS: &str = "history/steps";
        let betas = self.config.betas;
        let Some(n) = tensors.get(STEPS).map(|t| t.shape.first().copied().unwrap_or(0)) else {
            return Ok(History::new(betas, step));
        };
        let steps = tensors.take_real::<f64>(STEPS, &[n, 4])?;
        let moments = tensors.take_real::<f64>("history/moments", &[n, TERMS + 1])?;
        let saved = tensors.take_real::<f64>("history/options", &[OPTIONS.len()])?;
        for ((option, found), expected) in OPTIONS.into_iter().zip(saved).zip(self.options()) {
            if found != expected {
                return Err(StateError::Option { option, found, expected });
            }
        }
        let Some(base) = step.checked_sub(n as u64) else {
            let (found, expected) = (format!("{n} steps"), format!("at most the {step} steps made"));
            return Err(StateError::Mismatch { name: STEPS.into(), found, expected });
        };
        let step = |&[rate, root, keep, log_keep]: &[f64; 4]| Step { rate, root, keep, log_keep };
        let steps = steps.as_chunks().0.iter().map(step).collect();
        Ok(History::from_parts(betas, base, steps, moments.as_chunks().0.to_vec()))
    }
}
