//! The best model of a run.

use std::path::{Path, PathBuf};

use dien_data::Dataset;
use dien_model::{Calibration, Features, Model, ModelConfig, Registry};
use dien_serving::Ranker;
use dien_serving::encoding::{DenseEncoder, ItemTable, Vocabularies};
use dien_serving::files::Staged;
use dien_serving::model_file::{self, Description, MissingParts, ModelFile};
use dien_serving::params::StoredParams;
use dien_tensor::ParamStore;

use super::Run;
use crate::error::{Error, Result};

impl Run {
    /// The file with the best model: all that a [`Ranker`] needs.
    ///
    /// # Errors
    /// There is none yet.
    pub fn model_path(&self) -> Result<PathBuf> {
        let path = self.path("model.safetensors");
        if !path.exists() && self.path("last.safetensors").exists() {
            let found = "no model yet (training stopped within the first epoch)";
            return Err(Error::file(&self.folder, found, "a finished epoch (`dien train --resume` goes on)"));
        }
        Ok(path)
    }

    /// Whether there is a model yet.
    pub(crate) fn has_model(&self) -> bool {
        self.path("model.safetensors").exists()
    }

    /// Reads the best model; of a run whose file holds parameters alone, since an older version trained it,
    /// the rest comes from the folder.
    ///
    /// # Errors
    /// There is none yet, or a file of the run is missing, cut off, or does not fit the others.
    pub fn model_file(&self) -> Result<ModelFile> {
        ModelFile::load_or(&self.model_path()?, || self.missing_parts())
    }

    /// The vocabularies, and what becomes of numbers, that the best model was trained with. Nothing else of
    /// its file is read.
    ///
    /// # Errors
    /// There is no model yet, or its file is cut off.
    pub fn encoding(&self) -> Result<(Vocabularies, Vec<DenseEncoder>)> {
        ModelFile::load_encoding_or(&self.model_path()?, || self.missing_parts())
    }

    /// The items that the best model's file knows, if there is such a file. Nothing else of it is read.
    pub(crate) fn item_table(&self) -> Result<Option<ItemTable>> {
        let path = self.path("model.safetensors");
        if path.exists() { Ok(ModelFile::load_items(&path)?) } else { Ok(None) }
    }

    fn missing_parts(&self) -> Result<MissingParts> {
        let config = self.config()?;
        let vocabularies = self.vocabularies(config.data.tables())?;
        let (features, max_history) = (config.data.features(&vocabularies), config.data.max_history);
        Ok(MissingParts::new(config.model, features, max_history, vocabularies))
    }

    /// The best model, as the configuration has it; nothing is drawn.
    ///
    /// # Errors
    /// There is none yet, or the file is cut off, or not of this model.
    pub(crate) fn load_model(
        &self,
        registry: &Registry,
        config: &ModelConfig,
        features: &Features,
    ) -> Result<(Box<dyn Model<f32> + Send + Sync>, ParamStore<f32>)> {
        let (stored, _) = StoredParams::open(&self.model_path()?)?;
        Ok(stored.build(registry, config, features)?)
    }

    /// A ranker of the best model. One that an older version trained has no item table, so that events and
    /// candidates must have every feature.
    ///
    /// # Errors
    /// As [`model_file`](Self::model_file).
    pub fn ranker(&self) -> Result<Ranker> {
        self.ranker_with(&Registry::new())
    }

    /// The same of a model that may be one of your own.
    ///
    /// # Errors
    /// As [`model_file`](Self::model_file); the registry does not know the model.
    pub fn ranker_with(&self, registry: &Registry) -> Result<Ranker> {
        Ok(Ranker::with_registry(self.model_file()?, registry)?)
    }
}

/// Writes a model with what serving needs of its configuration and data.
pub(super) fn stage(
    path: &Path,
    params: &ParamStore<f32>,
    step: u64,
    model: &ModelConfig,
    calibration: &Calibration,
    data: &Dataset,
) -> Result<Staged> {
    let (items, request_lists) = (data.item_table(), data.request_lists());
    let form = data.form().map_err(Error::in_data)?;
    let (max_history, repeats) = (data.max_history(), data.repeats());
    let description = Description::new(model, data.features(), &max_history, data.vocabularies())
        .with_numbers(data.numbers())
        .with_items(items.as_ref())
        .with_request_lists(&request_lists)
        .with_repeats(&repeats)
        .with_data(Some(&form))
        .with_calibration(Some(calibration));
    Ok(model_file::stage(path, params, step, &description)?)
}
