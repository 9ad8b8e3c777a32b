//! Where parameters come from when they are not drawn.

use std::collections::HashMap;
use std::hash::BuildHasher;

use ndarray::ArrayD;

use crate::{ParamKind, ParamValue};

/// Where the values of parameters come from when they are stored somewhere, such as in a file. See
/// [`Builder::from_source`](super::Builder::from_source).
///
/// ```
/// use dien_tensor::{ParamStore, init::Builder, nn::Linear};
/// use std::collections::HashMap;
///
/// let mut drawn = ParamStore::<f32>::new();
/// let layer = Linear::new(&mut Builder::new(&mut drawn, 1), "head", 3, 2);
/// let tensor = |id| (drawn.name(id).to_owned(), drawn.value(id).to_owned());
/// let mut stored: HashMap<_, _> = drawn.ids().map(tensor).collect();
///
/// let mut params = ParamStore::new();
/// let mut builder = Builder::from_source(&mut params, &mut stored);
/// assert_eq!(Linear::new(&mut builder, "head", 3, 2), layer);
/// builder.finish()?; // every parameter was there
/// assert_eq!(params.data(layer.weight), drawn.data(layer.weight));
/// assert!(stored.is_empty()); // what is left nobody asked for
/// # Ok::<(), dien_tensor::init::ParamError>(())
/// ```
pub trait ParamSource<T> {
    /// The value of the parameter `name`, of which this `shape` is expected; asked for once a name, in the
    /// order in which parameters are added.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    fn take(&mut self, name: &str, kind: ParamKind, shape: &[usize]) -> Result<ParamValue<T>, ParamError>;
}

/// A parameter is missing or has another shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamError {
    /// The parameter's name.
    pub name: String,
    /// What is expected, such as its shape.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl std::fmt::Display for ParamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "parameter `{}`: expected {}, found {}", self.name, self.expected, self.found)
    }
}

impl std::error::Error for ParamError {}

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
    pub(super) fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), ParamError> {
        if expected == found {
            return Ok(());
        }
        Err(ParamError::new(name, format!("shape {expected:?}"), format!("shape {found:?}")))
    }
}

/// Tensors by name, each of which is handed out once; what nobody asked for is left.
impl<T: Clone, S: BuildHasher> ParamSource<T> for HashMap<String, ArrayD<T>, S> {
    fn take(&mut self, name: &str, _kind: ParamKind, shape: &[usize]) -> Result<ParamValue<T>, ParamError> {
        self.remove(name).map(ParamValue::from).ok_or_else(|| ParamError::missing(name, shape))
    }
}
