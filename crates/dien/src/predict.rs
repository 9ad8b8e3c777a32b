//! Scores of rows, in their order.

use std::path::{Path, PathBuf};

use dien_data::schema::{Format, Schema, SchemaOverrides, Source as Files};
use dien_data::{
    DataOptions, Dataset, EncodedLog, Impressions, OnError, PredictionBatch, Predictions, SchemaSource,
    Skipped,
};
use dien_model::{Features, Registry};
use dien_serving::model_file::{DataForm, ModelFile};

use crate::config::{Config, Source};
use crate::data_source::DataSource;
use crate::error::{Error, Result};
use crate::oov::OovReport;
use crate::run::Run;
use crate::scorer::Scorer;

/// What was scored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Predicted {
    /// Rows, those with something wrong in them included.
    pub rows: u64,
    /// Rows without a score, since something is wrong with them.
    pub skipped: Skipped,
    /// How many ids of those with a score the model does not know.
    pub oov: OovReport,
}

/// A model and the rows that it is to score: any model, whatever it was trained on.
///
/// - Rows of a log: each is scored, in the files' order, label or not.
/// - A folder or a table of behaviours: the targets of its test users, as [`Scorer::write_scores`] has them.
///
/// ```no_run
/// use dien::Predictor;
/// use dien::data::{OnError, Predictions};
///
/// let model = "runs/mine/model.safetensors"; // or the run's folder
/// let predictor = Predictor::open(model.as_ref(), "new.parquet".as_ref(), OnError::Skip)?;
/// let mut scores = Predictions::create("scores.csv".as_ref(), &[])?.with_reasons();
/// let done = predictor.predict(&[], &mut scores)?;
/// scores.finish()?;
/// println!("{} rows, {} of them without a score", done.rows, done.skipped.rows);
/// # Ok::<(), dien::Error>(())
/// ```
#[derive(Debug)]
pub struct Predictor {
    scorer: Scorer,
    data: Dataset,
}

impl Predictor {
    /// Reads a model, a run's folder or its `model.safetensors` alone, and says which rows it is to score:
    /// the `dataset.toml` of a log or its folder; files, a glob or a folder of rows of the form that the
    /// model was trained on, `-` for standard input; or, if that was behaviours, another such folder or table
    /// of events.
    ///
    /// # Errors
    /// The model or the schema cannot be read; the rows are of another form than the model's; the file is of
    /// before it said what form that is.
    pub fn open(model: &Path, rows: &Path, on_error: OnError) -> Result<Self> {
        Self::open_with(&Registry::new(), model, rows, on_error)
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`open`](Self::open); the registry does not know the model.
    pub fn open_with(registry: &Registry, model: &Path, rows: &Path, on_error: OnError) -> Result<Self> {
        let (file, form, mut options, said) = read(model)?;
        options.on_error = on_error;
        let (vocabularies, numbers) = (file.vocabularies.clone(), file.numbers.clone());
        let at = if rows == Path::new("-") { Source::Folder(rows.into()) } else { Source::at(rows.into()) };
        let own = match &form {
            Some(DataForm::Schema(text)) => Some(Schema::parse(text, model)?),
            _ => None,
        };
        let data: Dataset = match (at, own, form) {
            (Source::Schema(path), own, _) => {
                let schema = SchemaSource::from(&path).with_overrides(&said)?;
                let log = Impressions::with_vocabularies(schema, vocabularies, numbers, &options)?;
                if own.is_some_and(|own| !own.agrees_with(log.schema())) {
                    let found = "a schema that gives columns or behaviours another meaning than the model's";
                    let expected = "the same `candidate`, `width`, `columns` and `behaviours`";
                    return Err(Error::file(&path, found, expected));
                }
                check_features(&path, log.features(), &file.features)?;
                log.into()
            }
            (_, Some(mut schema), _) => {
                schema.source = files(&schema.source, rows)?;
                let base = Path::new("");
                Impressions::for_model(schema, model, base, vocabularies, numbers, &options)?.into()
            }
            (source, None, Some(_)) => {
                let expected = "a folder or a table of behaviours, as the model was trained on, or a \
                                `dataset.toml` that says what the columns of its rows are";
                if matches!(source, Source::Folder(_)) && !rows.exists() {
                    return Err(Error::file(rows, "no such folder", expected));
                }
                // A run knows what the columns of its events are.
                let source = if model.is_dir() { Run::open(model)?.source_at(rows, true)? } else { source };
                let of = Config { source, data: options.clone(), ..Config::default() };
                let (log, _) =
                    DataSource::log(&of)?.ok_or_else(|| Error::file(rows, "no behaviours", expected))?;
                let data =
                    EncodedLog::with_vocabularies(log, vocabularies, &options).map_err(Error::in_data)?;
                if data.test().is_empty() {
                    let expected = "users to score, in `test_users.txt`, each with a target";
                    return Err(Error::file(rows, "no test user", expected));
                }
                data.into()
            }
            (_, None, None) => {
                let found =
                    "a model that does not say how its rows are read (an earlier `dien train` wrote it)";
                let expected = "the folder of its run, or a `dataset.toml` for the rows";
                return Err(Error::file(model, found, expected));
            }
        };
        Ok(Predictor { scorer: Scorer::from_file(file, registry)?, data })
    }

