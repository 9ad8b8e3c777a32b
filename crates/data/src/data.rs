//! What a model is trained and tested on, whatever form it has.

use dien_model::{Batch, Features};
use dien_serving::encoding::{DenseEncoder, ItemTable, Vocabularies};

use crate::batch::batches::Batches;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::impressions::{Impressions, Stream};
use crate::row_counts::RowCounts;
use crate::sample::options::DataOptions;
use crate::target_names::TargetNames;

/// Behaviours in memory, or a log that is streamed.
#[derive(Clone, Debug)]
pub enum Data {
    /// A behaviour log in memory, from which samples are made.
    Behaviours(Box<Dataset>),
    /// Impressions that are streamed from their files.
    Impressions(Box<Impressions>),
}

/// The batches of an epoch or of a held-out part.
#[derive(Clone, Debug)]
pub enum Examples<'a> {
    /// Built when asked for.
    Batches(Batches<'a>),
    /// Read when asked for.
    Stream(Stream<'a>),
}

impl From<Dataset> for Data {
    fn from(dataset: Dataset) -> Self {
        Data::Behaviours(Box::new(dataset))
    }
}

impl From<Impressions> for Data {
    fn from(log: Impressions) -> Self {
        Data::Impressions(Box::new(log))
    }
}

impl<'a> From<Batches<'a>> for Examples<'a> {
    fn from(batches: Batches<'a>) -> Self {
        Examples::Batches(batches)
    }
}

impl<'a> From<Stream<'a>> for Examples<'a> {
    fn from(stream: Stream<'a>) -> Self {
        Examples::Stream(stream)
    }
}

impl Data {
    /// The behaviours, if it is these.
    pub fn as_behaviours(&self) -> Option<&Dataset> {
        match self {
            Data::Behaviours(data) => Some(data),
            Data::Impressions(_) => None,
        }
    }

    /// The features of a model for it.
    pub fn features(&self) -> &Features {
        match self {
            Data::Behaviours(data) => data.features(),
            Data::Impressions(log) => log.features(),
        }
    }

    /// The options, with what a schema says.
    pub fn options(&self) -> &DataOptions {
        match self {
            Data::Behaviours(data) => data.options(),
            Data::Impressions(log) => log.options(),
        }
    }

    /// How many of the latest events a target sees, by sequence of behaviours.
    pub fn max_history(&self) -> Vec<usize> {
        match self {
            Data::Behaviours(data) => vec![data.options().max_history],
            Data::Impressions(log) => {
                log.schema().behaviours.iter().map(|sequence| sequence.max_history).collect()
            }
        }
    }

    /// The vocabularies, one per embedding table.
    pub fn vocabularies(&self) -> &Vocabularies {
        match self {
            Data::Behaviours(data) => data.vocabularies(),
            Data::Impressions(log) => log.vocabularies(),
        }
    }

    /// What becomes of the columns of numbers.
    pub fn numbers(&self) -> &[DenseEncoder] {
        match self {
            Data::Behaviours(_) => &[],
            Data::Impressions(log) => log.numbers(),
        }
    }

    /// The features of every item, where they are known apart from its impressions.
    pub fn item_table(&self) -> Option<ItemTable> {
        match self {
            Data::Behaviours(data) => Some(data.item_table()),
            Data::Impressions(log) => log.item_table().cloned(),
        }
    }

    /// The multi-hot features that are of the user or the moment, not of the candidate.
    pub fn request_lists(&self) -> Vec<String> {
        match self {
            Data::Behaviours(_) => vec![],
            Data::Impressions(log) => log.request_lists(),
        }
    }

    /// Where the rows of the data went: a log's in the first pass over it, nothing if there was none; of
    /// behaviours, those of each part's users.
    pub fn rows(&self) -> Option<RowCounts> {
        match self {
            Data::Behaviours(data) => Some(data.rows()),
            Data::Impressions(log) => log.rows(),
        }
    }

    /// The training batches of an epoch, counted from 0.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Examples<'_> {
        match self {
            Data::Behaviours(data) => data.epoch(seed, epoch).into(),
            Data::Impressions(log) => log.epoch(seed, epoch).into(),
        }
    }

    /// The batches that choose the best epoch.
    pub fn validation(&self) -> Examples<'_> {
        match self {
            Data::Behaviours(data) => data.validation().into(),
            Data::Impressions(log) => log.validation().into(),
        }
    }

    /// The batches that measure it in the end.
    pub fn test(&self) -> Examples<'_> {
        match self {
            Data::Behaviours(data) => data.test().into(),
            Data::Impressions(log) => log.test().into(),
        }
    }
}

impl Examples<'_> {
    /// How many batches; of held-out rows that are streamed it is not known before they are read.
    pub fn len(&self) -> Option<usize> {
        match self {
            Examples::Batches(batches) => Some(batches.len()),
            Examples::Stream(stream) => stream.len(),
        }
    }

    /// How many targets, if that is known.
    pub fn targets(&self) -> Option<usize> {
        match self {
            Examples::Batches(batches) => Some(batches.targets()),
            Examples::Stream(stream) => stream.targets(),
        }
    }

    /// Where the rows went of the files that they are read from, once all were read; nothing where they are
    /// in memory, of which the [data](Data::rows) tells.
    pub fn rows(&self) -> Option<RowCounts> {
        match self {
            Examples::Batches(_) => None,
            Examples::Stream(stream) => stream.rows(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self {
            Examples::Batches(batches) => batches.is_empty(),
            Examples::Stream(stream) => stream.is_empty(),
        }
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
        match self {
            Examples::Batches(_) if !keep.is_empty() => {
                let found = crate::error::quoted(keep);
                Err(DataError::log("columns to keep", found, "none: targets of behaviours have no cells"))
            }
            Examples::Batches(batches) => {
                let named = |(user, item): (&str, &str)| TargetNames {
                    user: user.to_owned(),
                    item: item.to_owned(),
                    cells: vec![],
                };
                let _ =
                    (0..batches.len()).all(|i| each(batches.batch(i), batches.ids(i).map(named).collect()));
                Ok(())
            }
            Examples::Stream(stream) => stream.for_each_named(0, keep, each),
        }
    }

    /// Calls `each` with the batches from the `from`th on, in order, until it gives `false`.
    ///
    /// # Errors
    /// As [`Stream::for_each`].
    pub fn for_each(&self, from: usize, mut each: impl FnMut(Batch) -> bool) -> Result<(), DataError> {
        match self {
            Examples::Batches(batches) => {
                let _ = (from..batches.len()).all(|i| each(batches.batch(i)));
                Ok(())
            }
            Examples::Stream(stream) => stream.for_each(from, each),
        }
    }
}
