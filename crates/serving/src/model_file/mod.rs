//! A model in one file, with all that serving it takes: parameters, configuration, vocabularies, items.

mod read;
#[cfg(feature = "write")]
mod write;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use dien_model::{Calibration, Features, ModelConfig};
use serde::{Deserialize, Serialize};

#[cfg(feature = "write")]
pub use write::{Description, stage};

use crate::encoding::{DenseEncoder, IdType, ItemTable, Repeats, Vocabularies};
use crate::error::{Error, Result};
use crate::params::StoredParams;
use crate::tensors::{self, OpenFile, Source, Tensors};

/// A trained model with all that serving it takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelFile {
    /// The model's options.
    pub model: ModelConfig,
    /// The features that it reads.
    pub features: Features,
    /// How many of the latest events it reads, by sequence of behaviours.
    pub max_history: Vec<usize>,
    /// One vocabulary per embedding table, in their order.
    pub vocabularies: Vocabularies,
    /// What becomes of numbers.
    pub numbers: Vec<DenseEncoder>,
    /// `None` if the data has no table of its items, or the run was trained before it was saved with it.
    pub items: Option<ItemTable>,
    /// Those of the multi-hot features that are of the user or the moment: a request has them once. The
    /// others are each candidate's.
    pub request_lists: Vec<String>,
    /// What becomes of behaviours that a history has more than once, by sequence; empty where they stay.
    pub repeats: Vec<Repeats>,
    /// How rows are read that the model scores, for whoever reads rows; `None` in files of before format 4.
    pub data: Option<DataForm>,
    /// What becomes of logits; the identity unless it was asked for.
    pub calibration: Calibration,
    /// The parameters, for the [model](Self::model) to take.
    pub params: StoredParams,
}

/// How the rows are read that a model was trained on, as TOML. Serving does not need it: requests have the
/// features by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DataForm {
    /// A log: its schema, the text of `dataset.toml`.
    Schema(String),
    /// A folder of behaviours: the options of how samples are made of it, the section `[data]` of a run's
    /// `config.toml`.
    Options(String),
}

/// What a file lacks that holds parameters alone, as `dien train` once wrote it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MissingParts {
    /// The model's options.
    pub model: ModelConfig,
    /// The features that it reads.
    pub features: Features,
    /// How many of the latest events it reads.
    pub max_history: usize,
    /// One vocabulary per embedding table, in their order.
    pub vocabularies: Vocabularies,
}

impl MissingParts {
    /// A model's options, features and vocabularies, and how many of the latest events it reads.
    pub fn new(
        model: ModelConfig,
        features: Features,
        max_history: usize,
        vocabularies: Vocabularies,
    ) -> Self {
        MissingParts { model, features, max_history, vocabularies }
    }
}

/// The format that this version writes, and the newest that it reads. `docs/model-file.md` specifies it.
///
/// - 0, without a number: options as they were set, others as their defaults were then.
/// - 1: every option that a score depends on is written out; nothing unknown is passed over.
/// - 2: as 1, but `l2_rows` is `embedding_l2`.
/// - 3: as 2, and `id_types` says which texts are one id, and how integers are hashed.
/// - 4: as 3; `item_key` names the field by which items are found, `request_lists` the lists that a request
///   has once, `repeats` what becomes of behaviours that stand twice, `data` says how rows are read, and
///   `calibration` what becomes of logits.
pub const FORMAT: u32 = 4;

/// The file's metadata.
#[derive(Serialize, Deserialize)]
struct Metadata {
    /// The file's [`FORMAT`]; `None` in the first, and in files that hold parameters alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<u32>,
    /// Steps that the parameters are from.
    step: u64,
    /// `None` in files that hold parameters alone.
    serving: Option<Serving>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Serving {
    model: ModelConfig,
    features: Features,
    max_history: usize,
    /// Of the extra sequences of behaviours.
    #[serde(rename = "further_max_history", default, skip_serializing_if = "Vec::is_empty")]
    extra_max_history: Vec<usize>,
    #[serde(default)]
    numbers: Vec<DenseEncoder>,
    /// By table; those of models of before ids had types have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    id_types: BTreeMap<String, IdType>,
    /// The field by which items are found, if it is not `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item_key: Option<String>,
    /// Multi-hot features that are not the candidate's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    request_lists: Vec<String>,
    /// By sequence of behaviours, where they do not all stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repeats: Vec<Repeats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<DataForm>,
    /// What becomes of logits.
    #[serde(default, skip_serializing_if = "Calibration::is_identity")]
    calibration: Calibration,
}

/// The number of the format alone, which any version can read.
#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format: u64,
}

