//! The data of a configuration, opened.

use std::borrow::Cow;

use dien_data::{DataOptions, Dataset, EncodedLog, Impressions, Log, SchemaSource, Warnings};

use crate::config::{Config, LogKind, Source};
use crate::error::{Error, Result};
use crate::infer;
use crate::run::Run;

/// Which ids and numbers stand for what the data holds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Encoding<'a> {
    /// The data's own: its training part decides.
    Fit,
    /// Those of a run's best model, to score it on this data; what it does not know is out of vocabulary.
    Reuse(&'a Run),
    /// Those that a run began with, to go on with it or to train its model further: new ids come after those
    /// that it knows.
    Extend(&'a Run),
}

/// Opens the source of a configuration.
///
/// ```
/// use dien::prelude::*;
///
/// let config: Config = "source.synthetic.users = 40".parse()?;
/// let (data, warnings) = DataSource::open(&config, Encoding::Fit)?;
/// assert!(warnings.is_empty() && data.test().targets() > Some(0));
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DataSource;

impl DataSource {
    /// The source's log under the data options, and what of it is ignored.
    ///
    /// # Errors
    /// The source cannot be read; it is not clear what a log's columns are; the options ask for what it
    /// lacks; a file of the run is missing or broken.
    pub fn open(config: &Config, encoding: Encoding<'_>) -> Result<(Dataset, Warnings)> {
        let config = &*inferred(config)?;
        if let Some((log, warnings)) = Self::log(config)? {
            return behaviours(log, warnings, config, encoding);
        }
        match &config.source {
            Source::Log(log) if log.kind == Some(LogKind::Events) => {
                let (samples, report) = infer::samples(log, &config.data.reading())?;
                let schema = (&infer::schema_of(&samples)).into();
                let (data, mut warnings) = impressions(schema, config, encoding)?;
                warnings.doubts.splice(0..0, report.warnings);
                Ok((data.keeping(samples), warnings))
            }
            Source::Log(log) => impressions(SchemaSource::new(log.schema()?, &log.files), config, encoding),
            Source::Schema(path) => impressions(path.into(), config, encoding),
            _ => unreachable!("other sources are behaviours"),
        }
    }

    /// What users did, as it is, and what of it is ignored, where that is read into memory: of a folder, a
    /// public set, a table of events, or drawn. None of rows that are streamed.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn log(config: &Config) -> Result<Option<(Log, Warnings)>> {
        match &inferred(config)?.source {
            Source::Log(log) if log.kind == Some(LogKind::Events) && log.label.is_none() => {
                let (events, report) = infer::events(log, &config.data.reading())?;
                Ok(Some(report.held_out(events)?))
            }
            source => source.log(&config.data),
        }
    }
}

/// The configuration, with what a log's columns are.
fn inferred(config: &Config) -> Result<Cow<'_, Config>> {
    match &config.source {
        Source::Log(log) if log.kind.is_none() => {
            let source = Source::Log(infer::infer(log)?.0);
            Ok(Cow::Owned(Config { source, ..config.clone() }))
        }
        _ => Ok(Cow::Borrowed(config)),
    }
}

fn impressions(schema: SchemaSource, config: &Config, encoding: Encoding<'_>) -> Result<(Dataset, Warnings)> {
    let schema = match config.schema.is_empty() {
        true => schema,
        false => schema.with_overrides(&config.schema)?,
    };
    let options = config.data_options();
    let opened = match encoding {
        Encoding::Fit => Impressions::open(schema, &options),
        Encoding::Reuse(run) => {
            let (vocabularies, numbers) = run.encoding()?;
            let log = Impressions::with_vocabularies(schema, vocabularies, numbers, &config.data);
            return Ok((log.map_err(Error::in_data)?.into(), Warnings::default()));
        }
        Encoding::Extend(run) => {
            let names = Impressions::tables(schema.clone())?;
            let vocabularies = run.vocabularies(names.iter().map(String::as_str))?;
            Impressions::continuing(schema, &vocabularies, run.numbers()?, &options)
        }
    };
    let (mut log, skipped) = opened.map_err(Error::in_data)?;
    if let Encoding::Extend(run) = encoding
        && let Some(items) = run.item_table()?
    {
        log = log.with_known_items(&items);
    }
    let mut warnings = Warnings::from(skipped);
    warnings.doubts = log.report().warnings();
    warnings.doubts.extend(log.doubts());
    warnings.notes.extend(log.notes().iter().cloned());
    Ok((log.into(), warnings))
}

fn behaviours(
    log: Log,
    mut warnings: Warnings,
    config: &Config,
    encoding: Encoding<'_>,
) -> Result<(Dataset, Warnings)> {
    let fitting = |options: DataOptions| options.fitting(&log);
    let (options, told) = fitting(config.data_options());
    warnings.notes.extend(told);
    warnings.notes.extend(options.note_of_repeats(&log));
    let data = match encoding {
        Encoding::Fit => EncodedLog::new(log, &options),
        Encoding::Reuse(run) => {
            let (options, _) = fitting(config.data.clone());
            EncodedLog::with_vocabularies(log, run.encoding()?.0, &options)
        }
        Encoding::Extend(run) => {
            let vocabularies = run.vocabularies(options.tables())?;
            EncodedLog::continuing(log, &vocabularies, &options)
        }
    };
    Ok((data.map_err(Error::in_data)?.into(), warnings))
}
