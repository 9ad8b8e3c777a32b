//! The run folder: a training run on disk.

mod checkpoint;
mod model;
mod progress;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dien_data::Dataset;
use dien_data::schema::Schema;
use dien_model::{Calibration, ModelConfig};
use dien_serving::encoding::{DenseEncoder, Vocabularies};
use dien_serving::files;
use dien_tensor::ParamStore;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use progress::{Best, Progress, Sums};

use crate::config::{Config, Layers, LogKind, LogSource, Source};
use crate::error::{Error, Result};
use crate::train::Epoch;

/// A run folder.
///
/// | file | what |
/// | --- | --- |
/// | `config.toml` | every option; `dien train --config RUN/config.toml` repeats the run bit for bit |
/// | `model.safetensors` | the model of the epoch that validated best: what eval, rank and describe read |
/// | `last.safetensors` | the latest parameters |
/// | `average.safetensors` | their moving average, if `train.ema_decay` is above 0 |
/// | `optimizer.safetensors` | the optimiser's state that belongs to them, and how far training is |
/// | `vocab/NAME.txt` | the vocabularies; line n is the token of id n; `NAME.hash` the size of a hashed one |
/// | `dataset.toml` | the schema of a log of impressions, as it was |
/// | `numbers.json` | what becomes of dense columns, if there are some: transforms, means, deviations |
/// | `metrics.jsonl` | an [`Epoch`] per line |
/// | `report.html` | the page that `dien report` writes, if it was asked |
///
/// Each file is written under another name and then renamed, so that it is always whole.
///
/// ```no_run
/// use dien::prelude::*;
///
/// let run = Run::open("runs/mine")?;
/// for epoch in run.epochs()? {
///     println!("epoch {} in {:.1} s: {:?}", epoch.epoch, epoch.seconds, epoch.validation);
/// }
/// println!("{} is all that a service needs", run.model_path()?.display());
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    folder: PathBuf,
}

impl Run {
    /// A new run in `folder`, which is made if need be, and its `config.toml`.
    ///
    /// # Errors
    /// The folder has something in it already, or cannot be made or written.
    pub fn create(folder: impl Into<PathBuf>, config: &Config) -> Result<Self> {
        let run = Run { folder: folder.into() };
        fs::create_dir_all(&run.folder).map_err(Error::io(&run.folder, "make the folder"))?;
        let mut entries = fs::read_dir(&run.folder).map_err(Error::io(&run.folder, "read the folder"))?;
        if entries.next().is_some() {
            let expected = "an empty or a new folder (`--resume` goes on with a run)";
            return Err(Error::file(&run.folder, "the folder is not empty", expected));
        }
        run.save_config(config)?;
        Ok(run)
    }

