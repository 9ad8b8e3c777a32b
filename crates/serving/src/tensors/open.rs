//! A file between its header and its tensors.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use safetensors::{Dtype, tensor};
use serde::Deserialize;

use super::numbers::{self, Numbers, Tensor};
use super::source::{Counting, Skipping, Source};
use super::{HEADER, KEY, Metadata};
use crate::error::{Error, Result};

/// A file whose header was read, and none of its tensors: what it says of itself comes first, since that may
/// be why they cannot be read.
#[derive(Debug)]
pub(crate) struct OpenFile<S> {
    pub metadata: Metadata,
    header: Vec<u8>,
    source: S,
}

/// All that is read of a header before it is known which version wrote it.
#[derive(Deserialize)]
struct Texts {
    #[serde(rename = "__metadata__", default)]
    texts: HashMap<String, String>,
}

impl OpenFile<Counting<File>> {
    pub fn open(path: &Path) -> Result<Self> {
        // Read in large pieces: a buffer would only copy.
        Self::read(path, File::open(path).map_err(Error::io(path, "read"))?)
    }
}

impl OpenFile<Skipping> {
    pub fn skipping(path: &Path) -> Result<Self> {
        let file = File::open(path).and_then(Skipping::new).map_err(Error::io(path, "read"))?;
        Self::new(path, file)
    }

    /// Reads the tensors whose names are asked for, and passes over the others.
    pub fn tensors_where(self, asked: impl Fn(&str) -> bool) -> Result<(Metadata, HashMap<String, Tensor>)> {
        self.each_tensor(|source, name, dtype, bytes| {
            if asked(name) {
                return numbers::read(source, dtype, bytes);
            }
            source.pass(bytes)?;
            Ok(Numbers::Other(dtype))
        })
    }
}

impl<R: Read> OpenFile<Counting<R>> {
    pub fn read(path: &Path, reader: R) -> Result<Self> {
        Self::new(path, Counting::new(reader))
    }
}

#[cfg(feature = "mmap")]
impl OpenFile<super::mapped::MappedFile> {
    /// # Safety
    /// As [`MappedFile::new`](super::mapped::MappedFile::new).
    #[allow(unsafe_code)]
    pub unsafe fn map(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io(path, "read"))?;
        // SAFETY: what the caller promises is what is asked for.
        let mapped = unsafe { super::mapped::MappedFile::new(&file) };
        Self::new(path, mapped.map_err(Error::io(path, "map"))?)
    }
}

impl<S: Source> OpenFile<S> {
    fn new(path: &Path, mut source: S) -> Result<Self> {
        let mut len = [0; 8];
        source.read_exact(&mut len).map_err(|e| failed(path, &source, e))?;
        let len = u64::from_le_bytes(len);
        if len > HEADER {
            return Err(broken(path, &source, "and more, a header too large"));
        }
        let mut header = vec![0; len as usize];
        source.read_exact(&mut header).map_err(|e| failed(path, &source, e))?;
        let Texts { mut texts } = serde_json::from_slice(&header).map_err(|e| broken(path, &source, e))?;
        Ok(OpenFile { metadata: Metadata::new(path, texts.remove(KEY))?, header, source })
    }

    /// Reads the tensors, to the file's end.
    pub fn tensors(self) -> Result<(Metadata, HashMap<String, Tensor>)> {
        self.each_tensor(|source, _, dtype, bytes| match source.share(dtype, bytes) {
            Some(numbers) => Ok(numbers),
            None => numbers::read(source, dtype, bytes),
        })
    }

    /// Has the numbers of each tensor from `take`, by its name, type and bytes, to the file's end.
    fn each_tensor(
        self,
        take: impl Fn(&mut S, &str, Dtype, usize) -> io::Result<Numbers>,
    ) -> Result<(Metadata, HashMap<String, Tensor>)> {
        let OpenFile { metadata, header, mut source } = self;
        let path = metadata.path();
        let header: tensor::Metadata =
            serde_json::from_slice(&header).map_err(|e| broken(path, &source, e))?;
        let mut tensors = HashMap::new();
        for name in header.offset_keys() {
            let info = header.info(&name).expect("one of its keys");
            let bytes = info.data_offsets.1 - info.data_offsets.0;
            let taken = take(&mut source, &name, info.dtype, bytes);
            let numbers = taken.map_err(|e| failed(path, &source, e))?;
            tensors.insert(name, Tensor { shape: info.shape.clone(), numbers });
        }
        if source.read(&mut [0]).map_err(Error::io(path, "read"))? > 0 {
            return Err(broken(path, &source, "and more after the last tensor"));
        }
        Ok((metadata, tensors))
    }
}

fn failed(path: &Path, source: &impl Source, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => broken(path, source, "and no more"),
        _ => Error::io(path, "read")(error),
    }
}

fn broken(path: &Path, source: &impl Source, why: impl Display) -> Error {
    Error::file(
        path,
        format!("no whole safetensors file ({} bytes; {why})", source.position()),
        "one that `dien train` wrote",
    )
}
