//! Rows that are only to be scored: in their order, with the columns that tell which is which.

use dien_model::Batch;

use super::Impressions;
use crate::batch::indexed::IndexedBatches;
use crate::batch::prefetch::prefetch;
use crate::encode::encoder::Encoder;
use crate::encode::rows::{Row, Rows};
use crate::encode::wanted::From;
use crate::error::DataError;
use crate::schema::{Part, Source};
use crate::skipped::Skipped;
use crate::source::{Column, Origin};

/// Rows of a block: histories of one length meet only within it.
const BLOCK: usize = 1 << 14;

/// Consecutive rows to be scored.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PredictionBatch {
    /// How many rows.
    pub rows: usize,
    /// The columns that are kept, a cell a row.
    pub(super) kept: Vec<Column>,
    /// IndexedBatches, and of each target its row. A row with something wrong in it is in none.
    pub batches: Vec<(Batch, Vec<u32>)>,
    /// The rows with something wrong in them, ascending, and what it is.
    pub wrong: Vec<(u32, String)>,
}

impl PredictionBatch {
    /// The targets of a batch, with columns that are kept, a text a target.
    pub(crate) fn of_targets(batch: Batch, kept: Vec<Vec<&str>>) -> Self {
        let rows = batch.targets.len();
        let text = |cells: Vec<&str>| Column::Text(cells.into_iter().map(Some).collect());
        let batches = vec![(batch, (0..rows as u32).collect())];
        PredictionBatch { rows, kept: kept.into_iter().map(text).collect(), batches, wrong: vec![] }
    }
}

#[cfg(feature = "parquet")]
impl PredictionBatch {
    /// No row, of so many columns that are kept.
    pub(super) fn none(kept: usize) -> Self {
        PredictionBatch {
            rows: 0,
            kept: vec![Column::Text([].into_iter().collect()); kept],
            ..Self::default()
        }
    }
}

impl Impressions {
    /// Calls `each` with the rows of a source in their order, until it gives `false`. Columns that are no
    /// features, the label among them, are not read; of those in `keep` the cells come along. Reading is done
    /// by another thread.
    ///
    /// # Errors
    /// A file is missing, cut off, lacks a column, or holds a row with something wrong in it, if such rows
    /// are not skipped.
    pub fn prediction_batches(
        &self,
        source: &Source,
        keep: &[String],
        each: impl FnMut(PredictionBatch) -> bool,
    ) -> Result<Skipped, DataError> {
        self.prediction_batches_of(Origin::Files(source, &self.base), keep, each)
    }

    /// The same of the rows of the log's own source.
    pub(crate) fn own_prediction_batches(
        &self,
        keep: &[String],
        each: impl FnMut(PredictionBatch) -> bool,
    ) -> Result<Skipped, DataError> {
        let (own, _) = self.origin(Part::Training).expect("a source of what trains");
        self.prediction_batches_of(own, keep, each)
    }

    fn prediction_batches_of(
        &self,
        origin: Origin<'_>,
        keep: &[String],
        each: impl FnMut(PredictionBatch) -> bool,
    ) -> Result<Skipped, DataError> {
        prefetch(1, |give| self.read_prediction_batches(origin, keep, give), each)
    }

    fn read_prediction_batches(
        &self,
        origin: Origin<'_>,
        keep: &[String],
        give: &mut dyn FnMut(PredictionBatch) -> bool,
    ) -> Result<Skipped, DataError> {
        let (schema, groups, on_error) = (&self.schema, self.layout.group_form(), self.options.on_error);
        let mut rows = Rows::in_blocks(schema, From::Unlabelled, origin, groups, on_error, BLOCK, keep)?;
        let mut encoder = Encoder::new(schema, &self.layout, &self.vocabularies, &self.numbers);
        while let Some(mut block) = rows.block()? {
            let (mut right, mut wrong) = (vec![], vec![]);
            let push = |row: Row<'_, '_>, buffer: &mut String| {
                let place = row.row as u32;
                encoder.push(row, buffer)?;
                right.push(place);
                Ok(true)
            };
            rows.each_of(&block, None, push, |row, what| wrong.push((row as u32, what.to_string())))?;
            let mut batches = vec![];
            if !right.is_empty() {
                let chunk = encoder.take(&self.options, false);
                let plan = IndexedBatches::new(&chunk.samples, &chunk.targets, None, None);
                for i in 0..plan.len() {
                    let row = |place: usize| right[chunk.rows[place] as usize];
                    batches.push((plan.batch(i), plan.places(i).map(row).collect()));
                }
            }
            let kept = block.columns.split_off(block.columns.len() - keep.len());
            if !give(PredictionBatch { rows: block.rows, kept, batches, wrong }) {
                break;
            }
        }
        Ok(rows.finish().0)
    }
}