    /// A new run in a fresh folder `parent/NAME-MODEL-seedN`, with `-2`, `-3` and so on if it is taken.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn create_fresh(parent: &Path, config: &Config) -> Result<Self> {
        let model = config.model.name();
        let name = format!("{}-{model}-seed{}", config.source.name(), config.train.seed);
        fs::create_dir_all(parent).map_err(Error::io(parent, "make the folder"))?;
        let mut folder = parent.join(&name);
        for n in 2.. {
            match fs::create_dir(&folder) {
                Ok(()) => break,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    folder = parent.join(format!("{name}-{n}"));
                }
                Err(e) => return Err(Error::io(&folder, "make the folder")(e)),
            }
        }
        Run::create(folder, config)
    }

    /// An existing run.
    ///
    /// # Errors
    /// The folder has no `config.toml`.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let run = Run { folder: folder.into() };
        if !run.path("config.toml").is_file() {
            return Err(Error::file(
                &run.folder,
                "no run (there is no `config.toml`)",
                "the folder of a run",
            ));
        }
        Ok(run)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's configuration.
    ///
    /// # Errors
    /// As [`Layers::file`] and [`Layers::config`].
    pub fn config(&self) -> Result<Config> {
        self.layers()?.config()
    }

    /// The run's configuration, to put other options over it.
    ///
    /// # Errors
    /// As [`Layers::file`].
    pub fn layers(&self) -> Result<Layers> {
        let mut layers = Layers::new();
        // As runs read their data that do not say it: they are of before there was the option.
        layers.text("data.ties = \"file\"")?;
        layers.file(&self.path("config.toml"))?;
        layers.trust();
        Ok(layers)
    }

    /// What is at a path, for this run's model: files without a description are read by the schema of its
    /// log, or as its events are. Of a log whose schema splits nothing, `as_test`, all rows test.
    ///
    /// # Errors
    /// The run's schema or configuration cannot be read; its behaviours are in a table of their own.
    pub fn source_at(&self, path: &Path, as_test: bool) -> Result<Source> {
        let mut source = Source::at(path.to_path_buf());
        let Some(files) = source.files_of() else { return Ok(source) };
        if let Source::Log(own) = self.config()?.source
            && own.kind == Some(LogKind::Events)
        {
            source = Source::Log(LogSource { files: files.into(), ..own });
        } else if self.path("dataset.toml").exists() {
            let schema = Schema::load(&self.path("dataset.toml"))?;
            source = Source::Log(LogSource::described_by(files, schema, as_test)?);
        }
        Ok(source)
    }

    /// Writes the configuration. The path of the data becomes absolute, so that it holds in any working
    /// directory.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_config(&self, config: &Config) -> Result<()> {
        write_config(&self.path("config.toml"), config)
    }

    /// Reads the vocabularies of these names.
    ///
    /// # Errors
    /// As [`Vocabularies::load_names`].
    pub fn vocabularies<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Vocabularies> {
        Ok(Vocabularies::load_names(&self.path("vocab"), names)?)
    }

    /// What the run makes of numbers.
    ///
    /// # Errors
    /// The file is broken.
    pub fn numbers(&self) -> Result<Vec<DenseEncoder>> {
        let path = self.path("numbers.json");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let numbers: Vec<DenseEncoder> = serde_json::from_str(&text)
                    .map_err(|e| Error::file(&path, e.to_string(), "the numbers that `dien train` wrote"))?;
                DenseEncoder::validate_all(&path, "", &numbers)?;
                Ok(numbers)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            Err(e) => Err(Error::io(&path, "read")(e)),
        }
    }

    /// Writes what the run makes of numbers; no file if it reads none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_numbers(&self, numbers: &[DenseEncoder]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(numbers).expect("plain fields") + "\n";
        Ok(files::write(&self.path("numbers.json"), text.as_bytes())?)
    }

    /// Keeps the schema of a log, to know it again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_schema(&self, data: &Dataset) -> Result<()> {
        match data.schema() {
            Some(schema) => Ok(files::write(&self.path("dataset.toml"), schema.to_toml().as_bytes())?),
            None => Ok(()),
        }
    }

    /// That the data's columns mean what those meant that the run was trained on.
    ///
    /// # Errors
    /// They do not.
    pub fn check_schema(&self, data: &Dataset) -> Result<()> {
        let path = self.path("dataset.toml");
        match data.schema() {
            Some(schema) if path.exists() && !Schema::load(&path)?.agrees_with(schema) => {
                let found =
                    "a schema that gives columns or behaviours another meaning than the data's now has";
                Err(Error::file(&path, found, "the same `candidate`, `width`, `columns` and `behaviours`"))
            }
            _ => Ok(()),
        }
    }

    /// Writes the vocabularies.
    ///
    /// # Errors
    /// As [`Vocabularies::save`].
    pub(crate) fn save_vocabularies(&self, vocabularies: &Vocabularies) -> Result<()> {
        Ok(vocabularies.save(&self.path("vocab"))?)
    }

    /// Writes the best model: its parameters, and what serving needs of its configuration and data.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_model(
        &self,
        params: &ParamStore<f32>,
        step: u64,
        model: &ModelConfig,
        calibration: &Calibration,
        dataset: &Dataset,
    ) -> Result<()> {
        let path = self.path("model.safetensors");
        model::stage(&path, params, step, model, calibration, dataset)?.commit()?;
        Ok(())
    }

    /// Reads the epochs of `metrics.jsonl`; none if there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not an epoch.
    pub fn epochs(&self) -> Result<Vec<Epoch>> {
        let path = self.path("metrics.jsonl");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(e) => return Err(Error::io(&path, "read")(e)),
        };
        let parse = |(i, line): (usize, &str)| {
            serde_json::from_str(line)
                .map_err(|e| Error::file(&path, format!("on line {}: {e}", i + 1), "an epoch's JSON object"))
        };
        text.lines().enumerate().map(parse).collect()
    }

    /// Writes `metrics.jsonl`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_epochs(&self, epochs: &[Epoch]) -> Result<()> {
        let line = |e: &Epoch| serde_json::to_string(e).expect("plain fields") + "\n";
        let text: String = epochs.iter().map(line).collect();
        Ok(files::write(&self.path("metrics.jsonl"), text.as_bytes())?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Writes a configuration; where its data is, is absolute.
pub(crate) fn write_config(path: &Path, config: &Config) -> Result<()> {
    let mut config = config.clone();
    if let Some(folder) = config.source.path_mut() {
        *folder = std::path::absolute(&*folder).map_err(Error::io(folder, "find the folder"))?;
    }
    let options = toml::to_string(&config).map_err(|e| {
        Error::file(path, format!("a configuration that TOML cannot hold ({e})"), "plain values")
    })?;
    let text = format!(
        "# Every option of this run. `dien train --config` with this file repeats it.\n\
         # `optimizer.clip_norm` is off where it is not said.\n\n{options}"
    );
    Ok(files::write(path, text.as_bytes())?)
}
