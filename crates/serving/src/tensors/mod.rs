//! Named tensors in a `.safetensors` file, with a note in its metadata.

#[cfg(feature = "write")]
mod write;

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

pub use safetensors::{Dtype, SafeTensors};
#[cfg(feature = "write")]
pub use write::{Tensor, f32_bytes, stage};

use crate::error::{Error, Result};

/// The one key of the metadata. A second one would make the order of the keys, and so the bytes, a matter of
/// chance.
const NOTE: &str = "dien";

/// Tensors whose names start so are no parameters.
const RESERVED: [&str; 2] = ["vocabulary.", "items."];

/// Whether a tensor is not a parameter, but belongs to serving.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
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

/// Numbers from little-endian bytes.
pub fn f32_from(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b))
}
