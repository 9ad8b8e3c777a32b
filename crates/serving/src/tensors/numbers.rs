//! A tensor and its numbers.

use std::io::{self, Read};
use std::sync::Arc;

use safetensors::Dtype;

#[cfg(feature = "mmap")]
use super::Mapped;

/// A tensor that was read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub numbers: Numbers,
}

/// A tensor's numbers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Numbers {
    /// 32-bit floating point.
    F32(Vec<f32>),
    /// 32-bit floating point that several have.
    Shared(Arc<Vec<f32>>),
    /// 64-bit floating point.
    F64(Vec<f64>),
    /// Bytes.
    U8(Vec<u8>),
    /// 32-bit unsigned integers.
    U32(Vec<u32>),
    /// 64-bit unsigned integers.
    U64(Vec<u64>),
    /// 32-bit floating point where it stands in a mapped file.
    #[cfg(feature = "mmap")]
    Mapped(Mapped),
    /// Numbers of another type, which are passed over.
    Other(Dtype),
}

impl Numbers {
    /// Their type.
    pub fn dtype(&self) -> Dtype {
        match self {
            Numbers::F32(_) | Numbers::Shared(_) => Dtype::F32,
            #[cfg(feature = "mmap")]
            Numbers::Mapped(_) => Dtype::F32,
            Numbers::F64(_) => Dtype::F64,
            Numbers::U8(_) => Dtype::U8,
            Numbers::U32(_) => Dtype::U32,
            Numbers::U64(_) => Dtype::U64,
            Numbers::Other(dtype) => *dtype,
        }
    }
}

/// `bytes` bytes of little-endian numbers.
pub(super) fn read(reader: &mut impl Read, dtype: Dtype, bytes: usize) -> io::Result<Numbers> {
    Ok(match dtype {
        Dtype::F32 => Numbers::F32(decode(reader, bytes, f32::from_le_bytes)?),
        Dtype::F64 => Numbers::F64(decode(reader, bytes, f64::from_le_bytes)?),
        Dtype::U8 => Numbers::U8(decode(reader, bytes, |[byte]| byte)?),
        Dtype::U32 => Numbers::U32(decode(reader, bytes, u32::from_le_bytes)?),
        Dtype::U64 => Numbers::U64(decode(reader, bytes, u64::from_le_bytes)?),
        other => {
            let skipped = io::copy(&mut reader.take(bytes as u64), &mut io::sink())?;
            if skipped < bytes as u64 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Numbers::Other(other)
        }
    })
}

fn decode<T, const N: usize>(
    reader: &mut impl Read,
    bytes: usize,
    number: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut numbers = Vec::new();
    // What a header promises is not always there, and need not fit.
    numbers.try_reserve_exact(bytes / N).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut piece = [0; 1 << 16];
    let mut left = bytes;
    while left > 0 {
        let piece = &mut piece[..left.min(1 << 16)];
        reader.read_exact(piece)?;
        numbers.extend(piece.as_chunks::<N>().0.iter().map(|&bytes| number(bytes)));
        left -= piece.len();
    }
    Ok(numbers)
}
