//! Parameters in a file: each under its name, as f32.

use std::path::Path;

use dien_tensor::ParamStore;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
#[cfg(feature = "write")]
use crate::files::Staged;
#[cfg(feature = "write")]
use crate::tensors;
use crate::tensors::{Numbers, Tensor, Tensors, is_reserved};

#[derive(Serialize, Deserialize)]
struct Note {
    /// Steps that the parameters are from.
    step: u64,
}

/// Writes every parameter, and the step that they are from, beside the path.
///
/// # Errors
/// The file cannot be written.
#[cfg(feature = "write")]
pub fn stage(path: &Path, params: &ParamStore<f32>, step: u64) -> Result<Staged> {
    let tensor = |id| {
        let data = tensors::f32_bytes(params.data(id));
        let (dtype, shape) = (tensors::Dtype::F32, params.shape(id));
        (params.name(id), tensors::Output { dtype, shape, data })
    };
    tensors::stage(path, params.ids().map(tensor).collect(), &Note { step })
}

/// Overwrites every parameter, and returns the step that they are from. On an error some may be overwritten.
///
/// # Errors
/// The file is missing, cut off, or has not just the parameters of these names and shapes.
pub fn load(path: &Path, params: &mut ParamStore<f32>) -> Result<u64> {
    let mut file = Tensors::open(path)?;
    let note: Note = file.note()?;
    for id in params.ids() {
        let values = take(&mut file, params, params.name(id), params.shape(id))?;
        params.data_mut(id).copy_from_slice(&values);
    }
    no_foreign(&file, params)?;
    Ok(note.step)
}

/// That every tensor which is left is one of the parameters, or not for the model to read.
pub(crate) fn no_foreign(file: &Tensors, params: &ParamStore<f32>) -> Result<()> {
    match foreign(file, params) {
        Some(name) => {
            let found = format!("a foreign parameter `{name}`");
            Err(Error::file(file.path(), found, "the model's alone"))
        }
        None => Ok(()),
    }
}

/// The first tensor that is none of the parameters.
fn foreign(file: &Tensors, params: &ParamStore<f32>) -> Option<String> {
    file.names().filter(|n| params.id(n).is_none() && !is_reserved(n)).min().map(str::to_owned)
}

/// A parameter of a file, whose numbers are finite; `params` has the names of all.
pub(crate) fn take(
    file: &mut Tensors,
    params: &ParamStore<f32>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>> {
    let expected = format!("F32 {shape:?}");
    let Some(Tensor { shape: found, numbers }) = file.take(name) else {
        // A foreign name in its place says more.
        let instead = foreign(file, params).map_or(String::new(), |n| format!(" (but a foreign `{n}`)"));
        return Err(Error::file(file.path(), format!("no parameter `{name}`{instead}"), expected));
    };
    let values = match numbers {
        Numbers::F32(values) if found == shape => values,
        numbers => {
            let found = format!("parameter `{name}` is {:?} {found:?}", numbers.dtype());
            let expected = format!("{expected}, as the run's configuration has it");
            return Err(Error::file(file.path(), found, expected));
        }
    };
    match values.iter().position(|x| !x.is_finite()) {
        Some(place) => {
            let found = format!("parameter `{name}` has {} at {place}", values[place]);
            Err(Error::file(file.path(), found, "finite numbers"))
        }
        None => Ok(values),
    }
}
