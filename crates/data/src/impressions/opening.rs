//! What a log is opened with, and the ways to its vocabularies.

use std::path::{Path, PathBuf};

use dien_serving::encoding::{DenseEncoder, Vocabularies};

use super::{Impressions, origin};
use crate::encode::fit::fit;
use crate::encode::fit_report::FitReport;
use crate::encode::items::ItemFit;
use crate::encode::layout::Layout;
use crate::error::DataError;
use crate::sample::options::{DataOptions, TargetKind};
use crate::schema::{Part, Schema, SchemaSource};
use crate::skipped::Skipped;
use crate::source::{ReadReport, RowSources};

/// A log whose vocabularies are not known yet.
pub(super) struct Opening {
    schema: Schema,
    /// What errors call the schema.
    path: PathBuf,
    /// The folder that the schema's names are relative to.
    base: PathBuf,
    rows: Option<RowSources>,
    layout: Layout,
    options: DataOptions,
}

impl Opening {
    /// By a schema, whose names are of files.
    pub fn of(source: &SchemaSource, options: &DataOptions) -> Result<Self, DataError> {
        options.validate()?;
        Self::new(source.load()?, source.path(), None, options)
    }

    pub fn new(
        schema: Schema,
        path: &Path,
        rows: Option<RowSources>,
        options: &DataOptions,
    ) -> Result<Self, DataError> {
        options.validate()?;
        let layout = Layout::from_schema(&schema, path)?;
        let mut options = options.clone();
        options.targets = TargetKind::Real;
        options.max_history = schema.behaviours[0].max_history;
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Opening { schema, path: path.to_path_buf(), base, rows, layout, options })
    }

    /// With names of files that are relative to another folder.
    pub fn within(self, base: &Path) -> Self {
        Opening { base: base.to_path_buf(), ..self }
    }

    /// With vocabularies of its own rows.
    pub fn fitted(self) -> Result<(Impressions, Skipped), DataError> {
        let (mut log, items, skipped) = self.fitted_with_items()?;
        log.items = items.table(&log.schema, &log.layout, &log.vocabularies);
        Ok((log, skipped))
    }

    /// The same, and what its items are, not encoded yet.
    fn fitted_with_items(self) -> Result<(Impressions, ItemFit, Skipped), DataError> {
        let Opening { schema, base, rows, layout, options, .. } = &self;
        let origins = [Part::Training, Part::Validation, Part::Test]
            .map(|part| origin(schema, base, rows.as_ref(), part).map(|origin| (origin, part)));
        let origins: Vec<_> = origins.into_iter().flatten().collect();
        let stats = fit(schema, base, &origins, layout, options.on_error)?;
        let log = Impressions {
            training: Some(stats.training),
            report: stats.report,
            fit_report: stats.fit_report,
            counts: Some(stats.rows),
            ..self.encoded_by(stats.vocabularies, stats.numbers)
        };
        Ok((log, stats.items, stats.skipped))
    }

    /// With a model's.
    pub fn with_vocabularies(
        self,
        vocabularies: Vocabularies,
        numbers: Vec<DenseEncoder>,
    ) -> Result<Impressions, DataError> {
        self.layout.check_model(&self.schema, &self.path, &vocabularies, &numbers)?;
        let layout = self.layout.clone().with_types(&self.schema, &self.path, &vocabularies)?;
        Ok(Opening { layout, ..self }.encoded_by(vocabularies, numbers))
    }

    /// Before any row is read.
    fn encoded_by(self, vocabularies: Vocabularies, numbers: Vec<DenseEncoder>) -> Impressions {
        let Opening { mut schema, base, rows, layout, options, .. } = self;
        state_types(&mut schema, &vocabularies);
        let features = layout.features(&schema, &vocabularies);
        Impressions {
            schema,
            base,
            rows,
            layout,
            vocabularies,
            numbers,
            features,
            items: None,
            options,
            report: ReadReport::default(),
            fit_report: FitReport::default(),
            training: None,
            counts: None,
        }
    }

    /// With a model's, and what its own rows have beyond them.
    pub fn continuing(
        self,
        vocabularies: &Vocabularies,
        numbers: Vec<DenseEncoder>,
    ) -> Result<(Impressions, Skipped), DataError> {
        let Opening { schema, path, base, rows, layout, options } = self;
        layout.check_model(&schema, &path, vocabularies, &numbers)?;
        let layout = layout.with_types(&schema, &path, vocabularies)?;
        let again = Opening::new(schema.clone(), &path, rows.clone(), &options)?;
        let own = Opening { schema, path: path.clone(), base, rows, layout, options };
        let (own, items, skipped) = own.fitted_with_items()?;
        for ((name, before), (_, now)) in vocabularies.iter().zip(own.vocabularies.iter()) {
            if before.hashed_ids() != now.hashed_ids() {
                let say =
                    |ids: Option<u32>| ids.map_or("ids of their own".into(), |n| format!("`hash = {n}`"));
                let found = format!("vocabulary of `{name}`: {}", say(now.hashed_ids()));
                let expected = format!("{}, as the model has", say(before.hashed_ids()));
                return Err(DataError::file(&path, found, expected));
            }
        }
        let log = again.with_vocabularies(vocabularies.extended(&own.vocabularies), numbers)?;
        let items = items.table(&log.schema, &log.layout, &log.vocabularies);
        let Impressions { training, report, fit_report, counts, .. } = own;
        Ok((Impressions { training, report, fit_report, items, counts, ..log }, skipped))
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
