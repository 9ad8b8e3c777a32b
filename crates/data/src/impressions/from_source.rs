//! Logs whose rows are in no file.

use std::path::Path;

use dien_serving::encoding::{DenseEncoder, Vocabularies};

use super::Impressions;
use super::opening::Opening;
use crate::error::DataError;
use crate::sample::options::DataOptions;
use crate::schema::{ColumnKind, Part, Schema};
use crate::skipped::Skipped;
use crate::source::RowSources;

/// What errors call a schema that is in no file.
const PLACE: &str = "the schema";

impl Impressions {
    /// A log of rows that are in no file, as [`open`](Self::open) has one of files: the same rows give the
    /// same vocabularies and batches wherever they are. The schema says what the columns are; files that it
    /// names are not read, but for those of ids (`vocabulary = { file = … }`), in the working folder.
    ///
    /// ```
    /// use dien_data::schema::Schema;
    /// use dien_data::{DataOptions, Impressions, InMemory, Row};
    ///
    /// let schema = "candidate = [\"item\"]\n[columns]\n\
    ///     clicked = { kind = \"label\" }\nitem = { kind = \"sparse\" }\n\
    ///     seen = { kind = \"sequence\", shares = \"item\" }\n\
    ///     [[behaviours]]\nname = \"clicks\"\ncolumns = [\"seen\"]";
    /// let schema = Schema::parse(schema, "dataset.toml".as_ref())?;
    /// let row = |i: u32| Row::new().with("clicked", i % 2).with("item", i).with("seen", vec![i + 1, i + 2]);
    /// let rows: InMemory = (0..100).map(row).collect();
    /// let (log, _skipped) = Impressions::from_source(&schema, rows, &DataOptions::default())?;
    /// assert_eq!(log.epoch(1, 0).targets(), Some(100));
    /// # Ok::<(), dien_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open); the rows cannot be read, or lack a column; the schema has its histories in a
    /// table of their own.
    pub fn from_source(
        schema: &Schema,
        rows: impl Into<RowSources>,
        options: &DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        opening(schema, rows.into(), options)?.fitted()
    }

    /// [`with_vocabularies`](Self::with_vocabularies) of rows that are in no file. There may be none, where
    /// [`training_batch`](Self::training_batch) and [`scoring_batch`](Self::scoring_batch) encode others as
    /// they come.
    ///
    /// # Errors
    /// As [`with_vocabularies`](Self::with_vocabularies) and [`from_source`](Self::from_source).
    pub fn from_source_with_vocabularies(
        schema: &Schema,
        rows: impl Into<RowSources>,
        vocabularies: Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        opening(schema, rows.into(), options)?.with_vocabularies(vocabularies, numbers)
    }

    /// [`continuing`](Self::continuing) of rows that are in no file: ids that are known stay what they are,
    /// and new ones come after them.
    ///
    /// # Errors
    /// As [`continuing`](Self::continuing) and [`from_source`](Self::from_source).
    pub fn from_source_continuing(
        schema: &Schema,
        rows: impl Into<RowSources>,
        vocabularies: &Vocabularies,
        numbers: Vec<DenseEncoder>,
        options: &DataOptions,
    ) -> Result<(Self, Skipped), DataError> {
        opening(schema, rows.into(), options)?.continuing(vocabularies, numbers)
    }
}

fn opening(schema: &Schema, rows: RowSources, options: &DataOptions) -> Result<Opening, DataError> {
    let mut schema = schema.clone();
    (schema.source.files, schema.source.histories) = (None, None);
    (schema.validation, schema.test) = (None, None);
    // Its fields are public: whatever they say is checked as a file is.
    let schema = Schema::parse(&schema.to_toml(), Path::new(PLACE))?;
    let wrong = |found: &str, expected| DataError::file(Path::new(PLACE), found, expected);
    if schema.of_kind(ColumnKind::History).count() > 0 {
        let found = "histories in a table of their own, of rows that are in no file";
        return Err(wrong(found, "a list of behaviours in each row"));
    }
    for (part, found) in [
        (Part::Validation, "a `split` that gives validation rows, and rows that validate"),
        (Part::Test, "a `split` that gives test rows, and rows that test"),
    ] {
        if rows.of(part).is_some() && schema.split.as_ref().is_some_and(|split| split.has(part)) {
            return Err(wrong(found, "either"));
        }
    }
    Opening::new(schema, Path::new(PLACE), Some(rows), options)
}
