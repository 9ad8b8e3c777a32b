//! What a run is made of: everything that decides its result.

mod layers;
mod recipes;
mod source;
mod train;

use dien_data::{Data, DataOptions, Dataset, Impressions, Warnings};
use dien_model::ModelConfig;
use dien_optim::AdamConfig;
use dien_serving::encoding::{Number, Vocabularies};
use serde::{Deserialize, Serialize};
use toml::Value;

pub use layers::Layers;
pub use source::Source;
pub use train::TrainConfig;

use crate::error::{Error, Origin, Result};
use crate::run::Run;

/// A run's configuration: in a file, one section for each field. What is not said has its default.
///
/// ```
/// let config: dien::Config = r#"
///     [source]
///     folder = "data/amazon-beauty"
///     [model]
///     hidden = 64
///     [train]
///     epochs = 5
/// "#.parse()?;
/// assert_eq!((config.model.hidden, config.train.epochs, config.train.seed), (64, 5, 1));
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the behaviours come from.
    #[serde(default)]
    pub source: Source,
    /// Which features, targets, negatives and batches.
    #[serde(default)]
    pub data: DataOptions,
    /// The model.
    #[serde(default)]
    pub model: ModelConfig,
    /// The optimiser.
    #[serde(default)]
    pub optimizer: AdamConfig,
    /// How long to train, and the seed.
    #[serde(default)]
    pub train: TrainConfig,
}

impl Default for Config {
    /// DIEN on synthetic behaviours.
    fn default() -> Self {
        Layers::new().config().expect("the defaults are possible")
    }
}

impl Config {
    /// The data options, without the auxiliary negatives of a model that has no use for them.
    pub fn data_options(&self) -> DataOptions {
        let mut options = self.data.clone();
        if !self.model.learns_auxiliary() {
            options.negatives_per_event = 0;
        }
        options
    }

    /// The data to train on: the source's log, under the data options.
    ///
    /// # Errors
    /// The source cannot be read; the options ask for what it lacks.
    pub fn dataset(&self) -> Result<(Data, Warnings)> {
        if let Source::Schema(path) = &self.source {
            let (log, skipped) = Impressions::open(path, &self.data_options()).map_err(in_data)?;
            return Ok((log.into(), Warnings { skipped, ..Warnings::default() }));
        }
        let (log, warnings) = self.source.log()?.expect("behaviours, if no schema");
        Ok((Dataset::new(log, &self.data_options()).map_err(in_data)?.into(), warnings))
    }

    /// The source's log with the vocabularies of a trained model, and what it makes of numbers, to score it.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn dataset_with(&self, vocabularies: Vocabularies, numbers: Vec<Number>) -> Result<(Data, Warnings)> {
        if let Source::Schema(path) = &self.source {
            let log = Impressions::with_vocabularies(path, vocabularies, numbers, &self.data);
            return Ok((log.map_err(in_data)?.into(), Warnings::default()));
        }
        let (log, warnings) = self.source.log()?.expect("behaviours, if no schema");
        Ok((Dataset::with_vocabularies(log, vocabularies, &self.data).map_err(in_data)?.into(), warnings))
    }

    /// The data to train a model further on, whose vocabularies and numbers these are: new ids come after those that it knows.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn dataset_after(
        &self,
        vocabularies: &Vocabularies,
        numbers: Vec<Number>,
    ) -> Result<(Data, Warnings)> {
        if let Source::Schema(path) = &self.source {
            let log = Impressions::continuing(path, vocabularies, numbers, &self.data_options());
            let (log, skipped) = log.map_err(in_data)?;
            return Ok((log.into(), Warnings { skipped, ..Warnings::default() }));
        }
        let (log, warnings) = self.source.log()?.expect("behaviours, if no schema");
        Ok((Dataset::continuing(log, vocabularies, &self.data_options()).map_err(in_data)?.into(), warnings))
    }

    /// The data of a run that goes on, with the vocabularies that it began with: those of its data, or of a run before it as well.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset); a file of the run is missing or broken.
    pub fn dataset_of(&self, run: &Run) -> Result<(Data, Warnings)> {
        let names = match &self.source {
            Source::Schema(path) => Impressions::tables(path)?,
            _ => self.data.tables().map(String::from).collect(),
        };
        self.dataset_after(&run.vocabularies(names.iter().map(String::as_str))?, run.numbers()?)
    }

    /// An option, if there is one, that makes another run of it than of `other`: where the data is found does not, nor
    /// how long training goes on.
    pub(crate) fn differs_from(&self, other: &Config) -> Option<String> {
        let mut other = other.clone();
        other.source = self.source.clone();
        (other.train.epochs, other.train.patience) = (self.train.epochs, self.train.patience);
        let value = |config: &Config| Value::try_from(config).expect("plain fields");
        if *self == other { None } else { difference(&value(self), &value(&other)) }
    }

    /// Checks every option that can be checked without the data.
    ///
    /// # Errors
    /// [`Error::Option`] with the first impossible one.
    pub fn validate(&self) -> Result<()> {
        let wrong = |section: &str, option: &str, found: String, expected: String| Error::Option {
            origin: Origin::Default,
            option: format!("{section}.{option}"),
            found,
            expected,
        };
        self.data.validate().map_err(in_data)?;
        self.model.validate().map_err(|e| wrong("model", e.option, e.found, e.expected.into()))?;
        self.optimizer.validate().map_err(|e| wrong("optimizer", e.option, e.found, e.expected.into()))?;
        self.train
            .validate()
            .map_err(|(option, found, expected)| wrong("train", option, found, expected.into()))
    }
}

/// The path of an option whose values differ.
fn difference(a: &Value, b: &Value) -> Option<String> {
    let (Value::Table(a), Value::Table(b)) = (a, b) else { return (a != b).then(String::new) };
    let (first, key) = a.keys().chain(b.keys()).find_map(|key| match (a.get(key), b.get(key)) {
        (Some(a), Some(b)) => difference(a, b).map(|inner| (inner, key)),
        _ => Some((String::new(), key)),
    })?;
    Some(if first.is_empty() { key.clone() } else { format!("{key}.{first}") })
}

/// An impossible option of [`DataOptions`], which the data itself may have shown to be so.
fn in_data(error: dien_data::DataError) -> Error {
    match error {
        dien_data::DataError::Option { option, found, expected } => {
            Error::Option { origin: Origin::Default, option: format!("data.{option}"), found, expected }
        }
        other => Error::Data(other),
    }
}

impl std::str::FromStr for Config {
    type Err = Error;

    /// Reads TOML, as [`Layers`] does.
    fn from_str(text: &str) -> Result<Self> {
        let mut layers = Layers::new();
        layers.text(text)?;
        layers.config()
    }
}
