//! Reading tensors.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use safetensors::tensor::Metadata;
use serde::de::DeserializeOwned;

use super::source::{Counting, Source};
use super::{KEY, Numbers, numbers};
use crate::error::{Error, Result};

/// The most bytes of a header, as the format has it.
const HEADER: u64 = 100_000_000;

/// Every tensor of a file by name, each read into numbers of its own: the file's content stands in memory
/// once.
#[derive(Clone, Debug)]
pub struct Tensors {
    path: PathBuf,
    metadata: String,
    tensors: HashMap<String, Tensor>,
}

/// A tensor that was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub numbers: Numbers,
}

impl Tensors {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is no whole safetensors file, or has no metadata of ours.
    pub fn open(path: &Path) -> Result<Self> {
        // Read in large pieces: a buffer would only copy.
        Self::read(path, File::open(path).map_err(Error::io(path, "read"))?)
    }

    /// Reads to the end of a reader, which a message calls `path`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(path: &Path, reader: impl Read) -> Result<Self> {
        Self::from_source(path, Counting::new(reader))
    }

    /// Maps a file into memory: large tables stay where they are, and are shared with every process that maps
    /// the file. All else is read.
    ///
    /// # Safety
    /// Nothing, in this process or another, changes the file's content or cuts it off while a tensor of it is
    /// there. To rename another file over it is no change: the map goes on with the old one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[cfg(feature = "mmap")]
    #[allow(unsafe_code)]
    pub unsafe fn map(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io(path, "read"))?;
        // SAFETY: what the caller promises is what is asked for.
        let mapped = unsafe { super::mapped::MappedFile::new(&file) };
        Self::from_source(path, mapped.map_err(Error::io(path, "map"))?)
    }

    fn from_source(path: &Path, mut source: impl Source) -> Result<Self> {
        let header = header(path, &mut source)?;
        let mut tensors = HashMap::new();
        for name in header.offset_keys() {
            let info = header.info(&name).expect("one of its keys");
            let bytes = info.data_offsets.1 - info.data_offsets.0;
            let numbers = match source.share(info.dtype, bytes) {
                Some(numbers) => numbers,
                None => {
                    numbers::read(&mut source, info.dtype, bytes).map_err(|e| failed(path, &source, e))?
                }
            };
            tensors.insert(name, Tensor { shape: info.shape.clone(), numbers });
        }
        if source.read(&mut [0]).map_err(Error::io(path, "read"))? > 0 {
            return Err(broken(path, source.position(), "and more after the last tensor"));
        }
        let text = header.metadata().as_ref().and_then(|m| m.get(KEY)).cloned();
        let metadata = text.ok_or_else(|| foreign(path, format!("no `{KEY}` in the metadata")))?;
        Ok(Tensors { path: path.to_path_buf(), metadata, tensors })
    }

    /// Where they are from, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The metadata.
    ///
    /// # Errors
    /// It is no JSON, or of another form.
    pub fn metadata<N: DeserializeOwned>(&self) -> Result<N> {
        serde_json::from_str(&self.metadata).map_err(|e| self.malformed(&e))
    }

    /// The metadata as they stand in the file.
    pub(crate) fn metadata_text(&self) -> &str {
        &self.metadata
    }

    /// That the metadata are not what they should be.
    pub(crate) fn malformed(&self, error: &serde_json::Error) -> Error {
        foreign(&self.path, format!("`{KEY}` in the metadata: {error}"))
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The same, which is then no longer here.
    pub fn take(&mut self, name: &str) -> Option<Tensor> {
        self.tensors.remove(name)
    }

    /// The names of those that are still here, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }
}

impl IntoIterator for Tensors {
    type Item = (String, Tensor);
    type IntoIter = std::collections::hash_map::IntoIter<String, Tensor>;

    fn into_iter(self) -> Self::IntoIter {
        self.tensors.into_iter()
    }
}

fn header(path: &Path, source: &mut impl Source) -> Result<Metadata> {
    let mut len = [0; 8];
    source.read_exact(&mut len).map_err(|e| failed(path, source, e))?;
    let len = u64::from_le_bytes(len);
    if len > HEADER {
        return Err(broken(path, source.position(), "and more, a header too large"));
    }
    let mut text = vec![0; len as usize];
    source.read_exact(&mut text).map_err(|e| failed(path, source, e))?;
    serde_json::from_slice(&text).map_err(|e| broken(path, source.position(), e))
}

fn failed(path: &Path, source: &impl Source, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => broken(path, source.position(), "and no more"),
        _ => Error::io(path, "read")(error),
    }
}

fn broken(path: &Path, bytes: u64, why: impl Display) -> Error {
    Error::file(
        path,
        format!("no whole safetensors file ({bytes} bytes; {why})"),
        "one that `dien train` wrote",
    )
}

fn foreign(path: &Path, found: String) -> Error {
    Error::file(path, found, "a file that `dien train` wrote")
}

#[cfg(test)]
mod tests {
    use safetensors::Dtype;

    use super::*;

    fn file(metadata: &str) -> Vec<u8> {
        let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let view = |dtype, shape, data| safetensors::tensor::TensorView::new(dtype, shape, data).unwrap();
        let tensors = [
            ("a", view(Dtype::F32, vec![1, 2], &data)),
            ("b", view(Dtype::F16, vec![2], &data[..4])),
            ("c", view(Dtype::U8, vec![0], &[])),
        ];
        let metadata = [(KEY.to_owned(), metadata.to_owned())].into_iter().collect();
        safetensors::serialize(tensors, Some(metadata)).unwrap()
    }

    #[test]
    fn every_tensor_is_read_from_anything() {
        let bytes = file("7");
        let mut tensors = Tensors::read(Path::new("here"), &bytes[..]).unwrap();
        assert_eq!(tensors.metadata::<u64>().unwrap(), 7);
        assert_eq!(tensors.take("a").unwrap().numbers, Numbers::F32(vec![1.5, -2.0]));
        assert!(tensors.take("a").is_none());
        assert_eq!(tensors.get("b").unwrap().numbers.dtype(), Dtype::F16);
        assert_eq!(tensors.get("c").unwrap().numbers, Numbers::U8(vec![]));
        let message = tensors.metadata::<String>().unwrap_err().to_string();
        assert!(message.starts_with("here: `dien` in the metadata: invalid type"), "{message}");
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_said() {
        let bytes = file("7");
        let message = |bytes: &[u8]| Tensors::read(Path::new("here"), bytes).unwrap_err().to_string();
        for cut in 0..bytes.len() {
            let start = format!("here: no whole safetensors file ({cut} bytes; ");
            assert!(message(&bytes[..cut]).starts_with(&start), "{cut}: {}", message(&bytes[..cut]));
        }
        assert!(message(&[&bytes[..], &[0]].concat()).contains("and more after the last tensor"));
        assert!(
            message(b"PK\x03\x04 something else").contains("no whole safetensors file (8 bytes; and more")
        );
    }
}
