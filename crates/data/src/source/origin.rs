//! Where the rows of a part are: in files, or in none.

use std::path::Path;

use super::{Blocks, RowSource, Wanted};
use crate::error::DataError;
use crate::schema::Source;

/// Where the rows of a part are.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A source's files, whose names are relative to a folder.
    Files(&'a Source, &'a Path),
    /// In no file. The source says how texts hold lists.
    Memory(&'a dyn RowSource, &'a Source),
}

impl<'a> Origin<'a> {
    /// The wanted columns of its rows.
    ///
    /// # Errors
    /// There is no such file, or the rows cannot be read.
    pub fn blocks(self, wanted: Vec<Wanted>, block_rows: usize) -> Result<Blocks<'a>, DataError> {
        match self {
            Origin::Files(source, base) => Blocks::open(source, base, wanted, block_rows),
            Origin::Memory(rows, source) => Blocks::of_rows(rows, source, wanted, block_rows),
        }
    }

    /// That it can be read more than once.
    ///
    /// # Errors
    /// One of its files is a pipe, or there is none.
    pub fn check_regular(self) -> Result<(), DataError> {
        let Origin::Files(source, base) = self else { return Ok(()) };
        for source in [Some(source.clone()), source.of_histories()].into_iter().flatten() {
            super::check_regular(&source, base)?;
        }
        Ok(())
    }
}
