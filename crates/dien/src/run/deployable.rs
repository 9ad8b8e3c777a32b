//! A model in one file, with all that serving it takes: parameters, configuration, vocabularies, items.

use std::path::Path;

use dien_data::{Data, ItemTable, Number, Vocabularies, Vocabulary};
use dien_model::{Features, Jagged, ModelConfig};
use dien_tensor::{ParamKind, ParamStore};
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::atomic::Staged;
use super::tensors::{self, Tensor};
use super::{Run, params};
use crate::error::{Error, Result};

/// What serving needs of a trained model.
pub(crate) struct Deployable {
    pub model: ModelConfig,
    pub features: Features,
    /// By group of behaviours.
    pub max_history: Vec<usize>,
    pub vocabularies: Vocabularies,
    /// What becomes of numbers.
    pub numbers: Vec<Number>,
    /// `None` if the data has no table of its items, or the run was trained before it was saved with it.
    pub items: Option<ItemTable>,
    pub params: ParamStore<f32>,
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

/// Tensors whose names start so are no parameters.
const RESERVED: [&str; 2] = ["vocabulary.", "items."];

/// Whether a tensor is not a parameter, but belongs to serving.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

pub(super) fn stage(
    path: &Path,
    params: &ParamStore<f32>,
    step: u64,
    model: &ModelConfig,
    dataset: &Data,
) -> Result<Staged> {
    let max_history = dataset.max_history();
    let serving = Serving {
        model: model.clone(),
        features: dataset.features().clone(),
        max_history: max_history[0],
        further_max_history: max_history[1..].to_vec(),
        numbers: dataset.numbers().to_vec(),
    };
    let (mut heads, mut bodies) = (vec![], vec![]);
    for id in params.ids() {
        heads.push((params.name(id).to_owned(), params.shape(id).to_vec()));
        bodies.push((Dtype::F32, tensors::f32_bytes(params.data(id))));
    }
    let mut add = |name: String, dtype: Dtype, len: usize, data: Vec<u8>| {
        heads.push((name, vec![len]));
        bodies.push((dtype, data));
    };
    let mut texts = |name: &str, texts: &mut dyn Iterator<Item = &str>| {
        let (mut bytes, mut ends) = (vec![], vec![]);
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            ends.extend((bytes.len() as u64).to_le_bytes());
        }
        add(format!("{name}.text"), Dtype::U8, bytes.len(), bytes);
        add(format!("{name}.ends"), Dtype::U64, ends.len() / 8, ends);
    };
    for (name, vocabulary) in dataset.vocabularies().iter() {
        texts(&format!("vocabulary.{name}"), &mut vocabulary.tokens().iter().map(String::as_str));
    }
    let items = dataset.item_table();
    if let Some(items) = &items {
        texts("items", &mut items.names().into_iter());
    }
    let mut ids = |name: String, ids: &[u32]| {
        add(name, Dtype::U32, ids.len(), ids.iter().flat_map(|id| id.to_le_bytes()).collect());
    };
    if let Some(items) = &items {
        for (lookup, column) in serving.features.behaviours.iter().zip(items.behaviours()) {
            ids(format!("items.feature.{}", lookup.name), column);
        }
        for (lookup, lists) in serving.features.pooled.iter().zip(items.lists()) {
            ids(format!("items.list.{}.offsets", lookup.name), &lists.offsets);
            ids(format!("items.list.{}.ids", lookup.name), &lists.ids);
        }
    }
    let tensors = heads
        .iter()
        .zip(bodies)
        .map(|((name, shape), (dtype, data))| (name.as_str(), Tensor { dtype, shape, data }));
    tensors::stage(path, tensors.collect(), &Note { step, serving: Some(serving) })
}

/// Reads a file that holds all.
pub(crate) fn load(path: &Path) -> Result<Deployable> {
    load_or(path, || {
        let found = "parameters without vocabularies (an older `dien train` wrote it)";
        Err(Error::file(path, found, "a model to deploy; the folder of its run has what is missing"))
    })
}

/// Reads a run's model; of a run whose file holds parameters alone, the rest comes from the folder.
pub(crate) fn load_run(run: &Run) -> Result<Deployable> {
    let path = run.model_path()?;
    load_or(&path, || {
        let config = run.config()?;
        let vocabularies = run.vocabularies(Vocabularies::names(&config.data))?;
        let (features, max_history) = (vocabularies.features(&config.data), config.data.max_history);
        let (model, further_max_history) = (config.model, vec![]);
        let serving = Serving { model, features, max_history, further_max_history, numbers: vec![] };
        Ok((serving, vocabularies))
    })
}

fn load_or(path: &Path, other: impl FnOnce() -> Result<(Serving, Vocabularies)>) -> Result<Deployable> {
    tensors::load(path, |file, note: Note| {
        let (serving, vocabularies, items) = match note.serving {
            Some(serving) => {
                serving
                    .features
                    .validate()
                    .map_err(|e| Error::file(path, e.to_string(), "a file that `dien train` wrote"))?;
                serving.model.validate().map_err(|e| {
                    let found = format!("option `{}`: {}", e.option, e.found);
                    Error::file(path, found, e.expected)
                })?;
                let vocabularies = read_vocabularies(path, file, &serving.features)?;
                let has_items = file.tensor("items.text").is_ok();
                let items = has_items.then(|| read_items(path, file, &serving.features)).transpose()?;
                (serving, vocabularies, items)
            }
            None => {
                let (serving, vocabularies) = other()?;
                (serving, vocabularies, None)
            }
        };
        let Serving { model, features, max_history, further_max_history, numbers } = serving;
        let max_history = [vec![max_history], further_max_history].concat();
        if max_history.len() != 1 + features.groups.len() {
            let found = format!("`max_history` of {} groups", max_history.len());
            return Err(Error::file(path, found, "one for each group of behaviours"));
        }
        if max_history.contains(&0) {
            return Err(Error::file(path, "`max_history` 0", "at least 1"));
        }
        let params = read_params(path, file, &model, &features)?;
        Ok(Deployable { model, features, max_history, vocabularies, numbers, items, params })
    })
}

