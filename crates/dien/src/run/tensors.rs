//! Named tensors in a `.safetensors` file, with a note in its metadata.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic::{self, Staged};
use crate::error::{Error, Result};

/// The one key of the metadata. A second one would make the order of the keys, and so the bytes, a matter of chance.
const NOTE: &str = "dien";

/// A tensor on its way into a file.
pub(super) struct Tensor<'a> {
    pub dtype: Dtype,
    pub shape: &'a [usize],
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
pub(super) fn stage(path: &Path, tensors: Vec<(&str, Tensor<'_>)>, note: &impl Serialize) -> Result<Staged> {
    let note = serde_json::to_string(note).expect("plain fields");
    let metadata = HashMap::from([(NOTE.to_owned(), note)]);
    let bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|e| Error::file(path, format!("tensors that do not fit the format ({e})"), "fewer"))?;
    atomic::stage(path, &bytes)
}

/// Reads a file's bytes, its note, and hands the tensors to `take`.
pub(super) fn load<N: DeserializeOwned, R>(
    path: &Path,
    take: impl FnOnce(&SafeTensors<'_>, N) -> Result<R>,
) -> Result<R> {
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
pub(super) fn f32_bytes(data: &[f32]) -> Vec<u8> {
    data.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Numbers from little-endian bytes.
pub(super) fn f32_from(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b))
}
