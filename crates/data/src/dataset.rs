//! What a model is trained and tested on.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use dien_model::{Batch, Features};
use dien_serving::Request;
use dien_serving::encoding::{DenseEncoder, ItemTable, Repeats, Vocabularies};
use dien_serving::model_file::DataForm;

use crate::batch::indexed::IndexedBatches;
use crate::behaviours::encoded_log::EncodedLog;
use crate::behaviours::log::Log;
use crate::error::DataError;
use crate::impressions::{Impressions, PredictionBatch, Stream};
use crate::row_counts::RowCounts;
use crate::sample::options::DataOptions;
use crate::schema::Schema;
use crate::skipped::Skipped;
use crate::source::ReadReport;
use crate::target_names::TargetNames;

/// Encoded rows, their vocabularies and who trains, validates and tests: of [`EncodedLog`] in memory, or of
/// [`Impressions`] that are streamed from where they are. All that is done with the one is done with the
/// other.
///
/// ```
/// use dien_data::{DataOptions, Dataset, SyntheticConfig};
///
/// let data = Dataset::new(SyntheticConfig::default().log()?, &DataOptions::default())?;
/// let mut targets = 0;
/// data.epoch(1, 0).for_each(0, |batch| {
///     targets += batch.targets.len();
///     true
/// })?;
/// assert_eq!(data.epoch(1, 0).targets(), Some(targets));
/// # Ok::<(), dien_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    form: Form,
    #[allow(dead_code, reason = "it is there to be dropped")]
    kept: Option<Kept>,
}

#[derive(Clone, Debug)]
enum Form {
    Behaviours(Box<EncodedLog>),
    Impressions(Box<Impressions>),
}

/// The batches of an epoch or of a held-out part, one after the other: built, or read, when asked for.
#[derive(Clone, Debug)]
pub struct Batches<'a>(Given<'a>);

#[derive(Clone, Debug)]
enum Given<'a> {
    Built(IndexedBatches<'a>),
    Read(Stream<'a>),
}

/// What lives as long as the data.
#[derive(Clone)]
struct Kept(#[allow(dead_code, reason = "it is there to be dropped")] Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl From<EncodedLog> for Dataset {
    fn from(behaviours: EncodedLog) -> Self {
        Dataset { form: Form::Behaviours(Box::new(behaviours)), kept: None }
    }
}

impl From<Impressions> for Dataset {
    fn from(impressions: Impressions) -> Self {
        Dataset { form: Form::Impressions(Box::new(impressions)), kept: None }
    }
}

impl<'a> From<IndexedBatches<'a>> for Batches<'a> {
    fn from(batches: IndexedBatches<'a>) -> Self {
        Batches(Given::Built(batches))
    }
}

impl<'a> From<Stream<'a>> for Batches<'a> {
    fn from(stream: Stream<'a>) -> Self {
        Batches(Given::Read(stream))
    }
}

/// What either form says.
macro_rules! of {
    ($form:expr, $of:ident => $said:expr) => {
        match &$form {
            Form::Behaviours($of) => $said,
            Form::Impressions($of) => $said,
        }
    };
}

impl Dataset {
    /// [`EncodedLog::new`] of a log.
    ///
    /// # Errors
    /// As [`EncodedLog::new`].
    pub fn new(log: Log, options: &DataOptions) -> Result<Self, DataError> {
        Ok(EncodedLog::new(log, options)?.into())
    }

    /// The data, and something that lives as long as it does, such as the temporary folder with its files.
    #[must_use]
    pub fn keeping(self, what: impl Send + Sync + 'static) -> Self {
        Dataset { kept: Some(Kept(Arc::new(what))), ..self }
    }

    /// The features of a model for it. Its batches pass [`validate`](Batch::validate) with them.
    pub fn features(&self) -> &Features {
        of!(self.form, of => of.features())
    }

    /// The options, with what a schema says.
    pub fn options(&self) -> &DataOptions {
        of!(self.form, of => of.options())
    }

    /// The vocabularies, one per embedding table.
    pub fn vocabularies(&self) -> &Vocabularies {
        of!(self.form, of => of.vocabularies())
    }