impl ModelFile {
    /// Reads a file that holds all.
    ///
    /// # Errors
    /// The file cannot be read, is cut off, or is no model.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_or(path, || Err(parameters_alone(path)))
    }

    /// Reads a file that may hold parameters alone: then `missing` gives the rest.
    ///
    /// # Errors
    /// As [`load`](Self::load), and those of `missing`.
    pub fn load_or<E: From<Error>>(
        path: &Path,
        missing: impl FnOnce() -> Result<MissingParts, E>,
    ) -> Result<Self, E> {
        Self::from_file(OpenFile::open(path)?, missing)
    }

    /// Reads a file's vocabularies and what becomes of numbers, as [`load_or`](Self::load_or) does, and
    /// passes over all else, its parameters first of all.
    ///
    /// # Errors
    /// As [`load_or`](Self::load_or).
    pub fn load_encoding_or<E: From<Error>>(
        path: &Path,
        missing: impl FnOnce() -> Result<MissingParts, E>,
    ) -> Result<(Vocabularies, Vec<DenseEncoder>), E> {
        let file = OpenFile::skipping(path)?;
        match metadata(&file.metadata)?.serving {
            Some(serving) => {
                let mut file = Tensors::open_where(file, |name| name.starts_with("vocabulary."))?;
                Ok((read::encoding(&mut file, &serving)?, serving.numbers))
            }
            None => Ok((missing()?.vocabularies, vec![])),
        }
    }

    /// Reads a file's table of items alone; `None` if it has none.
    ///
    /// # Errors
    /// The file cannot be read, is cut off, or is no model.
    pub fn load_items(path: &Path) -> Result<Option<ItemTable>> {
        let file = OpenFile::skipping(path)?;
        match metadata(&file.metadata)?.serving {
            Some(serving) => {
                let mut file = Tensors::open_where(file, |name| name.starts_with("items."))?;
                read::items(&mut file, &serving)
            }
            None => Ok(None),
        }
    }

    /// Maps a file that holds all: its parameters stay in the file, and are shared with every process that
    /// maps it. Loading reads each number once, to check it; what is not asked for often need not stay in
    /// memory.
    ///
    /// # Safety
    /// Nothing, in this process or another, changes the file's content or cuts it off while a model of it is
    /// there. `dien` never does that: it writes another file and renames it, and a map goes on with the old
    /// one. `cp` over a file that is mapped, or a sync that writes in place, does.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[cfg(feature = "mmap")]
    #[allow(unsafe_code)]
    pub unsafe fn map(path: &Path) -> Result<Self> {
        // SAFETY: what the caller promises is what is asked for.
        let file = unsafe { OpenFile::map(path)? };
        Self::from_file(file, || Err(parameters_alone(path)))
    }

    /// Reads a file that is in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load); messages call it `model`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::from_reader(bytes)
    }

    /// Reads a file to the end of a reader, such as a response of a store.
    ///
    /// # Errors
    /// As [`load`](Self::load); messages call it `model`.
    pub fn from_reader(reader: impl Read) -> Result<Self> {
        let path = Path::new("model");
        Self::from_file(OpenFile::read(path, reader)?, || Err(parameters_alone(path)))
    }

    fn from_file<E: From<Error>>(
        file: OpenFile<impl Source>,
        missing: impl FnOnce() -> Result<MissingParts, E>,
    ) -> Result<Self, E> {
        // A newer file is said to be one before its tensors are read, whatever they are.
        match metadata(&file.metadata)?.serving {
            Some(serving) => Ok(read::whole(Tensors::from_file(file)?, serving)?),
            None => Ok(read::parameters(Tensors::from_file(file)?, missing()?)?),
        }
    }
}

/// The metadata, if this version can read it.
fn metadata(metadata: &tensors::Metadata) -> Result<Metadata> {
    let path = metadata.path();
    let Format { format } = metadata.parse()?;
    if format > FORMAT.into() {
        let found = format!("a model of format {format}, written by a newer dien");
        let expected = format!("format {FORMAT} or an earlier one; a newer version of this program reads it");
        return Err(Error::file(path, found, expected));
    }
    metadata.parse_or(|wrong| {
        let found = format!("a model of format {format} with {}", unknown(wrong)?);
        // Files without a number are older than any that a newer version writes.
        Some(match format {
            0 => Error::file(path, found, "what `docs/model-file.md` has"),
            _ => Error::file(
                path,
                found,
                "what this version knows; perhaps a newer dien wrote it, and reads it",
            ),
        })
    })
}

/// Which key or value a message of serde's says to be unknown.
fn unknown(message: &str) -> Option<String> {
    [("field", "key"), ("variant", "value")].into_iter().find_map(|(theirs, ours)| {
        let (name, _) = message.strip_prefix(&format!("unknown {theirs} `"))?.split_once('`')?;
        Some(format!("the unknown {ours} `{name}`"))
    })
}

fn parameters_alone(path: &Path) -> Error {
    let found = "parameters without vocabularies (an older `dien train` wrote it)";
    Error::file(path, found, "a model to deploy; the folder of its run has what is missing")
}
