//! The data of a configuration, opened.

use dien_data::{Data, Dataset, Impressions, Warnings};

use crate::config::{Config, Source};
use crate::error::{Error, Result};
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
    /// The source cannot be read; the options ask for what it lacks; a file of the run is missing or broken.
    pub fn open(config: &Config, encoding: Encoding<'_>) -> Result<(Data, Warnings)> {
        match &config.source {
            Source::Schema(path) => {
                let options = config.data_options();
                let opened = match encoding {
                    Encoding::Fit => Impressions::open(path, &options),
                    Encoding::Reuse(run) => {
                        let (vocabularies, numbers) = run.encoding()?;
                        let log = Impressions::with_vocabularies(path, vocabularies, numbers, &config.data);
                        return Ok((log.map_err(Error::in_data)?.into(), Warnings::default()));
                    }
                    Encoding::Extend(run) => {
                        let names = Impressions::tables(path)?;
                        let vocabularies = run.vocabularies(names.iter().map(String::as_str))?;
                        Impressions::continuing(path, &vocabularies, run.numbers()?, &options)
                    }
                };
                let (log, skipped) = opened.map_err(Error::in_data)?;
                let mut warnings = Warnings::from(skipped);
                warnings.doubts = log.report().warnings();
                warnings.doubts.extend(log.doubts());
                Ok((log.into(), warnings))
            }
            source => {
                let (log, warnings) = source.log(&config.data)?.expect("behaviours, if no schema");
                let data = match encoding {
                    Encoding::Fit => Dataset::new(log, &config.data_options()),
                    Encoding::Reuse(run) => Dataset::with_vocabularies(log, run.encoding()?.0, &config.data),
                    Encoding::Extend(run) => {
                        let vocabularies = run.vocabularies(config.data.tables())?;
                        Dataset::continuing(log, &vocabularies, &config.data_options())
                    }
                };
                Ok((data.map_err(Error::in_data)?.into(), warnings))
            }
        }
    }
}
