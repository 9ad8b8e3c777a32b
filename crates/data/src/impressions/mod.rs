//! A log of shown candidates, read by its schema: streamed, whatever its size.
//!
//! ```text
//! files ─ source::Blocks ─▶ Rows ─ Encoder ─▶ Chunk ─ Batches ─▶ Batch
//! ```
//!
//! One pass ([`fit`](crate::encode::fit)) gives the vocabularies and the standardizers of numbers; then each
//! epoch reads the files anew, on a thread of its own. A chunk is as many targets as are held and shuffled at
//! once; rows of a chunk with equal histories share one.

mod prediction_batch;
mod predictions;
mod stream;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use dien_model::Features;
use dien_serving::encoding::{DenseEncoder, Vocabularies};

pub use prediction_batch::PredictionBatch;
pub use predictions::Predictions;
pub use stream::Stream;

use crate::encode::fit::fit;
use crate::encode::fit_report::FitReport;
use crate::encode::layout::Layout;
use crate::error::DataError;
use crate::sample::options::{DataOptions, TargetKind};
use crate::schema::{Part, Schema, Source};
use crate::skipped::Skipped;
use crate::source::ReadReport;

/// A log of impressions: where its rows are, what they mean, and what its vocabularies are. Holds no row.
#[derive(Clone, Debug)]
pub struct Impressions {
    schema: Schema,
    /// The folder that the schema's names are relative to.
    base: PathBuf,
    layout: Layout,
    vocabularies: Vocabularies,
    numbers: Vec<DenseEncoder>,
    features: Features,
    options: DataOptions,
    /// What the first pass read; nothing where there was none.
    report: ReadReport,
    fit_report: FitReport,
    /// Rows that train; unknown where only held-out rows are of interest.
    training: Option<usize>,
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
    pub fn open(schema: &Path, options: &DataOptions) -> Result<(Self, Skipped), DataError> {
        let (schema, base, layout, options) = Self::prepare(schema, options)?;
        Self::fitted(schema, base, layout, options)
    }

    fn fitted(
        mut schema: Schema,
        base: PathBuf,
        layout: Layout,
        options: DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        let stats = fit(&schema, &base, &layout, options.on_error)?;
        state_types(&mut schema, &stats.vocabularies);
        let features = layout.features(&schema, &stats.vocabularies);
        let log = Impressions {
            vocabularies: stats.vocabularies,
            numbers: stats.numbers,
            training: Some(stats.training),
            report: stats.report,
            fit_report: stats.fit_report,
            schema,
            base,
            layout,
            features,
            options,
        };
        Ok((log, stats.skipped))
    }

    /// A log for a model that has its vocabularies already, and its standardizers, in `numbers`.
    ///
    /// # Errors
    /// The schema cannot be read or is none, or wants other vocabularies.
    pub fn with_vocabularies(
        schema: &Path,
        vocabularies: Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        let path = schema;
        let (mut schema, base, layout, options) = Self::prepare(schema, options)?;
        layout.check_model(&schema, path, &vocabularies, &numbers)?;
        let layout = layout.with_types(&schema, path, &vocabularies)?;
        state_types(&mut schema, &vocabularies);
        let features = layout.features(&schema, &vocabularies);
        let (report, fit_report) = (ReadReport::default(), FitReport::default());
        Ok(Impressions {
            schema,
            base,
            layout,
            vocabularies,
            numbers,
            features,
            options,
            report,
            fit_report,
            training: None,
        })
    }

    /// A log for a model to be trained further on: the ids that it knows stay what they are, and new ones
    /// come after them.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`with_vocabularies`](Self::with_vocabularies).
    pub fn continuing(
        schema: &Path,
        vocabularies: &Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        let (path, (schema, base, layout, options)) = (schema, Self::prepare(schema, options)?);
        layout.check_model(&schema, path, vocabularies, &numbers)?;
        let layout = layout.with_types(&schema, path, vocabularies)?;
        let (own, skipped) = Self::fitted(schema, base, layout, options.clone())?;
        for ((name, before), (_, now)) in vocabularies.iter().zip(own.vocabularies.iter()) {
            if before.hashed_ids() != now.hashed_ids() {
                let say =
                    |ids: Option<u32>| ids.map_or("ids of their own".into(), |n| format!("`hash = {n}`"));
                let found = format!("vocabulary of `{name}`: {}", say(now.hashed_ids()));
                return Err(DataError::file(
                    path,
                    found,
                    format!("{}, as the model has", say(before.hashed_ids())),
                ));
            }
        }
        let all = vocabularies.extended(&own.vocabularies);
        let log = Self::with_vocabularies(path, all, numbers, &options)?;
        let Impressions { training, report, fit_report, .. } = own;
        Ok((Impressions { training, report, fit_report, ..log }, skipped))
    }

    /// The names of the tables that a schema's columns look up, in order.
    ///
    /// # Errors
    /// The schema cannot be read or is none.
    pub fn tables(schema: &Path) -> Result<Vec<String>, DataError> {
        let (path, schema) = (schema, Schema::load(schema)?);
        Ok(Layout::from_schema(&schema, path)?.names(&schema).map(String::from).collect())
    }

    /// A schema's file, and those that it says the rows are in.
    ///
    /// # Errors
    /// The schema cannot be read or is none; a file is missing.
    pub fn files(schema: &Path) -> Result<Vec<PathBuf>, DataError> {
        let base = schema.parent().unwrap_or(Path::new(""));
        let mut files = vec![schema.to_path_buf()];
        let Schema { source, validation, test, .. } = Schema::load(schema)?;
        for source in [Some(source), validation, test].into_iter().flatten() {
            let histories = source.of_histories();
            for source in [Some(source), histories].into_iter().flatten() {
                files.extend(crate::source::files(&source, base)?);
            }
        }
        Ok(files)
    }

    fn prepare(
        path: &Path,
        options: &DataOptions,
    ) -> Result<(Schema, PathBuf, Layout, DataOptions), DataError> {
        options.validate()?;
        let schema = Schema::load(path)?;
        let layout = Layout::from_schema(&schema, path)?;
        let mut options = options.clone();
        options.targets = TargetKind::Real;
        options.max_history = schema.behaviours[0].max_history;
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok((schema, base, layout, options))
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

    /// What the first pass over the log read, and what of it may be a mistake; empty where there was none.
    pub fn report(&self) -> &ReadReport {
        &self.report
    }

    /// What of the log's rows may be a mistake, a sentence each: labels that are all alike, a history that
    /// ends with the candidate itself, ids of histories that hardly ever are candidates, columns of as many
    /// ids as there are rows. Nothing where there was no first pass.
    pub fn doubts(&self) -> Vec<String> {
        self.fit_report.warnings()
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

    /// The files that hold a part's rows, and which part they are before the split; none if there are no such
    /// rows.
    fn source(&self, part: Part) -> Option<(&Source, Part)> {
        let own = match part {
            Part::Training => None,
            Part::Validation => self.schema.validation.as_ref(),
            Part::Test => self.schema.test.as_ref(),
        };
        match (own, &self.schema.split) {
            (Some(source), _) => Some((source, part)),
            (None, Some(split)) if split.has(part) => Some((&self.schema.source, Part::Training)),
            (None, _) if part == Part::Training => Some((&self.schema.source, part)),
            (None, _) => None,
        }
    }
}

/// Says in a schema what the ids of its vocabularies are.
fn state_types(schema: &mut Schema, vocabularies: &Vocabularies) {
    for (name, vocabulary) in vocabularies.iter() {
        if let Some(column) = schema.columns.get_mut(name) {
            column.id_type = vocabulary.id_type();
        }
    }
}
