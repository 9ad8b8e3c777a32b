//! Reading a model file.

use std::path::Path;

use dien_model::{Features, Jagged, ModelConfig};
use dien_tensor::{ParamKind, ParamStore};

use super::{Lacking, ModelFile, Serving};
use crate::encoding::{ItemTable, Vocabularies, Vocabulary};
use crate::error::{Error, Result};
use crate::params::{no_foreign, numbers};
use crate::tensors::{Dtype, SafeTensors};

/// A file that holds all.
pub(super) fn whole(path: &Path, file: &SafeTensors<'_>, serving: Serving) -> Result<ModelFile> {
    let Serving { model, features, max_history, further_max_history, numbers } = serving;
    features.validate().map_err(|e| Error::file(path, e.to_string(), "a file that `dien train` wrote"))?;
    model.validate().map_err(|e| {
        let found = format!("option `{}`: {}", e.option, e.found);
        Error::file(path, found, e.expected)
    })?;
    let vocabularies = read_vocabularies(path, file, &features)?;
    let has_items = file.tensor("items.text").is_ok();
    let items = has_items.then(|| read_items(path, file, &features)).transpose()?;
    let max_history = [vec![max_history], further_max_history].concat();
    check_max_history(path, &max_history, &features)?;
    let params = read_params(path, file, &model, &features)?;
    Ok(ModelFile { model, features, max_history, vocabularies, numbers, items, params })
}

/// A file that holds parameters alone.
pub(super) fn parameters(path: &Path, file: &SafeTensors<'_>, lacking: Lacking) -> Result<ModelFile> {
    let Lacking { model, features, max_history, vocabularies } = lacking;
    let max_history = vec![max_history];
    check_max_history(path, &max_history, &features)?;
    let params = read_params(path, file, &model, &features)?;
    Ok(ModelFile { model, features, max_history, vocabularies, numbers: vec![], items: None, params })
}

fn check_max_history(path: &Path, max_history: &[usize], features: &Features) -> Result<()> {
    if max_history.len() != 1 + features.groups.len() {
        let found = format!("`max_history` of {} groups", max_history.len());
        return Err(Error::file(path, found, "one for each group of behaviours"));
    }
    if max_history.contains(&0) {
        return Err(Error::file(path, "`max_history` 0", "at least 1"));
    }
    Ok(())
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
        let data = numbers(path, file, &names, names.name(id), &shape)?;
        let value = ndarray::ArrayD::from_shape_vec(shape, data).expect("checked when read");
        params.add(names.name(id), names.kind(id), value);
    }
    no_foreign(path, file, &params)?;
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

fn in_file(path: &Path, what: &str, error: Error) -> Error {
    Error::file(path, format!("`{what}`: {error}"), "a file that `dien train` wrote")
}
