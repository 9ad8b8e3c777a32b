//! Writing tensors.

use std::borrow::Cow;
use std::path::Path;

use safetensors::{Dtype, View};
use serde::Serialize;

use super::KEY;
use crate::error::{Error, Result};
use crate::files::{self, Staged};

/// A tensor on its way into a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its numbers, little-endian, row-major.
    pub data: Vec<u8>,
}

impl<'a> Output<'a> {
    /// A tensor of this type and shape, from its little-endian, row-major bytes.
    pub fn new(dtype: Dtype, shape: &'a [usize], data: Vec<u8>) -> Self {
        Output { dtype, shape, data }
    }
}

impl View for Output<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

/// Writes the tensors, and the metadata as JSON. The same content gives the same bytes.
///
/// # Errors
/// The file cannot be written.
pub fn stage(path: &Path, tensors: Vec<(&str, Output<'_>)>, metadata: &impl Serialize) -> Result<Staged> {
    let metadata = serde_json::to_string(metadata).expect("plain fields");
    // The map is of whichever kind the format's crate has, which its features decide.
    let metadata = [(KEY.to_owned(), metadata)].into_iter().collect();
    let bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|e| Error::file(path, format!("tensors that do not fit the format ({e})"), "fewer"))?;
    files::stage(path, &bytes)
}

/// Little-endian bytes.
pub fn f32_bytes(data: &[f32]) -> Vec<u8> {
    data.iter().flat_map(|x| x.to_le_bytes()).collect()
}
