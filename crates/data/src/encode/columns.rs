//! The feature ids of every item and user, so that no batch looks up a string.

use std::collections::HashMap;

use dien_model::Jagged;
use dien_serving::encoding::{Vocabularies, Vocabulary};

use crate::behaviours::log::{Log, cell, column};
use crate::error::DataError;
use crate::sample::options::DataOptions;

/// Ids by feature, then by item or user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub behaviours: Vec<Vec<u32>>,
    pub multi_hot: Vec<Jagged>,
    pub sparse: Vec<Vec<u32>>,
    /// Items of one class look the same to the model: they agree in every behaviour feature.
    pub class: Vec<u32>,
}

impl Columns {
    pub fn new(log: &Log, vocabularies: &Vocabularies, options: &DataOptions) -> Result<Self, DataError> {
        let find = |name: &str| -> Result<&Vocabulary, DataError> {
            vocabularies.get(name).ok_or_else(|| {
                let known = crate::error::quoted(vocabularies.iter().map(|(n, _)| n));
                DataError::log("vocabularies", known, format!("`{name}` among them"))
            })
        };
        let mut columns = Columns::default();
        for name in &options.behaviours {
            let (column, vocabulary) = (column(log, "behaviours", name)?, find(name)?);
            columns.behaviours.push(log.items().iter().map(|i| vocabulary.id(cell(i, column))).collect());
        }
        for name in &options.pooled {
            let (column, vocabulary) = (column(log, "pooled", name)?, find(name)?);
            let mut lists = Jagged { offsets: vec![0], ids: vec![] };
            for item in log.items() {
                lists.ids.extend(log.values(cell(item, column)).map(|token| vocabulary.id(token)));
                lists.offsets.push(lists.ids.len() as u32);
            }
            columns.multi_hot.push(lists);
        }
        for name in &options.sparse {
            let vocabulary = find(name)?;
            columns.sparse.push(log.users().iter().map(|u| vocabulary.id(&u.id)).collect());
        }
        columns.class = classes(&columns.behaviours, log.items().len());
        Ok(columns)
    }
}

fn classes(behaviours: &[Vec<u32>], items: usize) -> Vec<u32> {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::with_capacity(items);
    let class = |item: usize| {
        let next = known.len() as u32;
        *known.entry(behaviours.iter().map(|ids| ids[item]).collect()).or_insert(next)
    };
    (0..items).map(class).collect()
}
