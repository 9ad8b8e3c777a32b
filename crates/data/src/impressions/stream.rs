//! IndexedBatches as the files give them.

use std::sync::{Arc, Mutex, PoisonError};

use dien_model::Batch;
use rand::seq::SliceRandom;

use super::Impressions;
use crate::batch::indexed::{Draws, IndexedBatches};
use crate::batch::prefetch::prefetch;
use crate::encode::encoder::{Chunk, Encoder};
use crate::encode::id_check::IdCheck;
use crate::encode::rows::Rows;
use crate::error::DataError;
use crate::row_counts::RowCounts;
use crate::sample::draw::{self, Use};
use crate::schema::Part;
use crate::target_names::TargetNames;

/// Targets of a chunk of held-out rows.
const HELD_OUT: usize = 1 << 16;

/// The batches of an epoch or of a held-out part, read when they are asked for.
#[derive(Clone, Debug)]
pub struct Stream<'a> {
    log: &'a Impressions,
    part: Part,
    /// Seed and epoch; none for held-out rows.
    draws: Option<(u64, u64)>,
    /// Where the rows went, once all are read.
    rows: Arc<Mutex<Option<RowCounts>>>,
}

impl<'a> Stream<'a> {
    pub(super) fn training(log: &'a Impressions, seed: u64, epoch: u64) -> Self {
        Stream { log, part: Part::Training, draws: Some((seed, epoch)), rows: Arc::default() }
    }

    pub(super) fn held_out(log: &'a Impressions, part: Part) -> Self {
        Stream { log, part, draws: None, rows: Arc::default() }
    }

    /// Where the rows of the files went that the part is read from, once all of them were read.
    pub fn rows(&self) -> Option<RowCounts> {
        *self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many targets, as far as is known without reading.
    pub fn targets(&self) -> Option<usize> {
        self.log.training.filter(|_| self.part == Part::Training)
    }

    /// How many batches, as far as is known without reading.
    pub fn len(&self) -> Option<usize> {
        // Chunks are whole batches.
        self.targets().map(|targets| targets.div_ceil(self.log.options.batch_size))
    }

    /// Whether the log has no such part.
    pub fn is_empty(&self) -> bool {
        self.log.origin(self.part).is_none()
    }

    /// Calls `each` with the batches from the `from`th on, in order, until it gives `false`. Reading is done
    /// by another thread.
    ///
    /// # Errors
    /// A file is missing, cut off, or holds a row with something wrong in it.
    pub fn for_each(&self, from: usize, mut each: impl FnMut(Batch) -> bool) -> Result<(), DataError> {
        self.run(from, None, |batch, _| each(batch))
    }

    /// The same, with what the log calls each target: the cells of the column of kind `group`, empty without
    /// one, of the candidate's column that names the item, and of the columns in `keep`, which are features
    /// of the schema or else columns of the files, single cells each.
    ///
    /// # Errors
    /// As [`for_each`](Self::for_each); there is no such column, or it holds lists.
    pub fn for_each_named(
        &self,
        from: usize,
        keep: &[String],
        each: impl FnMut(Batch, Vec<TargetNames>) -> bool,
    ) -> Result<(), DataError> {
        let schema = &self.log.schema;
        if let Some(name) = keep.iter().find(|name| schema.is_list(name)) {
            let expected = "a column of single values, of which a row is told by one";
            return Err(DataError::log("columns to keep", format!("`{name}`, a column of lists"), expected));
        }
        let keep: Vec<String> = keep.iter().map(|name| schema.source_name(name).to_owned()).collect();
        self.run(from, Some(&keep), each)
    }

    fn run(
        &self,
        from: usize,
        keep: Option<&[String]>,
        mut each: impl FnMut(Batch, Vec<TargetNames>) -> bool,
    ) -> Result<(), DataError> {
        let (mut part, mut before) = (0, 0);
        prefetch(
            1,
            |give| self.read(keep, give),
            |chunk: Chunk| {
                let draws =
                    self.draws.map(|(seed, epoch)| Draws { seed, epoch, part, before: before as u64 });
                let batches = IndexedBatches::new(&chunk.samples, &chunk.targets, draws, None);
                let first = from.saturating_sub(before).min(batches.len());
                (part, before) = (part + 1, before + batches.len());
                (first..batches.len()).all(|i| {
                    let places = batches.places(i).filter(|_| keep.is_some());
                    let names = places.map(|place| chunk.names[chunk.rows[place] as usize].clone());
                    each(batches.batch(i), names.collect())
                })
            },
        )
    }

    /// Gives chunk by chunk, until `give` does not take one.
    fn read(&self, keep: Option<&[String]>, give: &mut dyn FnMut(Chunk) -> bool) -> Result<(), DataError> {
        let log = self.log;
        let Some((origin, given)) = log.origin(self.part) else { return Ok(()) };
        let size = match self.draws {
            // Whole batches, so that their number does not depend on the chunks.
            Some(_) => {
                log.options.shuffle.next_multiple_of(log.options.batch_size).max(log.options.batch_size)
            }
            None => HELD_OUT.next_multiple_of(log.options.test_batch_size),
        };
        let groups = log.layout.group_form();
        let more = keep.unwrap_or_default();
        let mut rows = Rows::open_with(&log.schema, origin, given, groups, log.options.on_error, more)?;
        if let Some((seed, epoch)) = self.draws.filter(|_| log.options.shuffle > 0) {
            rows.reorder_files(|files| files.shuffle(&mut draw::rng(Use::Files, seed, epoch, 0)));
        }
        let mut encoder = Encoder::new(&log.schema, &log.layout, &log.vocabularies, &log.numbers);
        if keep.is_some() {
            encoder = encoder.with_names();
        }
        let (mut open, mut ids, mut read) = (true, IdCheck::default(), 0);
        rows.each(Some(self.part), |row, buffer| {
            if self.part == Part::Training {
                ids.check(&row, &log.schema, &log.layout, buffer)?;
            }
            encoder.push(row, buffer)?;
            read += 1;
            if encoder.len() == size {
                open = give(encoder.take(&log.options, self.draws.is_none()));
            }
            Ok(open)
        })?;
        if open {
            *self.rows.lock().unwrap_or_else(PoisonError::into_inner) = Some(rows.counts());
        }
        let expected = log.training.filter(|&n| open && self.part == Part::Training && n != read);
        if let Some(expected) = expected {
            let found = format!("{read} rows that train");
            let (_, report) = rows.finish();
            let before = format!("{expected}, as in the pass before: the same rows each time they are read");
            return Err(DataError::log(report.to_string(), found, before));
        }
        if open && encoder.len() > 0 {
            give(encoder.take(&log.options, self.draws.is_none()));
        }
        Ok(())
    }
}
