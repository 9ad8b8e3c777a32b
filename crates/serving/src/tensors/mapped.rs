//! A file that is mapped into memory, and tensors that are views of it.

// The map itself: nothing keeps others from writing to the file.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;

/// A mapped file, of which some is read.
pub(crate) struct MappedFile {
    map: Arc<Mmap>,
    at: usize,
}

impl std::fmt::Debug for MappedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MappedFile").field("bytes", &self.map.len()).field("at_byte", &self.at).finish()
    }
}

impl MappedFile {
    /// Maps a file.
    ///
    /// # Safety
    /// Nothing, in this process or another, changes the file's content or cuts it off while this or a
    /// [`Mapped`] of it is there.
    pub unsafe fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is read alone, and only as bytes and `f32`, of which every pattern of bits is one.
        // What would break it, a change of the file while it is mapped, the caller rules out.
        let map = unsafe { Mmap::map(file)? };
        Ok(MappedFile { map: Arc::new(map), at: 0 })
    }
}

impl Read for MappedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.map[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl MappedFile {
    /// How many bytes were read, or taken.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next `bytes` bytes as numbers of 32 bits, unread. `None` if there are not so many, or what another
    /// program wrote is not aligned.
    pub fn take(&mut self, bytes: usize) -> Option<Mapped> {
        let range = self.at..self.at.checked_add(bytes)?;
        bytemuck::try_cast_slice::<u8, f32>(self.map.get(range.clone())?).ok()?;
        self.at = range.end;
        Some(Mapped { map: self.map.clone(), range })
    }
}

/// Numbers where they stand in a mapped file, which stays mapped as long as there are such.
#[derive(Clone)]
pub struct Mapped {
    map: Arc<Mmap>,
    /// In bytes; aligned, as was checked.
    range: Range<usize>,
}

impl AsRef<[f32]> for Mapped {
    fn as_ref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[self.range.clone()])
    }
}

impl PartialEq for Mapped {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the numbers: what is mapped is large, and to look at all of it is to read it.
        let Range { start, end } = self.range;
        f.debug_struct("Mapped").field("numbers", &((end - start) / 4)).field("at_byte", &start).finish()
    }
}