    /// How many of the latest events a target sees, by sequence of behaviours.
    pub fn max_history(&self) -> Vec<usize> {
        match &self.form {
            Form::Behaviours(of) => vec![of.options().max_history],
            Form::Impressions(of) => of.schema().behaviours.iter().map(|seen| seen.max_history).collect(),
        }
    }

    /// What becomes of behaviours that a history has more than once, by sequence of behaviours.
    pub fn repeats(&self) -> Vec<Repeats> {
        match &self.form {
            Form::Behaviours(of) => vec![of.options().repeats],
            Form::Impressions(of) => of.schema().behaviours.iter().map(|seen| seen.repeats).collect(),
        }
    }

    /// What becomes of the columns of numbers.
    pub fn numbers(&self) -> &[DenseEncoder] {
        match &self.form {
            Form::Behaviours(_) => &[],
            Form::Impressions(of) => of.numbers(),
        }
    }

    /// The features of every item, where they are known apart from its impressions.
    pub fn item_table(&self) -> Option<ItemTable> {
        match &self.form {
            Form::Behaviours(of) => Some(of.item_table()),
            Form::Impressions(of) => of.item_table().cloned(),
        }
    }

    /// The multi-hot features that are of the user or the moment, not of the candidate.
    pub fn request_lists(&self) -> Vec<String> {
        match &self.form {
            Form::Behaviours(_) => vec![],
            Form::Impressions(of) => of.request_lists(),
        }
    }

    /// What the columns of its rows are; nothing where the [options](Self::options) say it.
    pub fn schema(&self) -> Option<&Schema> {
        match &self.form {
            Form::Behaviours(_) => None,
            Form::Impressions(of) => Some(of.schema()),
        }
    }

    /// How rows are read of which a model is to be trained or served that was trained on these.
    ///
    /// # Errors
    /// An option is beyond what TOML holds.
    pub fn form(&self) -> Result<DataForm, DataError> {
        Ok(match &self.form {
            Form::Behaviours(of) => DataForm::Options(toml::to_string(of.options()).map_err(|e| {
                let found = format!("values that TOML cannot hold ({e})");
                DataError::log("options", found, "plain values")
            })?),
            Form::Impressions(of) => DataForm::Schema(of.schema().to_toml()),
        })
    }

    /// Where the rows of the data went: a log's in the first pass over it, nothing if there was none; of
    /// behaviours, those of each part's users.
    pub fn rows(&self) -> Option<RowCounts> {
        match &self.form {
            Form::Behaviours(of) => Some(of.rows()),
            Form::Impressions(of) => of.rows(),
        }
    }

    /// How many users train, validate and test, where they are known before all rows are read.
    pub fn users(&self) -> Option<[usize; 3]> {
        match &self.form {
            Form::Behaviours(of) => {
                Some([of.training_users().len(), of.validation_users().len(), of.test_users().len()])
            }
            Form::Impressions(_) => None,
        }
    }

    /// What the first pass over its rows read, if there was one.
    pub fn report(&self) -> Option<&ReadReport> {
        match &self.form {
            Form::Behaviours(_) => None,
            Form::Impressions(of) => Some(of.report()),
        }
    }

