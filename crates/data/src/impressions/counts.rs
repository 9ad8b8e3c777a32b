//! What the first pass counts of a table's ids, and the vocabulary that it makes of them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use dien_serving::FileError;
use dien_serving::encoding::{IdTypeInference, Vocabulary};

use super::layout::TypeRule;
use crate::error::DataError;
use crate::schema::VocabularySpec;

/// The ids of a table in the rows that train.
pub(super) struct TableCounts {
    spec: VocabularySpec,
    rule: TypeRule,
    /// By the texts that stand in the log: which of them are one id is known when all are.
    counts: HashMap<String, u64>,
    /// Of ids that are not counted.
    inference: IdTypeInference,
}

impl TableCounts {
    pub fn new(spec: VocabularySpec, rule: TypeRule) -> Self {
        TableCounts { spec, rule, counts: HashMap::new(), inference: IdTypeInference::default() }
    }

    /// Adds an id.
    pub fn add(&mut self, token: &str) {
        match &self.spec {
            VocabularySpec::MinCount(_) => match self.counts.get_mut(token) {
                Some(n) => *n += 1,
                None => drop(self.counts.insert(token.into(), 1)),
            },
            VocabularySpec::Hash(_) if self.rule == TypeRule::Inferred => self.inference.observe(token),
            _ => {}
        }
    }

    /// The vocabulary; names of files are relative to `base`.
    ///
    /// # Errors
    /// The file of its ids cannot be read, or has one twice or one of another type.
    pub fn into_vocabulary(self, base: &Path) -> Result<Vocabulary, DataError> {
        let TableCounts { spec, rule, counts, mut inference } = self;
        let typed = |vocabulary: Vocabulary, inferred: IdTypeInference| match rule {
            TypeRule::Untyped => Ok(vocabulary),
            TypeRule::Declared(id_type) | TypeRule::Known(id_type) => vocabulary.with_id_type(id_type),
            TypeRule::Inferred => vocabulary.with_id_type(inferred.id_type()),
        };
        match spec {
            VocabularySpec::MinCount(least) => Ok(match rule {
                TypeRule::Untyped => Vocabulary::from_counts(counts, least),
                TypeRule::Declared(id_type) | TypeRule::Known(id_type) => {
                    Vocabulary::from_typed_counts(id_type, counts, least)
                }
                TypeRule::Inferred => Vocabulary::from_inferred_counts(counts, least),
            }),
            VocabularySpec::Hash(ids) => {
                let ids = u32::try_from(ids).expect("a checked schema's ids fit");
                Ok(typed(Vocabulary::hashed(ids), inference)?)
            }
            VocabularySpec::File(name) => {
                let path = base.join(name);
                let tokens = ids_of_file(&path)?;
                tokens.iter().for_each(|token| inference.observe(token));
                let wrong = |e: dien_serving::Error| {
                    DataError::file(&path, e.to_string(), "ids of one type, each once, one a line")
                };
                typed(Vocabulary::from_tokens(tokens)?, inference).map_err(wrong)
            }
        }
    }
}

/// One id a line.
fn ids_of_file(path: &Path) -> Result<Vec<String>, DataError> {
    let text = fs::read_to_string(path).map_err(DataError::io(path, "read"))?;
    let (mut tokens, mut seen) = (vec![], HashSet::new());
    for (line, token) in (1..).zip(text.lines()) {
        if token.is_empty() || !seen.insert(token) {
            let found = if token.is_empty() {
                "an empty line".to_owned()
            } else {
                format!("`{token}` a second time")
            };
            return Err(FileError::field(path, line, "id", found, "an id of its own").into());
        }
        tokens.push(token.to_string());
    }
    Ok(tokens)
}
