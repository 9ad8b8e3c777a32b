//! Rows that come by themselves, such as those of a queue, by the vocabularies that are there.

use dien_model::Batch;

use super::Impressions;
use crate::batch::indexed::{Draws, IndexedBatches};
use crate::encode::encoder::{Chunk, Encoder};
use crate::encode::id_check::IdCheck;
use crate::encode::rows::Rows;
use crate::encode::wanted::From;
use crate::error::DataError;
use crate::sample::options::DataOptions;
use crate::skipped::Skipped;
use crate::source::{InMemory, Origin, RowBatch};

/// Rows as one batch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedRows {
    /// The batch. An id that the vocabulary does not know is out of vocabulary in it; how many are,
    /// `dien::OovReport` counts.
    pub batch: Batch,
    /// Of each of the batch's targets its row, counted from 0.
    pub rows: Vec<u32>,
    /// Rows with something wrong in them, which are in no batch (see
    /// [`DataOptions::on_error`](crate::DataOptions::on_error)).
    pub skipped: Skipped,
}

impl Impressions {
    /// Rows to train on, whatever part a split would give them to. Those of one history share it; negatives
    /// of the auxiliary loss are drawn from the batch's own behaviours, by `seed` and `step`.
    ///
    /// What the vocabulary does not know stays unknown: hashed columns (`vocabulary = { hash = … }`) know
    /// every id; for others to get embeddings of their own, see
    /// [`from_source_continuing`](Self::from_source_continuing).
    ///
    /// # Errors
    /// Something is wrong with a row, if such rows are not skipped; no row is left.
    pub fn training_batch(&self, rows: &RowBatch, seed: u64, step: u64) -> Result<EncodedRows, DataError> {
        self.encoded(rows, From::Targets, Some(Draws { seed, epoch: step, part: 0, before: 0 }))
    }

    /// Rows to be scored: labels are not read.
    ///
    /// # Errors
    /// As [`training_batch`](Self::training_batch).
    pub fn scoring_batch(&self, rows: &RowBatch) -> Result<EncodedRows, DataError> {
        self.encoded(rows, From::Unlabelled, None)
    }

    fn encoded(&self, of: &RowBatch, from: From, draws: Option<Draws>) -> Result<EncodedRows, DataError> {
        let one = InMemory::from(vec![of.clone()]);
        let origin = Origin::Memory(&one, &self.schema.source);
        let (groups, on_error) = (self.layout.group_form(), self.options.on_error);
        let mut read = Rows::in_blocks(&self.schema, from, origin, groups, on_error, of.len(), &[])?;
        let mut encoder = Encoder::new(&self.schema, &self.layout, &self.vocabularies, &self.numbers);
        let (mut ids, mut right) = (IdCheck::default(), vec![]);
        read.each(None, |row, buffer| {
            if draws.is_some() {
                ids.check(&row, &self.schema, &self.layout, buffer)?;
            }
            let place = row.row as u32;
            encoder.push(row, buffer)?;
            right.push(place);
            Ok(true)
        })?;
        let (skipped, report) = read.finish();
        if right.is_empty() {
            let found = format!("{} rows, of which none can be encoded", of.len());
            return Err(DataError::log(report.to_string(), found, "at least one that can"));
        }
        // All of them in one.
        let size = right.len();
        let options = DataOptions { batch_size: size, test_batch_size: size, ..self.options.clone() };
        let Chunk { samples, targets, rows, .. } = encoder.take(&options, false);
        let plan = IndexedBatches::new(&samples, &targets, draws, None);
        let rows = plan.places(0).map(|place| right[rows[place] as usize]).collect();
        Ok(EncodedRows { batch: plan.batch(0), rows, skipped })
    }
}
