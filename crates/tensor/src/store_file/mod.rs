//! Parameters in a `.safetensors` file, behind the feature `safetensors`.
//!
//! Each parameter is a tensor under its name. The metadata's key `dien-tensor` has what the format itself
//! cannot say: the parameters' order and how each is trained. A file without it, such as PyTorch's users
//! write, is read as dense parameters in the order of their names.

mod error;
#[cfg(test)]
mod tests;

pub use error::{FileError, FileErrorKind};

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use serde::{Deserialize, Serialize};

use ndarray::ArrayD;

use crate::{Number, ParamKind, ParamStore, Real};

/// The only key of the metadata: with two, their order and so the bytes would be a matter of chance.
const KEY: &str = "dien-tensor";

/// The format's number. Files of a larger one are refused.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Metadata {
    format: u32,
    /// Name and kind of each parameter, in order.
    params: Vec<(String, Kind)>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Dense,
    Rows,
    Buffer,
}

struct Tensor<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    bytes: Vec<u8>,
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

fn dtype<T: Real>() -> Dtype {
    if T::NAME == f32::NAME { Dtype::F32 } else { Dtype::F64 }
}

impl<T: Real> ParamStore<T> {
    /// The parameters as the bytes of a `.safetensors` file. The same parameters give the same bytes.
    ///
    /// ```
    /// use dien_tensor::{ParamStore, init::Builder, nn};
    ///
    /// let mut params = ParamStore::<f32>::new();
    /// let head = nn::Linear::new(&mut Builder::new(&mut params, 1), "head", 3, 2);
    /// let bytes = params.to_bytes()?;
    ///
    /// let mut others = ParamStore::<f32>::new();
    /// nn::Linear::new(&mut Builder::new(&mut others, 2), "head", 3, 2);
    /// others.assign(&ParamStore::from_bytes(&bytes)?)?; // names and shapes agree
    /// assert_eq!(others.data(head.weight), params.data(head.weight));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the names and shapes alone exceed what the format's header holds (100 MB).
    pub fn to_bytes(&self) -> Result<Vec<u8>, FileError> {
        let kind = |kind| match kind {
            ParamKind::Dense => Kind::Dense,
            ParamKind::Rows => Kind::Rows,
            ParamKind::Buffer => Kind::Buffer,
        };
        let params = self.ids().map(|id| (self.name(id).to_owned(), kind(self.kind(id)))).collect();
        let text = serde_json::to_string(&Metadata { format: FORMAT, params }).expect("plain fields");
        let tensors = self.ids().map(|id| {
            let bytes = to_bytes(self.data(id));
            (self.name(id), Tensor { dtype: dtype::<T>(), shape: self.shape(id), bytes })
        });
        // Which kind of map it is depends on safetensors' features.
        let metadata = [(KEY.to_owned(), text)].into_iter().collect();
        safetensors::serialize(tensors, Some(metadata)).map_err(broken)
    }

    /// The parameters of [`to_bytes`](Self::to_bytes), or of another program's file with tensors of type `T`:
    /// `f64` parameters are read from `f32` tensors, too. To read into parameters that layers have added, see
    /// [`assign`](Self::assign).
    ///
    /// # Errors
    /// If the bytes are no whole file, are of a newer format, or a tensor has another number type.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let params = match header.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) {
            Some(text) => listed(text)?,
            None => {
                let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
                names.sort_unstable();
                names.into_iter().map(|name| (name, Kind::Dense)).collect()
            }
        };
        if params.len() != file.len() {
            let found = format!("{} tensors, {} of them in the metadata's list", file.len(), params.len());
            return Err(FileError::format(found));
        }
        let mut store = ParamStore::new();
        for (name, kind) in params {
            let tensor = file.tensor(&name).map_err(broken)?;
            let value = value::<T>(&name, &tensor)?;
            if store.id(&name).is_some() {
                return Err(FileError::format(format!("`{name}` twice in the metadata's list")));
            }
            let kind = match kind {
                Kind::Dense => ParamKind::Dense,
                Kind::Rows if value.ndim() != 2 => {
                    let found = format!("a table `{name}` of shape {:?}", value.shape());
                    return Err(FileError::format(found));
                }
                Kind::Rows => ParamKind::Rows,
                Kind::Buffer => ParamKind::Buffer,
            };
            store.add(name, kind, value);
        }
        Ok(store)
    }

    /// Writes [`to_bytes`](Self::to_bytes) to a file: under a temporary name beside it, which then takes its
    /// place, so that there is never half a file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let path = path.as_ref();
        let bytes = self.to_bytes().map_err(|e| e.at(path))?;
        replace(path, &bytes).map_err(|e| FileError::io(e).at(path))
    }

    /// The parameters of a file; see [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// If the file cannot be read, or as [`from_bytes`](Self::from_bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(FileError::io);
        bytes.and_then(|bytes| Self::from_bytes(&bytes)).map_err(|e| e.at(path))
    }
}

/// Writes a file that has its name only when all of it is on the disk.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As of any new file; the process's mask is applied to it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut part = builder.tempfile_in(folder)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist(path).map(|_| ()).map_err(|e| e.error)
}

/// Names and kinds from the metadata.
fn listed(text: &str) -> Result<Vec<(String, Kind)>, FileError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let broken = |e| FileError::format(format!("`{KEY}` in the metadata: {e}"));
    // Of a newer format only the number can be relied on.
    let Format { format } = serde_json::from_str(text).map_err(broken)?;
    if format > FORMAT {
        return Err(FileErrorKind::Newer { format, newest: FORMAT }.into());
    }
    serde_json::from_str(text).map(|metadata: Metadata| metadata.params).map_err(broken)
}

fn broken(e: SafeTensorError) -> FileError {
    FileError::format(e)
}

/// Little-endian.
fn to_bytes<T: Real>(data: &[T]) -> Vec<u8> {
    if T::NAME == f32::NAME {
        data.iter().flat_map(|x| (x.f64() as f32).to_le_bytes()).collect()
    } else {
        data.iter().flat_map(|x| x.f64().to_le_bytes()).collect()
    }
}

fn value<T: Real>(name: &str, tensor: &TensorView<'_>) -> Result<ArrayD<T>, FileError> {
    let bytes = tensor.data();
    let of_f32 = |&b: &[u8; 4]| T::of(f32::from_le_bytes(b).into());
    let data: Vec<T> = match tensor.dtype() {
        Dtype::F32 => bytes.as_chunks().0.iter().map(of_f32).collect(),
        Dtype::F64 if dtype::<T>() == Dtype::F64 => {
            bytes.as_chunks().0.iter().map(|&b| T::of(f64::from_le_bytes(b))).collect()
        }
        other => {
            let (name, found) = (name.to_owned(), format!("{other:?}"));
            return Err(FileErrorKind::Dtype { name, found, expected: T::NAME }.into());
        }
    };
    Ok(ArrayD::from_shape_vec(tensor.shape(), data).expect("safetensors checks the sizes"))
}
