//! Writing a model file.

use std::borrow::Cow;
use std::path::Path;

use dien_model::{Calibration, Features, ModelConfig};
use dien_tensor::ParamStore;

use super::{DataForm, FORMAT, Metadata, Serving};
use crate::encoding::item_table::ITEM;
use crate::encoding::{DenseEncoder, ItemTable, Repeats, Vocabularies};
use crate::error::Result;
use crate::files::Staged;
use crate::tensors::{self, Dtype, Output};

/// What a model file says beside the parameters.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Description<'a> {
    /// The model's options.
    pub model: &'a ModelConfig,
    /// The features that it reads.
    pub features: &'a Features,
    /// How many of the latest events it reads, by sequence of behaviours; at least one.
    pub max_history: &'a [usize],
    /// One vocabulary per embedding table, in their order.
    pub vocabularies: &'a Vocabularies,
    /// What becomes of numbers.
    pub numbers: &'a [DenseEncoder],
    /// What the model reads of each item, where it is known.
    pub items: Option<&'a ItemTable>,
    /// Which multi-hot features a request has once.
    pub request_lists: &'a [String],
    /// What becomes of behaviours that a history has more than once, by sequence.
    pub repeats: &'a [Repeats],
    /// How rows are read, where that is known.
    pub data: Option<&'a DataForm>,
    /// What becomes of logits, if they do not stay what they are.
    pub calibration: Option<&'a Calibration>,
}

impl<'a> Description<'a> {
    /// A model without numbers or a table of its items.
    pub fn new(
        model: &'a ModelConfig,
        features: &'a Features,
        max_history: &'a [usize],
        vocabularies: &'a Vocabularies,
    ) -> Self {
        Description {
            model,
            features,
            max_history,
            vocabularies,
            numbers: &[],
            items: None,
            request_lists: &[],
            repeats: &[],
            data: None,
            calibration: None,
        }
    }

    /// The same with what becomes of numbers.
    #[must_use]
    pub fn with_numbers(self, numbers: &'a [DenseEncoder]) -> Self {
        Description { numbers, ..self }
    }

    /// The same with what the model reads of each item.
    #[must_use]
    pub fn with_items(self, items: Option<&'a ItemTable>) -> Self {
        Description { items, ..self }
    }

    /// The same with the names of the multi-hot features that a request has once.
    #[must_use]
    pub fn with_request_lists(self, request_lists: &'a [String]) -> Self {
        Description { request_lists, ..self }
    }

    /// The same with what becomes of behaviours that a history has more than once, by sequence.
    #[must_use]
    pub fn with_repeats(self, repeats: &'a [Repeats]) -> Self {
        Description { repeats, ..self }
    }

    /// The same with how rows are read.
    #[must_use]
    pub fn with_data(self, data: Option<&'a DataForm>) -> Self {
        Description { data, ..self }
    }

    /// The same with what becomes of logits.
    #[must_use]
    pub fn with_calibration(self, calibration: Option<&'a Calibration>) -> Self {
        Description { calibration, ..self }
    }
}

/// Writes a model beside the path.
///
/// # Errors
/// The file cannot be written.
///
/// # Panics
/// If there is no `max_history`.
pub fn stage<'a>(
    path: &Path,
    params: &'a ParamStore<f32>,
    step: u64,
    description: &Description<'a>,
) -> Result<Staged> {
    let &Description { model, features, max_history, vocabularies, numbers, items, .. } = description;
    let stay = description.repeats.iter().all(|repeats| *repeats == Repeats::Keep);
    let repeats = if stay { &[][..] } else { description.repeats };
    let serving = Serving {
        model: model.resolved(),
        features: features.clone(),
        max_history: max_history[0],
        extra_max_history: max_history[1..].to_vec(),
        numbers: numbers.to_vec(),
        id_types: vocabularies.id_types(),
        item_key: items.map(|items| items.key().to_owned()).filter(|key| key != ITEM),
        request_lists: description.request_lists.to_vec(),
        repeats: repeats.to_vec(),
        data: description.data.cloned(),
        calibration: description.calibration.cloned().unwrap_or_default(),
    };
    let (mut heads, mut bodies) = (vec![], vec![]);
    for id in params.ids() {
        heads.push((params.name(id).to_owned(), params.shape(id).to_vec()));
        bodies.push((Dtype::F32, tensors::le_bytes(params.data(id))));
    }
    let mut add = |name: String, dtype: Dtype, len: usize, data: Cow<'a, [u8]>| {
        heads.push((name, vec![len]));
        bodies.push((dtype, data));
    };
    let mut texts = |name: &str, texts: &mut dyn Iterator<Item = &str>| {
        let (mut bytes, mut ends) = (vec![], vec![]);
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            ends.extend((bytes.len() as u64).to_le_bytes());
        }
        add(format!("{name}.text"), Dtype::U8, bytes.len(), bytes.into());
        add(format!("{name}.ends"), Dtype::U64, ends.len() / 8, ends.into());
    };
    for (name, vocabulary) in vocabularies.iter() {
        texts(&format!("vocabulary.{name}"), &mut vocabulary.tokens());
    }
    if let Some(items) = items {
        texts("items", &mut items.names());
    }
    let mut ids = |name: String, ids: &'a [u32]| add(name, Dtype::U32, ids.len(), tensors::le_bytes(ids));
    if let Some(items) = items {
        for (lookup, column) in features.behaviours.iter().zip(items.behaviours()).filter(|(l, _)| !l.is_bag)
        {
            ids(format!("items.feature.{}", lookup.name), column);
        }
        let bags = features.bags().zip(items.bags().iter().map(|(_, lists)| lists));
        for (lookup, lists) in features.multi_hot.iter().zip(items.lists()).chain(bags) {
            ids(format!("items.list.{}.offsets", lookup.name), &lists.offsets);
            ids(format!("items.list.{}.ids", lookup.name), &lists.ids);
        }
    }
    let tensors = heads
        .iter()
        .zip(bodies)
        .map(|((name, shape), (dtype, data))| (name.as_str(), Output { dtype, shape, data }));
    tensors::stage(path, tensors.collect(), &Metadata { format: Some(FORMAT), step, serving: Some(serving) })
}
