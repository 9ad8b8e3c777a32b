//! Reading a model file.

use std::collections::BTreeMap;
use std::path::Path;

use dien_model::{Calibration, EmbeddingFeature, Features, Jagged, ModelConfig, Table};

use super::{MissingParts, ModelFile, Serving};
use crate::encoding::tokens::{NoTokens, Tokens};
use crate::encoding::{DenseEncoder, IdType, ItemTable, Vocabularies, Vocabulary};
use crate::encoding::{item_table, vocabulary};
use crate::error::{Error, Result};
use crate::params::StoredParams;
use crate::tensors::{Dtype, Numbers, Tensor, Tensors};

/// A file that holds all.
pub(super) fn whole(mut file: Tensors, serving: Serving) -> Result<ModelFile> {
    let path = &file.path().to_path_buf();
    serving.model.validate().map_err(|e| Error::option(path, e))?;
    let vocabularies = encoding(&mut file, &serving)?;
    let items = items(&mut file, &serving)?;
    serving.calibration.validate().map_err(|(found, expected)| {
        Error::file(path, format!("`serving.calibration`, {found}"), expected)
    })?;
    let Serving { model, features, max_history, extra_max_history, numbers, .. } = serving;
    let Serving { request_lists, repeats, data, calibration, .. } = serving;
    if let Some(name) = request_lists.iter().find(|&name| features.multi_hot.iter().all(|l| l.name != *name))
    {
        let found = format!("`serving.request_lists`: `{name}`");
        return Err(Error::file(path, found, "features of `features.pooled`"));
    }
    let max_history = [vec![max_history], extra_max_history].concat();
    check_max_history(path, &max_history, &features)?;
    if !repeats.is_empty() && repeats.len() != max_history.len() {
        let found = format!("`serving.repeats`: {} entries", repeats.len());
        let expected = format!("{}, one for each sequence of behaviours", max_history.len());
        return Err(Error::file(path, found, expected));
    }
    let bare = bare(file, model, features, max_history, vocabularies);
    Ok(ModelFile { numbers, items, request_lists, repeats, data, calibration, ..bare })
}

/// The table of the items, if there is one.
pub(super) fn items(file: &mut Tensors, serving: &Serving) -> Result<Option<ItemTable>> {
    if file.get("items.text").is_none() {
        return Ok(None);
    }
    let (path, features) = (file.path().to_path_buf(), &serving.features);
    features.validate().map_err(|e| Error::file(&path, e.to_string(), "a file that `dien train` wrote"))?;
    let items = read_items(file, features)?;
    Ok(Some(match &serving.item_key {
        Some(key) => items.with_key(key),
        None => items,
    }))
}

/// The vocabularies of a file that holds all; its encoders of numbers are checked.
pub(super) fn encoding(file: &mut Tensors, serving: &Serving) -> Result<Vocabularies> {
    let (path, features) = (file.path().to_path_buf(), &serving.features);
    features.validate().map_err(|e| Error::file(&path, e.to_string(), "a file that `dien train` wrote"))?;
    let types = &serving.id_types;
    if let Some(name) = types.keys().find(|&name| features.tables.iter().all(|table| table.name != *name)) {
        let found = format!("`serving.id_types`: the table `{name}`");
        return Err(Error::file(&path, found, "tables of `features.tables`"));
    }
    let vocabularies = read_vocabularies(file, features, types)?;
    check_numbers(&path, &serving.numbers, features)?;
    Ok(vocabularies)
}

/// A file that holds parameters alone.
pub(super) fn parameters(file: Tensors, missing: MissingParts) -> Result<ModelFile> {
    let MissingParts { model, features, max_history, vocabularies } = missing;
    let max_history = vec![max_history];
    check_max_history(file.path(), &max_history, &features)?;
    Ok(bare(file, model, features, max_history, vocabularies))
}

/// What every file has.
fn bare(
    file: Tensors,
    model: ModelConfig,
    features: Features,
    max_history: Vec<usize>,
    vocabularies: Vocabularies,
) -> ModelFile {
    ModelFile {
        model,
        features,
        max_history,
        vocabularies,
        numbers: vec![],
        items: None,
        request_lists: vec![],
        repeats: vec![],
        data: None,
        calibration: Calibration::default(),
        params: StoredParams::new(file),
    }
}

/// That encoders are possible, and no bucket is beyond its feature's table.
fn check_numbers(path: &Path, numbers: &[DenseEncoder], features: &Features) -> Result<()> {
    DenseEncoder::validate_all(path, "serving.numbers", numbers)?;
    for (i, number) in numbers.iter().enumerate() {
        let Some(last) = number.bucket(f64::INFINITY) else { continue };
        let Some(lookup) = features.sparse.iter().find(|l| l.name == number.name) else { continue };
        let table = &features.tables[lookup.table];
        if last as usize >= table.num_embeddings {
            let found = format!("`serving.numbers[{i}].transform.buckets`: bounds for the ids 1 to {last}");
            let expected = format!("ids below the {} rows of `{}`", table.num_embeddings, table.name);
            return Err(Error::file(path, found, expected));
        }
    }
    Ok(())
}

