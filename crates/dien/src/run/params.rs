//! Parameters in a file: each under its name, as f32.

use std::path::Path;

use dien_tensor::ParamStore;
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use super::atomic::Staged;
use super::tensors::{self, Tensor};
use crate::error::{Error, Result};

#[derive(Serialize, Deserialize)]
struct Note {
    /// Steps that the parameters are from.
    step: u64,
}

pub(super) fn stage(path: &Path, params: &ParamStore<f32>, step: u64) -> Result<Staged> {
    let tensor = |id| {
        let data = tensors::f32_bytes(params.data(id));
        (params.name(id), Tensor { dtype: Dtype::F32, shape: params.shape(id), data })
    };
    tensors::stage(path, params.ids().map(tensor).collect(), &Note { step })
}

/// Overwrites every parameter, and returns the step that they are from. On an error some may be overwritten.
pub(super) fn load(path: &Path, params: &mut ParamStore<f32>) -> Result<u64> {
    tensors::load(path, |file, note: Note| {
        let mut foreign: Vec<&str> = file.iter().map(|(n, _)| n).filter(|n| params.id(n).is_none()).collect();
        foreign.sort_unstable();
        for id in params.ids() {
            let name = params.name(id);
            let expected = format!("F32 {:?}", params.shape(id));
            let Ok(tensor) = file.tensor(name) else {
                let instead = foreign.first().map_or(String::new(), |n| format!(" (but a foreign `{n}`)"));
                return Err(Error::file(path, format!("no parameter `{name}`{instead}"), expected));
            };
            let found = format!("{:?} {:?}", tensor.dtype(), tensor.shape());
            if found != expected {
                let found = format!("parameter `{name}` is {found}");
                return Err(Error::file(
                    path,
                    found,
                    format!("{expected}, as the run's configuration has it"),
                ));
            }
            let values = params.data_mut(id);
            values.iter_mut().zip(tensors::f32_from(tensor.data())).for_each(|(v, x)| *v = x);
            if let Some(place) = values.iter().position(|x| !x.is_finite()) {
                let found =
                    format!("parameter `{}` has {} at {place}", params.name(id), params.data(id)[place]);
                return Err(Error::file(path, found, "finite numbers"));
            }
        }
        match foreign.first() {
            Some(name) => {
                Err(Error::file(path, format!("a foreign parameter `{name}`"), "the model's alone"))
            }
            None => Ok(note.step),
        }
    })
}
