//! Where a model's parameters come from when they are not drawn.

use std::collections::HashMap;
use std::hash::BuildHasher;

use dien_tensor::ParamKind;
use ndarray::ArrayD;

/// Where the values of a model's parameters come from when they are stored somewhere, such as in a file.
///
/// A model that is [built from a source](crate::build_from) draws no random number, and each value is moved
/// into the model's parameters, not copied: a table stands in memory once.
///
/// ```
/// use std::collections::HashMap;
/// use dien_model::{Features, ModelConfig, build, build_from};
/// use dien_tensor::ParamStore;
///
/// let (config, features) = (ModelConfig::default(), Features::item_category(100, 10, 18));
/// let mut drawn = ParamStore::<f32>::new();
/// build(&config, &features, &mut drawn, 1)?;
/// let tensor = |id| (drawn.name(id).to_owned(), drawn.value(id).to_owned());
/// let mut stored: HashMap<_, _> = drawn.ids().map(tensor).collect();
/// build_from(&config, &features, &mut ParamStore::new(), &mut stored)?;
/// assert!(stored.is_empty()); // what is left is foreign to the model
/// # Ok::<(), dien_model::BuildError>(())
/// ```
pub trait ParamSource<T> {
    /// The value of the parameter `name`, of which the model expects this `shape`; asked for once a name, in
    /// the order of the model's parameters.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    fn take(&mut self, name: &str, kind: ParamKind, shape: &[usize]) -> Result<ArrayD<T>, ParamError>;
}

/// A parameter that a model needs is missing or has another shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter `{name}`: expected {expected}, found {found}")]
#[non_exhaustive]
pub struct ParamError {
    /// The parameter's name.
    pub name: String,
    /// What the model expects, such as its shape.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl ParamError {
    /// An error about the parameter `name`.
    pub fn new(name: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        ParamError { name: name.into(), expected: expected.into(), found: found.into() }
    }

    /// There is no such parameter.
    pub fn missing(name: &str, shape: &[usize]) -> Self {
        ParamError::new(name, format!("shape {shape:?}"), "no such parameter")
    }

    /// The error unless the shapes are the same.
    pub(crate) fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), ParamError> {
        if expected == found {
            return Ok(());
        }
        Err(ParamError::new(name, format!("shape {expected:?}"), format!("shape {found:?}")))
    }
}

/// Tensors by name, each of which is handed out once; what no model asked for is left.
impl<T, S: BuildHasher> ParamSource<T> for HashMap<String, ArrayD<T>, S> {
    fn take(&mut self, name: &str, _kind: ParamKind, shape: &[usize]) -> Result<ArrayD<T>, ParamError> {
        self.remove(name).ok_or_else(|| ParamError::missing(name, shape))
    }
}
