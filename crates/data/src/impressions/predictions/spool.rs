//! What a stream gets once it is whole.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Seek, Write};

use dien_serving::files;

use crate::error::DataError;

/// A file without a name, and where it goes.
pub(super) struct Spool {
    file: File,
    to: Box<dyn Write>,
}

impl Spool {
    pub fn new(to: Box<dyn Write>) -> Result<Self, DataError> {
        Ok(Spool { file: files::spool()?, to })
    }

    /// Writes into the file.
    pub fn writer(&self) -> Result<Box<dyn Write>, DataError> {
        let file = self.file.try_clone().map_err(DataError::io("a temporary file".as_ref(), "write"))?;
        Ok(Box::new(BufWriter::new(file)))
    }

    /// Where it goes, to write before the file or after it.
    pub fn to(&mut self) -> &mut dyn Write {
        &mut self.to
    }

    /// Copies the file.
    pub fn copy(&mut self) -> io::Result<()> {
        self.file.rewind()?;
        io::copy(&mut self.file, &mut self.to).map(drop)
    }

    /// Copies the file, and is done. That nobody reads on is no error.
    pub fn hand_on(mut self) -> io::Result<()> {
        let copied = self.copy().and_then(|()| self.to.flush());
        unless_left(copied)
    }
}

/// A reader that has left is no error.
pub(super) fn unless_left(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
