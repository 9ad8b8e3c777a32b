//! Adam's state: `m/<parameter>`, `v/<parameter>`, `touched/<table>`, and `history/*` if rows have steps to
//! catch up.

use std::collections::BTreeMap;

use dien_tensor::{ParamKind, ParamStore, Real};

use super::history::{History, Step, TERMS};
use super::{Adam, Slot};
use crate::{OptimizerState, StateData, StateError, StateTensor};

/// The options on which the history's numbers depend.
const OPTIONS: [&str; 4] = ["betas[0]", "betas[1]", "eps", "weight_decay"];

impl<T: Real> Adam<T> {
    fn options(&self) -> [f64; OPTIONS.len()] {
        let c = &self.config;
        [c.betas[0], c.betas[1], c.eps, c.weight_decay]
    }

    pub(super) fn save(&self, params: &ParamStore<T>) -> OptimizerState {
        self.check_store(params);
        let mut tensors = Vec::new();
        let mut put = |name: String, shape: &[usize], data| {
            tensors.push((name, StateTensor { shape: shape.to_vec(), data }));
        };
        for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer) {
            let (name, shape, slot) = (params.name(id), params.shape(id), &self.slots[id.index()]);
            put(format!("m/{name}"), shape, floats(&slot.m));
            put(format!("v/{name}"), shape, floats(&slot.v));
            if !slot.touched.is_empty() {
                put(format!("touched/{name}"), &shape[..1], StateData::U32(slot.touched.clone()));
            }
        }
        if let Some(history) = self.history.as_ref().filter(|history| !history.steps().is_empty()) {
            let n = history.steps().len();
            let steps = history.steps().iter().flat_map(|s| [s.rate, s.root, s.keep, s.log_keep]);
            put("history/steps".into(), &[n, 4], StateData::F64(steps.collect()));
            let moments = history.moments().as_flattened().to_vec();
            put("history/moments".into(), &[n, TERMS + 1], StateData::F64(moments));
            put("history/options".into(), &[OPTIONS.len()], StateData::F64(self.options().to_vec()));
        }
        OptimizerState { step: self.step, tensors }
    }

    pub(super) fn load(&mut self, params: &ParamStore<T>, state: OptimizerState) -> Result<(), StateError> {
        self.check_store(params);
        let mut tensors = Tensors(state.tensors.into_iter().collect());
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
                }
            }
            slots.push(slot);
        }
        if let Some(name) = tensors.0.into_keys().next() {
            return Err(StateError::Unexpected { name });
        }
        (self.step, self.slots, self.history) = (state.step, slots, history);
        Ok(())
    }

    /// The saved history, or an empty one that begins at `step`.
    fn load_history(&self, step: u64, tensors: &mut Tensors) -> Result<History, StateError> {
        const STEPS: &str = "history/steps";
        let betas = self.config.betas;
        let Some(n) = tensors.0.get(STEPS).map(|t| t.shape.first().copied().unwrap_or(0)) else {
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

/// The tensors that nobody has taken yet.
struct Tensors(BTreeMap<String, StateTensor>);

impl Tensors {
    fn take(&mut self, name: &str, dtype: &str, shape: &[usize]) -> Result<StateData, StateError> {
        let expected = format!("{dtype} {shape:?}");
        let Some(tensor) = self.0.remove(name) else {
            return Err(StateError::Missing { name: name.into(), expected });
        };
        let (data, len) = (tensor.data, shape.iter().product());
        if data.dtype() == dtype && tensor.shape == shape && data.len() == len {
            return Ok(data);
        }
        let found = format!("{} {:?} with {} elements", data.dtype(), tensor.shape, data.len());
        Err(StateError::Mismatch { name: name.into(), found, expected })
    }

    fn take_real<T: Real>(&mut self, name: &str, shape: &[usize]) -> Result<Vec<T>, StateError> {
        Ok(match self.take(name, T::NAME, shape)? {
            StateData::F32(data) => data.into_iter().map(|x| T::of(x.into())).collect(),
            StateData::F64(data) => data.into_iter().map(T::of).collect(),
            StateData::U32(_) => unreachable!("u32 is not the name of a real type"),
        })
    }

    fn take_u32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<u32>, StateError> {
        match self.take(name, "u32", shape)? {
            StateData::U32(data) => Ok(data),
            _ => unreachable!("the type was checked"),
        }
    }
}

fn floats<T: Real>(data: &[T]) -> StateData {
    if T::NAME == f32::NAME {
        StateData::F32(data.iter().map(|x| x.f64() as f32).collect())
    } else {
        StateData::F64(data.iter().map(|x| x.f64()).collect())
    }
}
