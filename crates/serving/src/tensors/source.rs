//! What tensors are read from.

use std::fs::File;
use std::io::{self, Read, Seek};

use safetensors::Dtype;

use super::Numbers;
#[cfg(feature = "mmap")]
use super::mapped::MappedFile;

/// What tensors are read from, one after the other.
pub(crate) trait Source: Read {
    /// How many bytes of it were read.
    fn position(&self) -> u64;

    /// The next `bytes` bytes as the numbers that they are, without reading them, where that is possible.
    fn share(&mut self, dtype: Dtype, bytes: usize) -> Option<Numbers> {
        let _ = (dtype, bytes);
        None
    }
}

/// A file that is read from its beginning, and of which parts are passed over.
#[derive(Debug)]
pub(crate) struct Skipping {
    file: File,
    position: u64,
    len: u64,
}

impl Skipping {
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Skipping { file, position: 0, len })
    }

    /// Passes over the next `bytes` bytes, which must be there.
    pub fn pass(&mut self, bytes: usize) -> io::Result<()> {
        let end = self.position.saturating_add(bytes as u64);
        if end > self.len {
            self.position = self.len;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.seek(io::SeekFrom::Start(end))?;
        self.position = end;
        Ok(())
    }
}

impl Source for Skipping {
    fn position(&self) -> u64 {
        self.position
    }
}

impl Read for Skipping {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

/// A reader that knows how much of it was read.
#[derive(Debug)]
pub(crate) struct Counting<R> {
    reader: R,
    bytes: u64,
}

impl<R> Counting<R> {
    pub fn new(reader: R) -> Self {
        Counting { reader, bytes: 0 }
    }
}

impl<R: Read> Source for Counting<R> {
    fn position(&self) -> u64 {
        self.bytes
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(feature = "mmap")]
impl Source for MappedFile {
    fn position(&self) -> u64 {
        MappedFile::position(self) as u64
    }

    fn share(&mut self, dtype: Dtype, bytes: usize) -> Option<Numbers> {
        let shared = dtype == Dtype::F32 && cfg!(target_endian = "little");
        shared.then(|| self.take(bytes)).flatten().map(Numbers::Mapped)
    }
}
