//! A log of shown candidates, read by its schema: streamed, whatever its size.
//!
//! ```text
//! files, memory ─ source::Blocks ─▶ Rows ─ Encoder ─▶ Chunk ─ IndexedBatches ─▶ Batch
//! ```
//!
//! One pass ([`fit`](crate::encode::fit)) gives the vocabularies and the standardizers of numbers; then each
//! epoch reads the files anew, on a thread of its own. A chunk is as many targets as are held and shuffled at
//! once; rows of a chunk with equal histories share one.

mod encoded_rows;
mod from_source;
mod opening;
mod prediction_batch;
mod predictions;
mod stream;
#[cfg(test)]
mod tests;
mod user_request;

use std::path::{Path, PathBuf};

use dien_model::Features;
use dien_serving::encoding::{DenseEncoder, ItemTable, Vocabularies};

pub use encoded_rows::EncodedRows;
use opening::Opening;
pub use prediction_batch::PredictionBatch;
pub use predictions::Predictions;
pub use stream::Stream;

use crate::encode::fit_report::FitReport;
use crate::encode::layout::Layout;
use crate::error::DataError;
use crate::row_counts::RowCounts;
use crate::sample::options::DataOptions;
use crate::schema::{Part, Schema, SchemaSource, Source};
use crate::skipped::Skipped;
use crate::source::{Origin, ReadReport, RowSources};

/// A log of impressions: where its rows are, what they mean, and what its vocabularies are. Holds no row.
#[derive(Clone, Debug)]
pub struct Impressions {
    schema: Schema,
    /// The folder that the schema's names are relative to.
    base: PathBuf,
    /// Its rows, where they are in no file.
    rows: Option<RowSources>,
    layout: Layout,
    vocabularies: Vocabularies,
    numbers: Vec<DenseEncoder>,
    features: Features,
    /// What the rows say of each item; nothing where there was no first pass, or they say nothing.
    items: Option<ItemTable>,
    options: DataOptions,
    /// What the first pass read; nothing where there was none.
    report: ReadReport,
    fit_report: FitReport,
    /// Rows that train; unknown where only held-out rows are of interest.
    training: Option<usize>,
    /// Where the first pass's rows went.
    counts: Option<RowCounts>,
}

impl Impressions {
    /// Reads every row once: the training rows for their vocabularies, the others since what is wrong with
    /// them is better known before training than after.
    ///
    /// Of the options those count that say how batches are made: what the columns are is in the schema.
    ///
    /// # Errors
    /// The schema cannot be read or is none; a file is missing, cut off, or holds a row with something wrong
    /// in it (see [`DataOptions::on_error`]); no row trains, or none is held out by a split that asks for
    /// some.
    pub fn open(
        schema: impl Into<SchemaSource>,
        options: &DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        Opening::of(&schema.into(), options)?.fitted()
    }

    /// A log for a model that has its vocabularies already, and its standardizers, in `numbers`.
    ///
    /// # Errors
    /// The schema cannot be read or is none, or wants other vocabularies.
    pub fn with_vocabularies(
        schema: impl Into<SchemaSource>,
        vocabularies: Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        Opening::of(&schema.into(), options)?.with_vocabularies(vocabularies, numbers)
    }

    /// [`with_vocabularies`](Self::with_vocabularies) of a schema that was read. Messages say that it is from
    /// `path`; the names of its files are relative to `base`.
    ///
    /// # Errors
    /// It wants other vocabularies.
    pub fn for_model(
        schema: Schema,
        path: &Path,
        base: &Path,
        vocabularies: Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        Opening::new(schema, path, None, options)?.within(base).with_vocabularies(vocabularies, numbers)
    }

    /// A log for a model to be trained further on: the ids that it knows stay what they are, and new ones
    /// come after them.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`with_vocabularies`](Self::with_vocabularies).
    pub fn continuing(
        schema: impl Into<SchemaSource>,
        vocabularies: &Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        Opening::of(&schema.into(), options)?.continuing(vocabularies, numbers)
    }

    /// The names of the tables that a schema's columns look up, in order.
    ///
    /// # Errors
    /// The schema cannot be read or is none.
    pub fn tables(schema: impl Into<SchemaSource>) -> Result<Vec<String>, DataError> {
        let source = schema.into();
        let schema = source.load()?;
        Ok(Layout::from_schema(&schema, source.path())?.names(&schema).map(String::from).collect())
    }

