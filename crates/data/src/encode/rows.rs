//! The rows of a source, with those that are wrong refused or counted.

use std::path::PathBuf;

use super::histories::{Histories, Past};
use super::layout::Layout;
use super::row::{Sample, View, Wrong};
use super::wanted::{From, wanted};
use crate::error::DataError;
use crate::row_counts::RowCounts;
use crate::sample::split::Split;
use crate::schema::{Part, Schema};
use crate::skipped::{OnError, Skipped};
use crate::source::{Block, Blocks, Column, Origin, ReadReport, TextForm, Wanted};

/// Rows of a block.
const BLOCK: usize = 4096;

/// A row, and what it looks back on where that is not in it.
pub(crate) struct Row<'a, 'b> {
    pub view: &'a View<'b>,
    pub row: usize,
    pub sample: Sample,
    pub past: Option<Past<'a>>,
    /// The columns that are read beside those of the schema.
    pub more: &'a [Column],
}

impl Row<'_, '_> {
    /// That the lists of each sequence of behaviours are of one length, and there are as many events as the
    /// target sees.
    pub fn check_behaviours(&self, schema: &Schema, layout: &Layout) -> Result<(), Wrong> {
        match &self.past {
            Some(past) => past.check(schema, &layout.behaviours[0]),
            None => layout.behaviours.iter().try_for_each(|columns| self.view.siblings(columns, self.row)),
        }
    }
}

/// What a row looks back on, if that is in a table of its own.
///
/// The outer error ends reading: a file is at fault. The inner one is the row's.
pub(crate) fn past<'a>(
    schema: &Schema,
    view: &View<'_>,
    row: usize,
    histories: &'a mut Option<Histories>,
) -> Result<Result<Option<Past<'a>>, Wrong>, DataError> {
    Ok(match (view.past(row), histories) {
        (Ok(Some((index, end))), Some(histories)) => histories.get(schema, index, end)?.map(Some),
        (Ok(_), _) => Ok(None),
        (Err(wrong), _) => Err(wrong),
    })
}

/// Every row of a part's origin, in order.
pub(crate) struct Rows<'a> {
    schema: &'a Schema,
    given: Part,
    split: Split<'a>,
    groups: TextForm,
    on_error: OnError,
    blocks: Blocks<'a>,
    places: Vec<Option<usize>>,
    /// How many of the blocks' columns are read beside those of the schema: the last ones.
    more: usize,
    histories: Option<Histories>,
    skipped: Skipped,
    counts: RowCounts,
}

impl<'a> Rows<'a> {
    /// `given` is the part that the origin's rows are of, before a split; `groups` how groups are written.
    pub fn open(
        schema: &'a Schema,
        origin: Origin<'a>,
        given: Part,
        groups: TextForm,
        on_error: OnError,
    ) -> Result<Self, DataError> {
        Self::open_with(schema, origin, given, groups, on_error, &[])
    }

    /// The same, with columns of single cells beside those of the schema, by their names in the source.
    pub fn open_with(
        schema: &'a Schema,
        origin: Origin<'a>,
        given: Part,
        groups: TextForm,
        on_error: OnError,
        more: &[String],
    ) -> Result<Self, DataError> {
        let rows = Self::in_blocks(schema, From::Targets, origin, groups, on_error, BLOCK, more)?;
        Ok(Rows { given, split: Split::of_rows(schema.split.as_ref(), given), ..rows })
    }

    /// Up to `rows` rows a block, with their labels or to be scored.
    pub fn in_blocks(
        schema: &'a Schema,
        from: From,
        origin: Origin<'a>,
        groups: TextForm,
        on_error: OnError,
        rows: usize,
        more: &[String],
    ) -> Result<Self, DataError> {
        let given = Part::Training;
        let (mut wanted, places) = wanted(schema, from);
        wanted.extend(more.iter().map(Wanted::single));
        let histories = Histories::of(schema, origin, rows)?;
        let blocks = origin.blocks(wanted, rows)?;
        let (skipped, counts) = (Skipped::default(), RowCounts::default());
        let (split, more) = (Split::of_rows(schema.split.as_ref(), given), more.len());
        Ok(Rows { schema, given, split, groups, on_error, blocks, places, more, histories, skipped, counts })
    }

    /// Changes the order in which the files are read, unless they follow a table of histories.
    pub fn reorder_files(&mut self, change: impl FnOnce(&mut [PathBuf])) {
        if self.histories.is_none() {
            self.blocks.reorder_files(change);
        }
    }

    /// Calls `row` with each row of a part, or of all, and the history it names if there is a table of them,
    /// until it gives `false`.
    pub fn each(
        &mut self,
        part: Option<Part>,
        mut row: impl FnMut(Row<'_, '_>, &mut String) -> Result<bool, Wrong>,
    ) -> Result<(), DataError> {
        while let Some(block) = self.block()? {
            if !self.each_of(&block, part, &mut row, |_, _| {})? {
                break;
            }
        }
        Ok(())
    }

    /// The next block.
    pub fn block(&mut self) -> Result<Option<Block>, DataError> {
        self.blocks.next().transpose()
    }

    /// [`each`](Self::each) of a block, and calls `wrong` with those that are left out. Whether it goes on.
    pub fn each_of(
        &mut self,
        block: &Block,
        part: Option<Part>,
        mut row: impl FnMut(Row<'_, '_>, &mut String) -> Result<bool, Wrong>,
        mut wrong: impl FnMut(usize, &DataError),
    ) -> Result<bool, DataError> {
        let (mut buffer, view) = (String::new(), View::of(self.schema, &block.columns, &self.places));
        let more = &block.columns[block.columns.len() - self.more..];
        for i in 0..block.rows {
            let error = match block.fault(i) {
                Some(fault) => fault,
                None => {
                    let sample = match view.sample(&self.split, i, self.groups, &mut buffer) {
                        Ok(sample) if part.is_some_and(|part| part != sample.part) => {
                            self.counts.add(sample.part, 1);
                            continue;
                        }
                        sample => sample,
                    };
                    let part = sample.as_ref().map_or(self.given, |sample| sample.part);
                    let past = past(self.schema, &view, i, &mut self.histories)?;
                    let of =
                        sample.and_then(|sample| Ok(Row { view: &view, row: i, sample, past: past?, more }));
                    match of.and_then(|of| row(of, &mut buffer)) {
                        Ok(goes_on) => {
                            self.counts.add(part, 1);
                            if goes_on {
                                continue;
                            }
                            return Ok(false);
                        }
                        Err(wrong) => wrong.in_row(self.schema, block, i),
                    }
                }
            };
            if self.on_error == OnError::Fail {
                return Err(error);
            }
            self.skipped.add(&error);
            self.counts.add_skipped();
            wrong(i, &error);
        }
        Ok(true)
    }

    /// Where the rows so far went.
    pub fn counts(&self) -> RowCounts {
        self.counts
    }

    /// What was left out, and what was read.
    pub fn finish(self) -> (Skipped, ReadReport) {
        let mut report = self.blocks.into_report();
        if let Some(histories) = self.histories {
            report.extend(histories.into_report());
        }
        (self.skipped, report)
    }
}