/// The model's parameters, without drawing initial values for tables that may be large.
fn read_params(
    path: &Path,
    file: &SafeTensors<'_>,
    model: &ModelConfig,
    features: &Features,
) -> Result<ParamStore<f32>> {
    let mut small = features.clone();
    small.tables.iter_mut().for_each(|t| t.rows = t.rows.min(1));
    let mut names = ParamStore::<f32>::new();
    dien_model::build(model, &small, &mut names, 0)?;
    let mut params = ParamStore::new();
    // The tables come first, in their order.
    let mut tables = features.tables.iter();
    for id in names.ids() {
        let mut shape = names.shape(id).to_vec();
        if names.kind(id) == ParamKind::Rows
            && let Some(table) = tables.next()
        {
            shape[0] = table.rows;
        }
        let data = params::numbers(path, file, &names, names.name(id), &shape)?;
        let value = ndarray::ArrayD::from_shape_vec(shape, data).expect("checked when read");
        params.add(names.name(id), names.kind(id), value);
    }
    params::no_foreign(path, file, &params)?;
    Ok(params)
}

fn read_vocabularies(path: &Path, file: &SafeTensors<'_>, features: &Features) -> Result<Vocabularies> {
    let read = |table: &dien_model::Table| {
        let tokens = read_texts(path, file, &format!("vocabulary.{}", table.name))?;
        // No tokens, and yet rows: a vocabulary that hashes.
        let vocabulary = match u32::try_from(table.rows - 1) {
            Ok(ids) if ids > 0 && tokens.is_empty() => Vocabulary::hashed(ids),
            _ => Vocabulary::from_tokens(tokens).map_err(|e| in_file(path, &table.name, e))?,
        };
        if vocabulary.rows() != table.rows {
            let found = format!("vocabulary `{}` for a table of {} rows", table.name, vocabulary.rows());
            return Err(Error::file(path, found, table.rows.to_string()));
        }
        Ok((table.name.clone(), vocabulary))
    };
    features.tables.iter().map(read).collect::<Result<_>>().map(Vocabularies::from_parts)
}

fn read_items(path: &Path, file: &SafeTensors<'_>, features: &Features) -> Result<ItemTable> {
    let ids = |name: String, table: Option<usize>| -> Result<Vec<u32>> {
        let bytes = bytes(path, file, &name, Dtype::U32)?;
        let ids: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|&b| u32::from_le_bytes(b)).collect();
        if let Some(table) = table.map(|t| &features.tables[t])
            && let Some(id) = ids.iter().find(|&&id| id as usize >= table.rows)
        {
            let found = format!("id {id} in `{name}`");
            return Err(Error::file(
                path,
                found,
                format!("below the {} rows of `{}`", table.rows, table.name),
            ));
        }
        Ok(ids)
    };
    let feature = |l: &dien_model::Lookup| ids(format!("items.feature.{}", l.name), Some(l.table));
    let list = |l: &dien_model::Lookup| {
        Ok(Jagged {
            offsets: ids(format!("items.list.{}.offsets", l.name), None)?,
            ids: ids(format!("items.list.{}.ids", l.name), Some(l.table))?,
        })
    };
    let behaviours = features.behaviours.iter().map(feature).collect::<Result<_>>()?;
    let pooled = features.pooled.iter().map(list).collect::<Result<_>>()?;
    let names = read_texts(path, file, "items")?;
    ItemTable::new(names, behaviours, pooled).map_err(|e| in_file(path, "items", e))
}

fn read_texts(path: &Path, file: &SafeTensors<'_>, name: &str) -> Result<Vec<String>> {
    let text = bytes(path, file, &format!("{name}.text"), Dtype::U8)?;
    let ends = bytes(path, file, &format!("{name}.ends"), Dtype::U64)?;
    let mut start = 0;
    let slice = |end: &[u8; 8]| {
        let end = usize::try_from(u64::from_le_bytes(*end)).ok()?;
        let text = text.get(start..end)?;
        start = end;
        std::str::from_utf8(text).ok().map(str::to_owned)
    };
    let texts: Option<Vec<String>> = ends.as_chunks::<8>().0.iter().map(slice).collect();
    texts.ok_or_else(|| Error::file(path, format!("broken text `{name}`"), "UTF-8 with ascending ends"))
}

fn bytes<'a>(path: &Path, file: &SafeTensors<'a>, name: &str, dtype: Dtype) -> Result<&'a [u8]> {
    let expected = format!("{dtype:?}, one number an entry");
    let tensor =
        file.tensor(name).map_err(|_| Error::file(path, format!("no tensor `{name}`"), expected.clone()))?;
    if tensor.dtype() != dtype || tensor.shape().len() != 1 {
        let found = format!("tensor `{name}` is {:?} {:?}", tensor.dtype(), tensor.shape());
        return Err(Error::file(path, found, expected));
    }
    Ok(tensor.data())
}

fn in_file(path: &Path, what: &str, error: dien_data::DataError) -> Error {
    Error::file(path, format!("`{what}`: {error}"), "a file that `dien train` wrote")
}
