//! A model in one file, with all that serving it takes: parameters, configuration, vocabularies, items.

mod read;
#[cfg(feature = "write")]
mod write;

use std::path::Path;

use dien_model::{Features, ModelConfig};
use dien_tensor::ParamStore;
use serde::{Deserialize, Serialize};

#[cfg(feature = "write")]
pub use write::{Description, stage};

use crate::encoding::{ItemTable, Number, Vocabularies};
use crate::error::{Error, Result};
use crate::tensors;

/// A trained model with all that serving it takes.
#[derive(Debug)]
#[non_exhaustive]
pub struct ModelFile {
    /// The model's options.
    pub model: ModelConfig,
    /// The features that it reads.
    pub features: Features,
    /// How many of the latest events it reads, by group of behaviours.
    pub max_history: Vec<usize>,
    /// One vocabulary per embedding table, in their order.
    pub vocabularies: Vocabularies,
    /// What becomes of numbers.
    pub numbers: Vec<Number>,
    /// `None` if the data has no table of its items, or the run was trained before it was saved with it.
    pub items: Option<ItemTable>,
    /// The parameters, in the model's order.
    pub params: ParamStore<f32>,
}

/// What a file lacks that holds parameters alone, as `dien train` once wrote it.
#[derive(Clone, Debug)]
pub struct Lacking {
    /// The model's options.
    pub model: ModelConfig,
    /// The features that it reads.
    pub features: Features,
    /// How many of the latest events it reads.
    pub max_history: usize,
    /// One vocabulary per embedding table, in their order.
    pub vocabularies: Vocabularies,
}

/// The file's metadata.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Steps that the parameters are from.
    step: u64,
    /// `None` in files that hold parameters alone.
    serving: Option<Serving>,
}

#[derive(Serialize, Deserialize)]
struct Serving {
    model: ModelConfig,
    features: Features,
    max_history: usize,
    /// Of the further groups of behaviours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    further_max_history: Vec<usize>,
    #[serde(default)]
    numbers: Vec<Number>,
}

impl ModelFile {
    /// Reads a file that holds all.
    ///
    /// # Errors
    /// The file cannot be read, is cut off, or is no model.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_or(path, || {
            let found = "parameters without vocabularies (an older `dien train` wrote it)";
            Err(Error::file(path, found, "a model to deploy; the folder of its run has what is missing"))
        })
    }

    /// Reads a file that may hold parameters alone: then `lacking` gives the rest.
    ///
    /// # Errors
    /// As [`load`](Self::load), and those of `lacking`.
    pub fn load_or<E: From<Error>>(
        path: &Path,
        lacking: impl FnOnce() -> Result<Lacking, E>,
    ) -> Result<Self, E> {
        tensors::load(path, |file, note: Note| match note.serving {
            Some(serving) => Ok(read::whole(path, file, serving)?),
            None => Ok(read::parameters(path, file, lacking()?)?),
        })
    }
}