    /// A schema's file, and those that it says the rows are in.
    ///
    /// # Errors
    /// The schema cannot be read or is none; a file is missing.
    pub fn files(schema: &Path) -> Result<Vec<PathBuf>, DataError> {
        let base = schema.parent().unwrap_or(Path::new(""));
        let mut files = vec![schema.to_path_buf()];
        let Schema { source, validation, test, items, .. } = Schema::load(schema)?;
        if let Some(items) = items {
            files.extend(crate::source::files(&Source { files: Some(items), ..Source::default() }, base)?);
        }
        for source in [Some(source), validation, test].into_iter().flatten() {
            let histories = source.of_histories();
            for source in [Some(source), histories].into_iter().flatten() {
                files.extend(crate::source::files(&source, base)?);
            }
        }
        Ok(files)
    }

    /// The features of a model for this log.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The options, with what the schema says.
    pub fn options(&self) -> &DataOptions {
        &self.options
    }

    /// The vocabularies, one per embedding table.
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
    }

    /// What becomes of the columns of numbers.
    pub fn numbers(&self) -> &[DenseEncoder] {
        &self.numbers
    }

    /// What the model reads of each item, learnt in the first pass; nothing where there was none, where
    /// events and candidates have one feature alone, or where there are too many items.
    pub fn item_table(&self) -> Option<&ItemTable> {
        self.items.as_ref()
    }

    /// The same, which knows the items of a model's table, too, that its own rows do not have: of a model
    /// whose vocabularies it [continues](Self::continuing).
    #[must_use]
    pub fn with_known_items(self, before: &ItemTable) -> Self {
        let items = match &self.items {
            Some(items) => before.extended(items),
            None => return self,
        };
        Impressions { items: Some(items), ..self }
    }

    /// The multi-hot features that are of the user or the moment, not of the candidate.
    pub fn request_lists(&self) -> Vec<String> {
        self.layout.request_lists(&self.schema)
    }

    /// What the first pass over the log read, and what of it may be a mistake; empty where there was none.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }

    /// Where the rows went that the first pass read; nothing where there was none.
    pub fn rows(&self) -> Option<RowCounts> {
        self.counts
    }

    /// What of the log's rows may be a mistake, a sentence each: labels that are all alike, a history that
    /// ends with the candidate itself, ids of histories that hardly ever are candidates, columns of as many
    /// ids as there are rows. Nothing where there was no first pass.
    pub fn doubts(&self) -> Vec<String> {
        self.fit_report.warnings()
    }

    /// What is done with the log's rows beyond reading them, a sentence each: repeats that are left out.
    /// Nothing where there was no first pass.
    pub fn notes(&self) -> &[String] {
        &self.fit_report.notes
    }

    /// The training batches of an epoch, counted from 0.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Stream<'_> {
        Stream::training(self, seed, epoch)
    }

    /// The validation rows' batches.
    pub fn validation(&self) -> Stream<'_> {
        Stream::held_out(self, Part::Validation)
    }

    /// The test rows' batches.
    pub fn test(&self) -> Stream<'_> {
        Stream::held_out(self, Part::Test)
    }

    /// Where a part's rows are, and which part they are before the split; none if there are no such rows.
    fn origin(&self, part: Part) -> Option<(Origin<'_>, Part)> {
        if let Some(own) = origin(&self.schema, &self.base, self.rows.as_ref(), part) {
            return Some((own, part));
        }
        let split = self.schema.split.as_ref().is_some_and(|split| split.has(part));
        let training = origin(&self.schema, &self.base, self.rows.as_ref(), Part::Training)?;
        split.then_some((training, Part::Training))
    }
}

/// Where rows are that are of a part without a split; none if there are none.
fn origin<'a>(
    schema: &'a Schema,
    base: &'a Path,
    rows: Option<&'a RowSources>,
    part: Part,
) -> Option<Origin<'a>> {
    match (rows, part) {
        (None, Part::Training) => Some(Origin::Files(&schema.source, base)),
        (None, Part::Validation) => schema.validation.as_ref().map(|source| Origin::Files(source, base)),
        (None, Part::Test) => schema.test.as_ref().map(|source| Origin::Files(source, base)),
        (Some(rows), _) => rows.of(part).map(|rows| Origin::Memory(rows, &schema.source)),
    }
}
