//! Named tensors in a `.safetensors` file, with metadata as JSON.

#[cfg(feature = "mmap")]
mod mapped;
mod metadata;
mod numbers;
mod open;
mod read;
mod source;
#[cfg(feature = "write")]
mod write;

#[cfg(feature = "mmap")]
pub use mapped::Mapped;
pub(crate) use metadata::Metadata;
pub use numbers::{Numbers, Tensor};
pub(crate) use open::OpenFile;
pub use read::Tensors;
pub use safetensors::Dtype;
pub(crate) use source::Source;
#[cfg(feature = "write")]
pub use write::{Output, le_bytes, stage};

/// The one key of the header's metadata; its text is the file's metadata as JSON. A second one would make the
/// order of the keys, and so the bytes, a matter of chance.
const KEY: &str = "dien";

/// The most bytes of a header, as the format has it.
const HEADER: u64 = 100_000_000;

/// Tensors whose names start so are no parameters.
const RESERVED: [&str; 2] = ["vocabulary.", "items."];

/// Whether a tensor is not a parameter, but belongs to serving.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}
