//! The rows of a source, with those that are wrong refused or counted.

use std::path::{Path, PathBuf};

use super::histories::{Histories, Past};
use super::row::{From, Sample, View, Wrong, wanted};
use crate::error::DataError;
use crate::schema::{Part, Schema, Source};
use crate::table::Blocks;

/// Rows of a block.
const BLOCK: usize = 4096;
/// Messages that are kept of what was skipped.
const MESSAGES: usize = 5;

/// What becomes of a row with something wrong in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// Reading ends with an error that says what is wrong.
    #[default]
    Fail,
    /// The row is left out, and counted.
    Skip,
}

/// Rows that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub rows: u64,
    /// What was wrong with the first few.
    pub first: Vec<String>,
}

impl Skipped {
    pub(super) fn add(&mut self, error: &DataError) {
        self.rows += 1;
        if self.first.len() < MESSAGES {
            self.first.push(error.to_string());
        }
    }
}

/// A row, and what it looks back on where that is not in it.
pub(super) struct Row<'a, 'b> {
    pub view: &'a View<'b>,
    pub row: usize,
    pub sample: Sample,
    pub past: Option<Past<'a>>,
}

/// Every row of a source, in order.
pub(super) struct Rows<'a> {
    schema: &'a Schema,
    given: Part,
    on_error: OnError,
    blocks: Blocks,
    places: Vec<Option<usize>>,
    histories: Option<Histories>,
    skipped: Skipped,
}

impl<'a> Rows<'a> {
    /// `given` is the part that the source's rows are of, before a split.
    pub fn open(
        schema: &'a Schema,
        source: &Source,
        base: &Path,
        given: Part,
        on_error: OnError,
    ) -> Result<Self, DataError> {
        let (wanted, places) = wanted(schema, From::Targets);
        let histories = Histories::open(schema, source, base, BLOCK)?;
        let blocks = Blocks::open(source, base, wanted, BLOCK)?;
        Ok(Rows { schema, given, on_error, blocks, places, histories, skipped: Skipped::default() })
    }

    /// Reads the first rows, to see that the columns are there.
    pub fn check_first(mut self) -> Result<(), DataError> {
        self.blocks.next().transpose()?;
        Ok(())
    }

    /// Changes the order in which the files are read, unless they follow a table of histories.
    pub fn reorder_files(&mut self, change: impl FnOnce(&mut [PathBuf])) {
        if self.histories.is_none() {
            self.blocks.reorder_files(change);
        }
    }

    /// Calls `row` with each row of a part, and the history it names if there is a table of them, until it gives `false`.
    pub fn each(
        &mut self,
        part: Part,
        mut row: impl FnMut(Row<'_, '_>, &mut String) -> Result<bool, Wrong>,
    ) -> Result<(), DataError> {
        let mut buffer = String::new();
        for block in &mut self.blocks {
            let block = block?;
            let view = View::of(self.schema, &block, &self.places);
            for i in 0..block.rows {
                let sample = view.sample(self.schema, self.given, i, &mut buffer);
                let done = match sample {
                    Ok(sample) if sample.part != part => continue,
                    Ok(sample) => match (view.past(i), &mut self.histories) {
                        (Ok(Some((index, end))), Some(histories)) => {
                            histories.get(self.schema, index, end)?.and_then(|past| {
                                row(Row { view: &view, row: i, sample, past: Some(past) }, &mut buffer)
                            })
                        }
                        (Ok(_), _) => row(Row { view: &view, row: i, sample, past: None }, &mut buffer),
                        (Err(wrong), _) => Err(wrong),
                    },
                    Err(wrong) => Err(wrong),
                };
                match done {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(wrong) => {
                        let error = wrong.in_row(self.schema, &block, i);
                        if self.on_error == OnError::Fail {
                            return Err(error);
                        }
                        self.skipped.add(&error);
                    }
                }
            }
        }
        Ok(())
    }

    pub fn into_skipped(self) -> Skipped {
        self.skipped
    }
}