    /// The columns that tell rows apart where nobody says which: those of behaviours are `user` and `item`;
    /// of a log it is the order alone.
    pub fn default_columns(&self) -> Vec<String> {
        self.data.key_columns()
    }

    /// Writes the probability of a click for each row beside the columns in `keep`, in their order.
    ///
    /// # Errors
    /// As [`Scorer::predict`]; there is no such column.
    pub fn predict(&self, keep: &[String], to: &mut Predictions) -> Result<Predicted> {
        self.scorer.predict(&self.data, keep, to)
    }
}

/// A model, how its rows are read if that is known, and the options of its run, those over its schema too.
fn read(model: &Path) -> Result<(ModelFile, Option<DataForm>, DataOptions, SchemaOverrides)> {
    if model.is_file() {
        let file = ModelFile::load(model)?;
        let form = file.data.clone();
        let options = match &form {
            Some(DataForm::Options(text)) => toml::from_str(text).map_err(|e| {
                Error::file(model, format!("`serving.data.options`: {e}"), "options of `[data]`")
            })?,
            _ => DataOptions::default(),
        };
        return Ok((file, form, options, SchemaOverrides::default()));
    }
    let run = Run::open(model)?;
    let (file, config) = (run.model_file()?, run.config()?);
    let schema = run.folder().join("dataset.toml");
    let form = match &file.data {
        Some(form) => form.clone(),
        None if schema.exists() => DataForm::Schema(Schema::load(&schema)?.to_toml()),
        None => DataForm::Options(String::new()),
    };
    Ok((file, Some(form), config.data, config.schema))
}

/// Files of the form that a model's rows have.
fn files(source: &Files, rows: &Path) -> Result<Files> {
    if source.histories.is_some() {
        let found = "rows that look back on a table of histories";
        return Err(Error::file(rows, found, "a `dataset.toml` whose `[source]` names both"));
    }
    let (is_input, files) = match rows == Path::new("-") {
        true => (true, PathBuf::from("/dev/stdin")),
        false => (false, std::path::absolute(rows).map_err(Error::io(rows, "find"))?),
    };
    let format = source.format.or(is_input.then_some(Format::Csv));
    Ok(Files { files: Some(files.to_string_lossy().into_owned()), format, ..source.clone() })
}

/// That a schema's columns are the features that a model reads, whatever it was trained on.
fn check_features(path: &Path, found: &Features, model: &Features) -> Result<()> {
    fn names(of: &Features) -> [Vec<&str>; 5] {
        let lookups = [&of.behaviours, &of.sparse, &of.multi_hot];
        let [behaviours, sparse, lists] = lookups.map(|of| of.iter().map(|l| l.name.as_str()).collect());
        let dense = of.dense.iter().map(String::as_str).collect();
        [behaviours, sparse, lists, dense, of.extra_sequences.iter().map(String::as_str).collect()]
    }
    let kinds = ["of a candidate", "ids", "lists", "numbers", "extra sequences"];
    for ((kind, found), expected) in kinds.into_iter().zip(names(found)).zip(names(model)) {
        if found != expected {
            let say = |names: Vec<&str>| if names.is_empty() { "none".into() } else { names.join(", ") };
            let found = format!("a schema with other features than the model has, {kind}: {}", say(found));
            return Err(Error::file(path, found, say(expected)));
        }
    }
    Ok(())
}

impl Scorer {
    /// Writes the probability of a click for each row of the data's source, in the rows' order, beside the
    /// columns in `keep`; labels are not read. Of behaviours it is each target of the test users. Memory does
    /// not depend on how many rows there are.
    ///
    /// ```no_run
    /// use dien::data::Predictions;
    /// use dien::prelude::*;
    ///
    /// let run = Run::open("runs/of-a-log")?;
    /// let (data, _warnings) = DataSource::open(&run.config()?, Encoding::Reuse(&run))?;
    /// let mut out = Predictions::create("scores.csv".as_ref(), &[])?;
    /// let done = Scorer::load(&run)?.predict(&data, &[], &mut out)?;
    /// out.finish()?;
    /// println!("{} rows, {} of them without a score", done.rows, done.skipped.rows);
    /// # Ok::<(), dien::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::prediction_batches`]; the data does not fit the model; a score is not finite, or cannot
    /// be written.
    pub fn predict(&self, data: &Dataset, keep: &[String], to: &mut Predictions) -> Result<Predicted> {
        let (mut rows, mut oov) = (0, OovReport::new(self.features()));
        let mut done: Result<()> = Ok(());
        let skipped = data.prediction_batches(keep, |block| {
            rows += block.rows as u64;
            block.batches.iter().for_each(|(batch, _)| oov.add(batch));
            done = self.scores(&block).and_then(|scores| Ok(to.write(&block, &scores)?));
            done.is_ok()
        })?;
        done?;
        Ok(Predicted { rows, skipped, oov })
    }

    fn scores(&self, block: &PredictionBatch) -> Result<Vec<Option<f32>>> {
        let mut scores = vec![None; block.rows];
        for (batch, places) in &block.batches {
            for (&row, score) in places.iter().zip(self.score(batch)?) {
                scores[row as usize] = Some(score);
            }
        }
        Ok(scores)
    }
}