/// That each sequence of behaviours has a window, of at least one event.
fn check_max_history(path: &Path, max_history: &[usize], features: &Features) -> Result<()> {
    let sequences = &features.extra_sequences;
    if max_history.len() != 1 + sequences.len() {
        let found = format!("`serving.further_max_history`: {} entries", max_history.len() - 1);
        let expected = format!("{}, one for each of `features.groups`", sequences.len());
        return Err(Error::file(path, found, expected));
    }
    match max_history.iter().position(|&events| events == 0) {
        None => Ok(()),
        Some(0) => Err(Error::file(path, "`serving.max_history`: 0", "at least 1")),
        Some(i) => {
            let found = format!("`serving.further_max_history[{}]`: 0, for `{}`", i - 1, sequences[i - 1]);
            Err(Error::file(path, found, "at least 1"))
        }
    }
}

fn read_vocabularies(
    file: &mut Tensors,
    features: &Features,
    types: &BTreeMap<String, IdType>,
) -> Result<Vocabularies> {
    let mut parts = vec![];
    for table in &features.tables {
        let path = file.path().to_path_buf();
        let wrong = |e: Error| e.in_file(&path, |place| format!("vocabulary `{}`: {place}", table.name));
        let again = |number, token: &str| wrong(vocabulary::not_once(number + 1, token));
        let tokens = read_texts(file, &format!("vocabulary.{}", table.name), again)?;
        // No tokens, and yet rows: a vocabulary that hashes.
        let vocabulary = match u32::try_from(table.num_embeddings.saturating_sub(1)) {
            Ok(ids) if ids > 0 && tokens.len() == 0 => Vocabulary::hashed(ids),
            _ => Vocabulary::from_distinct(tokens).map_err(wrong)?,
        };
        let vocabulary = match types.get(&table.name) {
            Some(&id_type) => vocabulary.with_id_type(id_type).map_err(wrong)?,
            None => vocabulary,
        };
        if vocabulary.rows() != table.num_embeddings {
            let found = format!("vocabulary `{}` for a table of {} rows", table.name, vocabulary.rows());
            return Err(Error::file(file.path(), found, table.num_embeddings.to_string()));
        }
        parts.push((table.name.clone(), vocabulary));
    }
    Ok(Vocabularies::from_parts(parts))
}

fn read_items(file: &mut Tensors, features: &Features) -> Result<ItemTable> {
    let read_lists = |file: &mut Tensors, lookup: &EmbeddingFeature| -> Result<Jagged> {
        let offsets = read_ids(file, &format!("items.list.{}.offsets", lookup.name), None)?;
        let name = format!("items.list.{}.ids", lookup.name);
        let ids = read_ids(file, &name, Some(&features.tables[lookup.table]))?;
        Ok(Jagged { offsets, ids })
    };
    let (mut behaviours, mut bags, mut lists) = (vec![], vec![], vec![]);
    for (place, lookup) in features.behaviours.iter().enumerate() {
        if lookup.is_bag {
            bags.push((place, read_lists(file, lookup)?));
            continue;
        }
        let name = format!("items.feature.{}", lookup.name);
        behaviours.push(read_ids(file, &name, Some(&features.tables[lookup.table]))?);
    }
    for lookup in &features.multi_hot {
        lists.push(read_lists(file, lookup)?);
    }
    let path = file.path().to_path_buf();
    let wrong = |e: Error| e.in_file(&path, |place| format!("items: {place}"));
    let names = read_texts(file, "items", |before, name| wrong(item_table::again(before, name)))?;
    let items = ItemTable::from_names(names, behaviours, lists).map_err(wrong)?;
    items.with_bags(bags).map_err(wrong)
}

/// Numbers of the tensor `name`; those of a table's ids are below its rows.
fn read_ids(file: &mut Tensors, name: &str, table: Option<&Table>) -> Result<Vec<u32>> {
    let Numbers::U32(ids) = column(file, name, Dtype::U32)? else { unreachable!("of the type asked for") };
    if let Some(table) = table
        && let Some(id) = ids.iter().find(|&&id| id as usize >= table.num_embeddings)
    {
        let (found, rows) = (format!("id {id} in `{name}`"), table.num_embeddings);
        return Err(Error::file(file.path(), found, format!("below the {rows} rows of `{}`", table.name)));
    }
    Ok(ids)
}

/// Texts end to end in `NAME.text`, with where each ends in `NAME.ends`.
fn read_texts(file: &mut Tensors, name: &str, again: impl Fn(usize, &str) -> Error) -> Result<Tokens> {
    let text = column(file, &format!("{name}.text"), Dtype::U8)?;
    let ends = column(file, &format!("{name}.ends"), Dtype::U64)?;
    let (Numbers::U8(text), Numbers::U64(ends)) = (text, ends) else {
        unreachable!("of the types asked for")
    };
    let broken = || Error::file(file.path(), format!("broken text `{name}`"), "UTF-8 with ascending ends");
    Tokens::from_parts(text, ends).map_err(|e| match e {
        NoTokens::Broken => broken(),
        NoTokens::Repeated { number, text } => again(number, &text),
    })
}

/// A tensor of one axis and this type.
fn column(file: &mut Tensors, name: &str, dtype: Dtype) -> Result<Numbers> {
    let expected = format!("{dtype:?}, one number an entry");
    match file.take(name) {
        None => Err(Error::file(file.path(), format!("no tensor `{name}`"), expected)),
        Some(Tensor { shape, numbers }) if numbers.dtype() != dtype || shape.len() != 1 => {
            let found = format!("tensor `{name}` is {:?} {shape:?}", numbers.dtype());
            Err(Error::file(file.path(), found, expected))
        }
        Some(tensor) => Ok(tensor.numbers),
    }
}
