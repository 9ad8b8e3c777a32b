//! What a run is made of: everything that decides its result.

mod layers;
mod log_source;
mod merge;
pub mod options;
mod recipes;
mod source;
mod train;

use dien_data::DataOptions;
use dien_data::schema::SchemaOverrides;
use dien_model::ModelConfig;
use dien_optim::AdamConfig;
use serde::{Deserialize, Serialize};
use toml::Value;

pub use layers::Layers;
pub use log_source::{LogKind, LogSource};
pub use source::Source;
pub use train::TrainConfig;

use crate::error::{Error, Origin, Result};

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
#[non_exhaustive]
pub struct Config {
    /// Where the behaviours come from.
    #[serde(default)]
    pub source: Source,
    /// Keys of a log's schema that are said over it.
    #[serde(default, skip_serializing_if = "SchemaOverrides::is_empty")]
    pub schema: SchemaOverrides,
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
        Config::new(Source::default())
    }
}

impl Config {
    /// The defaults that suit what is trained on; every field can be set then.
    ///
    /// ```
    /// use dien::config::{Config, Source};
    ///
    /// let mut config = Config::new(Source::at("data/my-shop".into()));
    /// config.train.epochs = 3;
    /// assert_eq!((config.optimizer.lr, Config::default().optimizer.lr), (0.002, 0.004));
    /// ```
    pub fn new(source: Source) -> Self {
        let mut layers = Layers::new();
        if !matches!(source, Source::Synthetic(_)) {
            layers.set("source", "source.folder", "").expect("an option");
        }
        Config { source, ..layers.config().expect("the defaults are possible") }
    }

    /// The data options, without the auxiliary negatives of a model that has no use for them.
    pub fn data_options(&self) -> DataOptions {
        let mut options = self.data.clone();
        if !self.model.learns_auxiliary() {
            options.negatives_per_event = 0;
        }
        options
    }

    /// An option, if there is one, that makes another run of it than of `other`: where the data is found does
    /// not, nor how long training goes on.
    pub(crate) fn differs_from(&self, other: &Config) -> Option<String> {
        let mut other = other.clone();
        other.source = self.source.clone();
        other.train = TrainConfig {
            epochs: self.train.epochs,
            patience: self.train.patience,
            calibration: self.train.calibration,
            negative_sampling_rate: self.train.negative_sampling_rate,
            ..other.train
        };
        if *self == other {
            return None;
        }
        match (options::values(self), options::values(&other)) {
            (Ok(own), Ok(other)) => difference(&own.into(), &other.into()),
            (Err(wrong), _) | (_, Err(wrong)) => Some(wrong.key().to_owned()),
        }
    }

    /// Checks every option that can be checked without the data: against its [range](options), then against
    /// the others of its section.
    ///
    /// # Errors
    /// [`Error::Option`] with the first impossible one.
    pub fn validate(&self) -> Result<()> {
        if let Some(wrong) = options::out_of_range(self) {
            return Err(wrong.at(Origin::Default));
        }
        let wrong = |section: &str, option: &str, found: String, expected: String| Error::Option {
            origin: Origin::Default,
            option: format!("{section}.{option}"),
            found,
            expected,
        };
        self.source.validate()?;
        self.data.validate().map_err(Error::in_data)?;
        self.model.validate().map_err(|e| wrong("model", &e.option, e.found, e.expected.into_owned()))?;
        self.optimizer.validate().map_err(|e| wrong("optimizer", e.option, e.found, e.expected.into()))
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

impl std::str::FromStr for Config {
    type Err = Error;

    /// Reads TOML, as [`Layers`] does.
    fn from_str(text: &str) -> Result<Self> {
        let mut layers = Layers::new();
        layers.text(text)?;
        layers.config()
    }
}
