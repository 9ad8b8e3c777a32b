//! Parameters in a file: each under its name, as f32.

use std::path::Path;
#[cfg(feature = "mmap")]
use std::sync::Arc;

use dien_model::init::Builder;
use dien_model::{BuildError, Features, Model, ModelConfig, ParamError, ParamSource, Registry};
use dien_tensor::{ParamKind, ParamStore, ParamValue};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
#[cfg(feature = "write")]
use crate::files::Staged;
#[cfg(feature = "write")]
use crate::tensors::{self, OpenFile};
use crate::tensors::{Numbers, Tensor, Tensors, is_reserved};

#[derive(Serialize, Deserialize)]
struct Metadata {
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
        let data = tensors::le_bytes(params.data(id));
        (params.name(id), tensors::Output::new(tensors::Dtype::F32, params.shape(id), data))
    };
    tensors::stage(path, params.ids().map(tensor).collect(), &Metadata { step })
}

/// Takes every parameter from a file, and returns the step that they are from. On an error all are as
/// before.
///
/// # Errors
/// The file is missing, cut off, or has not just the parameters of these names and shapes.
pub fn load(path: &Path, params: &mut ParamStore<f32>) -> Result<u64> {
    let mut file = Tensors::open(path)?;
    let metadata: Metadata = file.metadata()?;
    let mut loaded = ParamStore::new();
    for id in params.ids() {
        let (name, kind) = (params.name(id), params.kind(id));
        loaded.add(name, kind, take(&mut file, params, name, params.shape(id))?);
    }
    no_foreign(&file, params)?;
    *params = loaded;
    Ok(metadata.step)
}

/// The step that a file's parameters are from. Nothing else of it is read.
///
/// # Errors
/// The file is missing, or has not the beginning of one.
#[cfg(feature = "write")]
pub fn step(path: &Path) -> Result<u64> {
    let Metadata { step } = OpenFile::skipping(path)?.metadata.parse()?;
    Ok(step)
}

/// That every tensor which is left is one of the parameters, or not for the model to read.
fn no_foreign(file: &Tensors, params: &ParamStore<f32>) -> Result<()> {
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
fn take(
    file: &mut Tensors,
    params: &ParamStore<f32>,
    name: &str,
    shape: &[usize],
) -> Result<ParamValue<f32>> {
    let Some(tensor) = file.take(name) else { return Err(missing(file, params, name, shape)) };
    checked(file.path(), name, shape, tensor)
}

fn missing(file: &Tensors, params: &ParamStore<f32>, name: &str, shape: &[usize]) -> Error {
    // A foreign name in its place says more.
    let instead = foreign(file, params).map_or(String::new(), |n| format!(" (but a foreign `{n}`)"));
    Error::file(file.path(), format!("no parameter `{name}`{instead}"), format!("F32 {shape:?}"))
}

/// The numbers of a tensor that a parameter of this shape may have: finite ones.
fn checked(path: &Path, name: &str, shape: &[usize], tensor: Tensor) -> Result<ParamValue<f32>> {
    let Tensor { shape: found, numbers } = tensor;
    let value: ParamValue<f32> = match numbers {
        Numbers::F32(values) if found == shape => {
            ArrayD::from_shape_vec(shape, values).expect("checked with its shape").into()
        }
        Numbers::Shared(values) if found == shape => ParamValue::shared(shape, values),
        #[cfg(feature = "mmap")]
        Numbers::Mapped(values) if found == shape => ParamValue::shared(shape, Arc::new(values)),
        numbers => {
            let found = format!("parameter `{name}` is {:?} {found:?}", numbers.dtype());
            let expected = format!("F32 {shape:?}, as the run's configuration has it");
            return Err(Error::file(path, found, expected));
        }
    };
    match value.data().iter().position(|x| !x.is_finite()) {
        Some(place) => {
            let found = format!("parameter `{name}` has {} at {place}", value.data()[place]);
            Err(Error::file(path, found, "finite numbers"))
        }
        None => Ok(value),
    }
}

/// The parameters of a model file, until a model takes them.
#[derive(Debug)]
pub struct StoredParams {
    file: Tensors,
    /// What the first parameter that could not be had lacks.
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Failure {
    Missing(String, Vec<usize>),
    Unfit(Error),
}

impl Clone for StoredParams {
    fn clone(&self) -> Self {
        Self::new(self.file.clone())
    }
}

impl StoredParams {
    /// The parameters of a file that holds them, alone or with a model, and the step that they are from.
    ///
    /// # Errors
    /// The file is missing or cut off.
    pub fn open(path: &Path) -> Result<(Self, u64)> {
        let file = Tensors::open(path)?;
        let Metadata { step } = file.metadata()?;
        Ok((Self::new(file), step))
    }

    pub(crate) fn new(file: Tensors) -> Self {
        StoredParams { file, failure: None }
    }

    /// Parameters whose clones have the same numbers, not copies of them: several models can be built that
    /// read them. Whoever changes one copies it first.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.file.share();
        self
    }

    /// The configured model, as the registry knows it, and its parameters: each is moved, none is drawn.
    ///
    /// # Errors
    /// The registry does not know the model (the message names those that it knows); the file has not just
    /// its parameters, of finite numbers.
    pub fn build(
        mut self,
        registry: &Registry,
        config: &ModelConfig,
        features: &Features,
    ) -> Result<(Box<dyn Model<f32> + Send + Sync>, ParamStore<f32>)> {
        let mut params = ParamStore::new();
        let built = registry.build(config, features, Builder::from_source(&mut params, &mut self));
        // By now the model has asked for all that it has: what is left is foreign.
        match self.failure {
            Some(Failure::Missing(name, shape)) => return Err(missing(&self.file, &params, &name, &shape)),
            Some(Failure::Unfit(error)) => return Err(error),
            None => {}
        }
        let model = built.map_err(|e| match e {
            BuildError::Config(e) => Error::option(self.file.path(), e),
            other => other.into(),
        })?;
        no_foreign(&self.file, &params)?;
        Ok((model, params))
    }
}

impl ParamSource<f32> for StoredParams {
    fn take(&mut self, name: &str, _kind: ParamKind, shape: &[usize]) -> Result<ParamValue<f32>, ParamError> {
        let taken = match self.file.take(name) {
            Some(tensor) => checked(self.file.path(), name, shape, tensor).map_err(Failure::Unfit),
            None => Err(Failure::Missing(name.to_owned(), shape.to_vec())),
        };
        taken.map_err(|failure| {
            self.failure.get_or_insert(failure);
            ParamError::missing(name, shape)
        })
    }
}
