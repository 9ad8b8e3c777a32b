//! An optimiser's state as it is taken apart.

use std::collections::BTreeMap;

use dien_tensor::Number;

use crate::{StateData, StateError, StateTensor};

/// The tensors that nobody has taken yet.
pub(crate) struct Tensors(BTreeMap<String, StateTensor>);

impl Tensors {
    pub(crate) fn new(tensors: Vec<(String, StateTensor)>) -> Self {
        Tensors(tensors.into_iter().collect())
    }

    /// The tensor of that name, which stays.
    pub(crate) fn get(&self, name: &str) -> Option<&StateTensor> {
        self.0.get(name)
    }

    fn take(&mut self, name: &str, dtype: &str, shape: &[usize]) -> Result<StateData, StateError> {
        let expected = format!("{dtype} {shape:?}");
        let Some(tensor) = self.0.remove(name) else {
            return Err(StateError::Missing { name: name.into(), expected });
        };
        let (data, len): (_, usize) = (tensor.data, shape.iter().product());
        if data.dtype() == dtype && tensor.shape == shape && data.len() == len {
            return Ok(data);
        }
        let found = format!("{} {:?} with {} elements", data.dtype(), tensor.shape, data.len());
        Err(StateError::Mismatch { name: name.into(), found, expected })
    }

    pub(crate) fn take_real<T: Number>(&mut self, name: &str, shape: &[usize]) -> Result<Vec<T>, StateError> {
        Ok(match self.take(name, T::NAME, shape)? {
            StateData::F32(data) => data.into_iter().map(|x| T::of(x.into())).collect(),
            StateData::F64(data) => data.into_iter().map(T::of).collect(),
            StateData::U32(_) => unreachable!("u32 is not the name of a real type"),
        })
    }

    pub(crate) fn take_u32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<u32>, StateError> {
        match self.take(name, "u32", shape)? {
            StateData::U32(data) => Ok(data),
            _ => unreachable!("the type was checked"),
        }
    }

    /// That nothing is left.
    pub(crate) fn finish(self) -> Result<(), StateError> {
        match self.0.into_keys().next() {
            Some(name) => Err(StateError::Unexpected { name }),
            None => Ok(()),
        }
    }
}

impl StateTensor {
    /// Numbers in their own type.
    pub(crate) fn real<T: Number>(shape: &[usize], data: &[T]) -> Self {
        let data = if T::NAME == f32::NAME {
            StateData::F32(data.iter().map(|x| x.f64() as f32).collect())
        } else {
            StateData::F64(data.iter().map(|x| x.f64()).collect())
        };
        StateTensor { shape: shape.to_vec(), data }
    }
}
