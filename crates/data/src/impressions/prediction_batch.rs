//! Rows that are only to be scored: in their order, with the columns that tell which is which.

use dien_model::Batch;

use super::Impressions;
use crate::batch::indexed::IndexedBatches;
use crate::batch::prefetch::prefetch;
use crate::encode::encoder::Encoder;
use crate::encode::histories::Histories;
use crate::encode::row::{From, View, wanted};
use crate::encode::rows::{Row, past};
use crate::error::DataError;
use crate::sample::split::Split;
use crate::schema::{Part, Source};
use crate::skipped::{OnError, Skipped};
use crate::source::{Block, Column, Origin, Wanted};

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
        let mut histories = Histories::of(&self.schema, origin, BLOCK)?;
        let (mut wanted, places) = wanted(&self.schema, From::Unlabelled);
        let features = wanted.len();
        wanted.extend(keep.iter().map(Wanted::single));
        let mut skipped = Skipped::default();
        let mut encoder = Encoder::new(&self.schema, &self.layout, &self.vocabularies, &self.numbers);
        for block in origin.blocks(wanted, BLOCK)? {
            let mut block = block?;
            let mut wrong = vec![];
            let right = self.encode(&block, &places, &mut histories, &mut encoder, &mut wrong)?;
            wrong.iter().for_each(|(_, what)| skipped.add(what));
            let mut batches = vec![];
            if !right.is_empty() {
                let chunk = encoder.take(&self.options, false);
                let plan = IndexedBatches::new(&chunk.samples, &chunk.targets, None, None);
                for i in 0..plan.len() {
                    let row = |place: usize| right[chunk.rows[place] as usize];
                    batches.push((plan.batch(i), plan.places(i).map(row).collect()));
                }
            }
            let (rows, kept) = (block.rows, block.columns.split_off(features));
            if !give(PredictionBatch { rows, kept, batches, wrong }) {
                break;
            }
        }
        Ok(skipped)
    }

    /// Adds a block's rows, and tells which of them there was nothing wrong with, and what with the others.
    fn encode(
        &self,
        block: &Block,
        places: &[Option<usize>],
        histories: &mut Option<Histories>,
        encoder: &mut Encoder<'_>,
        wrong: &mut Vec<(u32, String)>,
    ) -> Result<Vec<u32>, DataError> {
        let view = View::of(&self.schema, &block.columns, places);
        let split = Split::of_rows(None, Part::Test);
        let (mut right, mut buffer, groups) = (vec![], String::new(), self.layout.group_form());
        for row in 0..block.rows {
            let error = match block.fault(row) {
                Some(fault) => fault,
                None => {
                    let past = past(&self.schema, &view, row, histories)?;
                    let sample = view.sample(&split, row, groups, &mut buffer);
                    let of = sample
                        .and_then(|sample| Ok(Row { view: &view, row, sample, past: past?, more: &[] }));
                    match of.and_then(|of| encoder.push(of, &mut buffer)) {
                        Ok(()) => {
                            right.push(row as u32);
                            continue;
                        }
                        Err(what) => what.in_row(&self.schema, block, row),
                    }
                }
            };
            if self.options.on_error == OnError::Fail {
                return Err(error);
            }
            wrong.push((row as u32, error.to_string()));
        }
        Ok(right)
    }
}
