//! An optimiser's state as it is taken apart.

use std::any::Any;
use std::collections::BTreeMap;

use dien_tensor::Number;

use crate::{StateData, StateError, StateTensor};

/// The tensors that nobody has taken yet.
pub(crate) struct Tensors<'a>(BTreeMap<String, StateTensor<'a>>);

impl<'a> Tensors<'a> {
    pub(crate) fn new(tensors: Vec<(String, StateTensor<'a>)>) -> Self {
        Tensors(tensors.into_iter().collect())
    }

    /// The tensor of that name, which stays.
    pub(crate) fn get(&self, name: &str) -> Option<&StateTensor<'a>> {
        self.0.get(name)
    }

    fn take(&mut self, name: &str, dtype: &str, shape: &[usize]) -> Result<StateData<'a>, StateError> {
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
            StateData::F32(data) => data.into_owned().into_iter().map(|x| T::of(x.into())).collect(),
            StateData::F64(data) => data.into_owned().into_iter().map(T::of).collect(),
            StateData::U32(_) => unreachable!("u32 is not the name of a real type"),
        })
    }

    pub(crate) fn take_u32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<u32>, StateError> {
        match self.take(name, "u32", shape)? {
            StateData::U32(data) => Ok(data.into_owned()),
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

impl<'a> StateTensor<'a> {
    /// Numbers in their own type, where they are.
    #[allow(clippy::ptr_arg, reason = "`Any` is of types whose size is known")]
    pub(crate) fn real<T: Number>(shape: &[usize], data: &'a Vec<T>) -> Self {
        let any: &dyn Any = data;
        let data = match (any.downcast_ref::<Vec<f32>>(), any.downcast_ref::<Vec<f64>>()) {
            (Some(data), _) => StateData::F32(data.into()),
            (_, Some(data)) => StateData::F64(data.into()),
            _ => unreachable!("numbers are f32 or f64"),
        };
        StateTensor { shape: shape.to_vec(), data }
    }
}
