//! Writing tensors.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use bytemuck::NoUninit;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Serialize;

use super::{HEADER, KEY};
use crate::error::{Error, Result};
use crate::files::Staged;

/// A tensor on its way into a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its numbers, little-endian, row-major.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Output<'a> {
    /// A tensor of this type and shape, from its little-endian, row-major bytes.
    pub fn new(dtype: Dtype, shape: &'a [usize], data: impl Into<Cow<'a, [u8]>>) -> Self {
        Output { dtype, shape, data: data.into() }
    }
}

/// Writes the tensors, one after the other from where they are, and the metadata as JSON. The same content
/// gives the same bytes.
///
/// # Errors
/// The file cannot be written.
pub fn stage(path: &Path, mut tensors: Vec<(&str, Output<'_>)>, metadata: &impl Serialize) -> Result<Staged> {
    // As the format asks for: by the size of numbers, so that all are aligned.
    tensors.sort_by(|(name, a), (other, b)| b.dtype.cmp(&a.dtype).then(name.cmp(other)));
    let header = header(&tensors, metadata)
        .map_err(|e| Error::file(path, format!("tensors that do not fit the format ({e})"), "fewer"))?;
    let staged = Staged::create(path)?;
    let mut file = staged.file()?;
    let bodies = tensors.iter().map(|(_, tensor)| &tensor.data[..]);
    [&(header.len() as u64).to_le_bytes()[..], &header]
        .into_iter()
        .chain(bodies)
        .try_for_each(|part| file.write_all(part))
        .and_then(|()| file.sync_all())
        .map_err(Error::io(path, "write"))?;
    Ok(staged)
}

/// Names, types, shapes and places of the tensors, in this order.
fn header(tensors: &[(&str, Output<'_>)], metadata: &impl Serialize) -> std::result::Result<Vec<u8>, String> {
    let metadata = serde_json::to_string(metadata).expect("plain fields");
    // The map is of whichever kind the format's crate has, which its features decide.
    let metadata = [(KEY.to_owned(), metadata)].into_iter().collect();
    let mut end = 0;
    let infos = tensors.iter().map(|(name, Output { dtype, shape, data })| {
        let begin = end;
        end += data.len();
        let info = TensorInfo { dtype: *dtype, shape: shape.to_vec(), data_offsets: (begin, end) };
        ((*name).to_owned(), info)
    });
    let header = Metadata::new(Some(metadata), infos.collect()).map_err(|e| e.to_string())?;
    let mut header = serde_json::to_vec(&header).expect("plain fields");
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() as u64 > HEADER { Err("a header too large".into()) } else { Ok(header) }
}

/// Numbers as little-endian bytes; where the machine has them so, they are not copied.
pub fn le_bytes<T: NoUninit>(numbers: &[T]) -> Cow<'_, [u8]> {
    let bytes: &[u8] = bytemuck::cast_slice(numbers);
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(bytes);
    }
    let numbers = bytes.chunks_exact(size_of::<T>());
    Cow::Owned(numbers.flat_map(|bytes| bytes.iter().rev().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format's own crate writes the same.
    #[test]
    fn the_bytes_are_those_of_the_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (x, n, text) = ([1.5f32, -2.0, 0.25], [7u64], *b"ab");
        let shapes = [&[3, 1][..], &[1], &[2], &[0, 4]];
        let tensors = || {
            let outputs = [
                Output::new(Dtype::F32, shapes[0], le_bytes(&x)),
                Output::new(Dtype::U64, shapes[1], le_bytes(&n)),
                Output::new(Dtype::U8, shapes[2], text.to_vec()),
                Output::new(Dtype::F32, shapes[3], le_bytes::<f32>(&[])),
            ];
            ["x", "n", "text", "empty"].into_iter().zip(outputs).collect::<Vec<_>>()
        };
        stage(&path, tensors(), &42).unwrap().commit().unwrap();
        let views = tensors().into_iter().map(|(name, output)| {
            let Output { dtype, shape, data } = output;
            let data: &[u8] = data.into_owned().leak();
            (name, safetensors::tensor::TensorView::new(dtype, shape.to_vec(), data).unwrap())
        });
        let metadata = [(KEY.to_owned(), "42".to_owned())].into_iter().collect();
        let expected = safetensors::serialize(views, Some(metadata)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }

    #[test]
    fn bytes_that_are_not_those_of_the_shape_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let tensors = vec![("x", Output::new(Dtype::F32, &[3], le_bytes(&[1.0f32])))];
        let message = stage(&path, tensors, &42).unwrap_err().to_string();
        assert!(message.contains("tensors that do not fit the format"), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
