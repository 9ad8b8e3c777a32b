//! Reading tensors.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::source::{Skipping, Source};
use super::{Metadata, Numbers, OpenFile, Tensor};
use crate::error::Result;

/// Every tensor of a file by name, each read into numbers of its own: the file's content stands in memory
/// once.
#[derive(Clone, Debug)]
pub struct Tensors {
    metadata: Metadata,
    tensors: HashMap<String, Tensor>,
}

impl Tensors {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is no whole safetensors file, or has no metadata of ours.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_file(OpenFile::open(path)?)
    }

    /// Reads to the end of a reader, which a message calls `path`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(path: &Path, reader: impl Read) -> Result<Self> {
        Self::from_file(OpenFile::read(path, reader)?)
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
        // SAFETY: what the caller promises is what is asked for.
        Self::from_file(unsafe { OpenFile::map(path)? })
    }

    /// Reads what is left of a file.
    pub(crate) fn from_file(file: OpenFile<impl Source>) -> Result<Self> {
        let (metadata, tensors) = file.tensors()?;
        Ok(Tensors { metadata, tensors })
    }

    /// Reads those whose names are asked for; the others are here without their numbers.
    pub(crate) fn open_where(file: OpenFile<Skipping>, asked: impl Fn(&str) -> bool) -> Result<Self> {
        let (metadata, tensors) = file.tensors_where(asked)?;
        Ok(Tensors { metadata, tensors })
    }

    /// Where they are from, for messages.
    pub fn path(&self) -> &Path {
        self.metadata.path()
    }

    /// The metadata.
    ///
    /// # Errors
    /// It is no JSON, or of another form.
    pub fn metadata<N: DeserializeOwned>(&self) -> Result<N> {
        self.metadata.parse()
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The same, which is then no longer here.
    pub fn take(&mut self, name: &str) -> Option<Tensor> {
        self.tensors.remove(name)
    }

    /// Makes 32-bit floating point such that a clone has the same numbers, not a copy of them.
    pub(crate) fn share(&mut self) {
        for tensor in self.tensors.values_mut() {
            if let Numbers::F32(numbers) = &mut tensor.numbers {
                tensor.numbers = Numbers::Shared(Arc::new(std::mem::take(numbers)));
            }
        }
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

#[cfg(test)]
mod tests {
    use safetensors::Dtype;

    use super::*;
    use crate::tensors::KEY;

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
        // So it is where the parts that are not asked for are passed over.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("here");
        let skipping = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            OpenFile::skipping(&path).and_then(|file| Tensors::open_where(file, |name| name == "a"))
        };
        for cut in 0..bytes.len() {
            let message = skipping(&bytes[..cut]).unwrap_err().to_string();
            assert!(message.contains(&format!("no whole safetensors file ({cut} bytes; ")), "{message}");
        }
        let longer = skipping(&[&bytes[..], &[0]].concat()).unwrap_err().to_string();
        assert!(longer.contains("and more after the last tensor"), "{longer}");
        let tensors = skipping(&bytes).unwrap();
        assert_eq!(tensors.get("a").unwrap().numbers, Numbers::F32(vec![1.5, -2.0]));
        assert_eq!(tensors.get("c").unwrap().numbers, Numbers::Other(Dtype::U8));
        assert!(
            message(b"PK\x03\x04 something else").contains("no whole safetensors file (8 bytes; and more")
        );
    }
}