    /// The training batches of an epoch, counted from 0: a shuffle and negatives of its own.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Batches<'_> {
        of!(self.form, of => of.epoch(seed, epoch).into())
    }

    /// The batches that choose the best epoch. Empty if nothing is held out.
    pub fn validation(&self) -> Batches<'_> {
        of!(self.form, of => of.validation().into())
    }

    /// The batches that measure it in the end.
    pub fn test(&self) -> Batches<'_> {
        of!(self.form, of => of.test().into())
    }

    /// The columns that tell what is [predicted](Self::prediction_batches) apart, where nobody says which: of
    /// behaviours `user` and `item`; of a log it is the order alone.
    pub fn key_columns(&self) -> Vec<String> {
        match &self.form {
            Form::Behaviours(_) => ["user", "item"].map(String::from).to_vec(),
            Form::Impressions(_) => vec![],
        }
    }

    /// Calls `each` with what is to be scored, in its order, until it gives `false`: the rows of a log's
    /// source, whatever part they are of, labels unread; the targets of behaviours' test users. The columns
    /// in `keep` come along.
    ///
    /// # Errors
    /// There is no such column; a file is missing or cut off, or holds a row with something wrong in it, if
    /// such rows are not skipped.
    pub fn prediction_batches(
        &self,
        keep: &[String],
        each: impl FnMut(PredictionBatch) -> bool,
    ) -> Result<Skipped, DataError> {
        match &self.form {
            Form::Behaviours(of) => of.prediction_batches(keep, each).map(|()| Skipped::default()),
            Form::Impressions(of) => of.own_prediction_batches(keep, each),
        }
    }

    /// See [`Impressions::user_request`].
    ///
    /// # Errors
    /// As there; of behaviours in memory, whose [`Log`] tells what users did.
    pub fn user_request(
        &self,
        user: &str,
        item: Option<&str>,
        request_lists: &[String],
    ) -> Result<Option<Request>, DataError> {
        match &self.form {
            Form::Behaviours(_) => {
                let expected = "rows of a log: what users did is in the log itself";
                Err(DataError::log("data", "behaviours, of which nothing but samples is kept", expected))
            }
            Form::Impressions(of) => of.user_request(user, item, request_lists),
        }
    }
}

impl Batches<'_> {
    /// How many; of held-out rows that are streamed it is not known before they are read.
    pub fn len(&self) -> Option<usize> {
        match &self.0 {
            Given::Built(batches) => Some(batches.len()),
            Given::Read(stream) => stream.len(),
        }
    }

    /// How many targets, if that is known.
    pub fn targets(&self) -> Option<usize> {
        match &self.0 {
            Given::Built(batches) => Some(batches.targets()),
            Given::Read(stream) => stream.targets(),
        }
    }

    /// Where the rows went of the files that they are read from, once all were read; nothing where they are
    /// in memory, of which the [data](Dataset::rows) tells.
    pub fn rows(&self) -> Option<RowCounts> {
        match &self.0 {
            Given::Built(_) => None,
            Given::Read(stream) => stream.rows(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Given::Built(batches) => batches.is_empty(),
            Given::Read(stream) => stream.is_empty(),
        }
    }

    /// The first, if there is one.
    ///
    /// # Errors
    /// As [`Stream::for_each`].
    pub fn first(&self) -> Result<Option<Batch>, DataError> {
        let mut first = None;
        self.for_each(0, |batch| {
            first = Some(batch);
            false
        })?;
        Ok(first)
    }

    /// Calls `each` with the batches from the first on, in order, and what the data calls each target, until
    /// it gives `false`. The user of a log's row is what its column of kind `group` says. Of the columns in
    /// `keep` the cells come along: a log's; targets of behaviours have none.
    ///
    /// # Errors
    /// As [`Stream::for_each_named`].
    pub fn for_each_named(
        &self,
        keep: &[String],
        mut each: impl FnMut(Batch, Vec<TargetNames>) -> bool,
    ) -> Result<(), DataError> {
        match &self.0 {
            Given::Built(_) if !keep.is_empty() => {
                let found = crate::error::quoted(keep);
                Err(DataError::log("columns to keep", found, "none: targets of behaviours have no cells"))
            }
            Given::Built(batches) => {
                let named = |(user, item): (&str, &str)| TargetNames {
                    user: user.to_owned(),
                    item: item.to_owned(),
                    cells: vec![],
                };
                let _ =
                    (0..batches.len()).all(|i| each(batches.batch(i), batches.ids(i).map(named).collect()));
                Ok(())
            }
            Given::Read(stream) => stream.for_each_named(0, keep, each),
        }
    }

    /// Calls `each` with the batches from the `from`th on, in order, until it gives `false`.
    ///
    /// # Errors
    /// As [`Stream::for_each`].
    pub fn for_each(&self, from: usize, mut each: impl FnMut(Batch) -> bool) -> Result<(), DataError> {
        match &self.0 {
            Given::Built(batches) => {
                let _ = (from..batches.len()).all(|i| each(batches.batch(i)));
                Ok(())
            }
            Given::Read(stream) => stream.for_each(from, each),
        }
    }
}
