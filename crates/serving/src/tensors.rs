//! Named tensors in a `.safetensors` file, with a note in its metadata.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::View;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, Result};
use crate::files::{self, Staged};

/// The one key of the metadata. A second one would make the order of the keys, and so the bytes, a matter of chance.
const NOTE: &str = "dien";

/// Tensors whose names start so are no parameters.
const RESERVED: [&str; 2] = ["vocabulary.", "items."];

/// Whether a tensor is not a parameter, but belongs to serving.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

/// A tensor on its way into a file.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its numbers, little-endian, row-major.
    pub data: Vec<u8>,
}

impl View for Tensor<'_> {
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

/// Writes the tensors, and the note as JSON. The same content gives the same bytes.
///
/// # Errors
/// The file cannot be written.
pub fn stage(path: &Path, tensors: Vec<(&str, Tensor<'_>)>, note: &impl Serialize) -> Result<Staged> {
    let note = serde_json::to_string(note).expect("plain fields");
    let metadata = HashMap::from([(NOTE.to_owned(), note)]);
    let bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|e| Error::file(path, format!("tensors that do not fit the format ({e})"), "fewer"))?;
    files::stage(path, &bytes)
}

/// Reads a file's bytes, its note, and hands the tensors to `take`.
///
/// # Errors
/// The file cannot be read, is no whole safetensors file or has no such note; those of `take`.
pub fn load<N: DeserializeOwned, R, E: From<Error>>(
    path: &Path,
    take: impl FnOnce(&SafeTensors<'_>, N) -> Result<R, E>,
) -> Result<R, E> {
    let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
    let broken = |e: safetensors::SafeTensorError| {
        Error::file(
            path,
            format!("no whole safetensors file ({} bytes; {e})", bytes.len()),
            "one that `dien train` wrote",
        )
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(broken)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
    let foreign = |found: String| Error::file(path, found, "a file that `dien train` wrote");
    let note = header.metadata().as_ref().and_then(|m| m.get(NOTE));
    let note = note.ok_or_else(|| foreign(format!("no `{NOTE}` in the metadata")))?;
    let note = serde_json::from_str(note).map_err(|e| foreign(format!("`{NOTE}` in the metadata: {e}")))?;
    take(&tensors, note)
}

/// Little-endian bytes.
pub fn f32_bytes(data: &[f32]) -> Vec<u8> {
    data.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Numbers from little-endian bytes.
pub fn f32_from(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b))
}
