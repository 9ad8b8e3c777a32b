//! Rows that are in no file: a program's own structs, or Arrow's record batches.
//!
//! ```text
//! Row, RecordBatch ─ RowBatch ─ RowSource ─▶ Blocks, as those of files
//! ```

#[cfg(feature = "arrow")]
mod arrow;
mod batch;
mod cells;
mod row;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use batch::RowBatch;
pub use row::{Cell, Row};

use super::lists::ListSyntax;
use super::{Block, Wanted};
use crate::error::DataError;
use crate::schema::{Part, Source};

/// The batches of a [`RowSource`], in order.
pub type RowBatches<'a> = Box<dyn Iterator<Item = io::Result<RowBatch>> + Send + 'a>;

/// Where rows come from that are in no file.
///
/// It is read several times: once for the vocabularies, then for each epoch and each validation, so every
/// [`scan`](Self::scan) gives the same rows in the same order. What can be read once alone, such as a queue
/// or an iterator, is kept in memory by [`InMemory`]; or its rows are encoded as they come by
/// [`Impressions::training_batch`](crate::Impressions::training_batch), with the vocabularies of others. A
/// second scan that gives more or fewer rows to train on than the first is an error.
///
/// ```
/// use dien_data::{Row, RowBatch, RowBatches, RowSource};
///
/// /// Counts to a million, a thousand rows at a time.
/// struct Counter;
///
/// impl RowSource for Counter {
///     fn name(&self) -> &str {
///         "counter"
///     }
///
///     fn scan(&self) -> std::io::Result<RowBatches<'_>> {
///         let row = |i: u64| Row::new().with("item", i).with("clicked", i % 3 == 0);
///         Ok(Box::new((0..1000).map(move |b| Ok((1000 * b..1000 * (b + 1)).map(row).collect()))))
///     }
/// }
/// # assert_eq!(Counter.scan().unwrap().map(|b| b.unwrap().len()).sum::<usize>(), 1_000_000);
/// ```
pub trait RowSource: Send + Sync {
    /// What it is called in errors and reports.
    fn name(&self) -> &str;

    /// Every row, from the first on. How they are cut into batches changes nothing.
    ///
    /// # Errors
    /// They cannot be read; so may each batch say.
    fn scan(&self) -> io::Result<RowBatches<'_>>;
}

/// Rows that are kept in memory.
///
/// ```
/// use dien_data::{InMemory, Row};
///
/// let events = [("ann", 7, true), ("bob", 9, false)];
/// let row = |(user, item, clicked)| {
///     Row::new().with("user", user).with("item", item).with("clicked", clicked)
/// };
/// let rows: InMemory = events.map(row).into_iter().collect();
/// assert_eq!(rows.len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    batches: Vec<RowBatch>,
}

impl InMemory {
    /// What an iterator gives, such as a reader of record batches, which can be read once alone.
    ///
    /// # Errors
    /// The first that the iterator gives.
    pub fn read<B: Into<RowBatch>, E>(batches: impl IntoIterator<Item = Result<B, E>>) -> Result<Self, E> {
        let batches = batches.into_iter().map(|batch| Ok(batch?.into()));
        Ok(InMemory { batches: batches.collect::<Result<_, E>>()? })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RowBatch::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<B: Into<RowBatch>> From<Vec<B>> for InMemory {
    fn from(batches: Vec<B>) -> Self {
        InMemory { batches: batches.into_iter().map(Into::into).collect() }
    }
}

impl FromIterator<Row> for InMemory {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        InMemory { batches: vec![rows.into_iter().collect()] }
    }
}

impl RowSource for InMemory {
    fn name(&self) -> &str {
        "rows in memory"
    }

    fn scan(&self) -> io::Result<RowBatches<'_>> {
        // A batch shares its rows with its copies.
        Ok(Box::new(self.batches.iter().cloned().map(Ok)))
    }
}

/// The rows of a log that are in no file: those that train, with those that a schema's split holds out of
/// them, or those that validate and test apart.
#[derive(Clone)]
pub struct RowSources {
    training: Arc<dyn RowSource>,
    validation: Option<Arc<dyn RowSource>>,
    test: Option<Arc<dyn RowSource>>,
}

impl RowSources {
    /// Rows that train, unless a split holds them out.
    pub fn new(training: impl RowSource + 'static) -> Self {
        RowSources { training: Arc::new(training), validation: None, test: None }
    }

    /// With rows that validate.
    #[must_use]
    pub fn with_validation(self, rows: impl RowSource + 'static) -> Self {
        RowSources { validation: Some(Arc::new(rows)), ..self }
    }

    /// With rows that test.
    #[must_use]
    pub fn with_test(self, rows: impl RowSource + 'static) -> Self {
        RowSources { test: Some(Arc::new(rows)), ..self }
    }
}

impl RowSources {
    /// The rows that are of a part without a split.
    pub(crate) fn of(&self, part: Part) -> Option<&dyn RowSource> {
        match part {
            Part::Training => Some(&*self.training),
            Part::Validation => self.validation.as_deref(),
            Part::Test => self.test.as_deref(),
        }
    }
}

impl<S: RowSource + 'static> From<S> for RowSources {
    fn from(rows: S) -> Self {
        RowSources::new(rows)
    }
}

impl fmt::Debug for RowSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |rows: &Option<Arc<dyn RowSource>>| rows.as_ref().map(|rows| rows.name().to_owned());
        f.debug_struct("RowSources")
            .field("training", &self.training.name())
            .field("validation", &name(&self.validation))
            .field("test", &name(&self.test))
            .finish()
    }
}

/// The wanted columns, up to `most` rows at a time. `source` says how texts hold lists.
pub(super) fn blocks<'a>(
    rows: &'a dyn RowSource,
    source: &Source,
    wanted: &[Wanted],
    most: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + Send + use<'a>, DataError> {
    let file: Arc<Path> = Path::new(rows.name()).into();
    let mut batches = rows.scan().map_err(DataError::io(&file, "read"))?;
    let (wanted, syntax) = (wanted.to_vec(), ListSyntax::of(source, false));
    // The batch that is being read, its next row, and the number of that over all batches.
    let (mut batch, mut next, mut number) = (RowBatch::default(), 0, 1);
    Ok(std::iter::from_fn(move || {
        while next == batch.len() {
            batch = match batches.next()? {
                Ok(batch) => batch,
                Err(e) => return Some(Err(DataError::io(&file, "read")(e))),
            };
            next = 0;
        }
        let rows = next..batch.len().min(next + most);
        let block = batch.block(rows.clone(), number, &file, &wanted, &syntax);
        number += rows.len() as u64;
        next = rows.end;
        Some(block)
    }))
}
