//! What the first pass counts of a table's ids, and the vocabulary that it makes of them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use dien_serving::FileError;
use dien_serving::encoding::{IdTypeInference, Vocabulary, canonical};

use super::fit_report::Share;
use super::layout::{Layout, TypeRule};
use crate::error::DataError;
use crate::schema::{Schema, VocabularySpec};

/// How often an id comes.
#[derive(Clone, Copy, Debug, Default)]
struct Occurrences {
    /// In histories.
    histories: u64,
    /// Elsewhere, first of all in candidates.
    others: u64,
}

/// The ids of a table in the rows that train.
pub(crate) struct TableCounts {
    spec: VocabularySpec,
    rule: TypeRule,
    /// By the texts that stand in the log: which of them are one id is known when all are.
    counts: HashMap<String, Occurrences>,
    /// Of ids that are not counted.
    inference: IdTypeInference,
}

impl TableCounts {
    fn new(spec: VocabularySpec, rule: TypeRule) -> Self {
        TableCounts { spec, rule, counts: HashMap::new(), inference: IdTypeInference::default() }
    }

    /// Those of each table, of which nothing is counted yet.
    pub fn of(schema: &Schema, layout: &Layout) -> Vec<Self> {
        let table = |(table, &rule)| TableCounts::new(layout.rule(schema, table), rule);
        layout.type_rules().iter().enumerate().map(table).collect()
    }

    /// Adds an id that comes `times` times, in histories or elsewhere.
    pub fn add(&mut self, token: &str, times: u64, is_history: bool) {
        match &self.spec {
            VocabularySpec::MinCount(_) => {
                let add = |to: &mut Occurrences| match is_history {
                    true => to.histories += times,
                    false => to.others += times,
                };
                match self.counts.get_mut(token) {
                    Some(to) => add(to),
                    None => add(self.counts.entry(token.into()).or_default()),
                }
            }
            VocabularySpec::Hash(_) if self.rule == TypeRule::Inferred => self.inference.observe(token),
            _ => {}
        }
    }

    /// How many texts were counted.
    pub fn distinct(&self) -> u64 {
        self.counts.len() as u64
    }

    /// Whether an id is counted outside histories, however it is written.
    pub fn is_candidate(&self, token: &str) -> bool {
        let id = canonical(token);
        self.counts.iter().any(|(other, n)| n.others > 0 && canonical(other) == id)
    }

    /// The ids of histories, and which of them are those of a candidate, too, if both are counted.
    pub fn histories(&self, vocabulary: &Vocabulary) -> Option<Share> {
        let of: u64 = self.counts.values().map(|n| n.histories).sum();
        if of == 0 || self.counts.values().all(|n| n.others == 0) {
            return None;
        }
        let mut is_candidate = vec![false; vocabulary.rows()];
        for (token, _) in self.counts.iter().filter(|(_, n)| n.others > 0) {
            is_candidate[vocabulary.id(token) as usize] = true;
        }
        let so = |(token, n): (&String, &Occurrences)| match is_candidate[vocabulary.id(token) as usize] {
            true => n.histories,
            false => 0,
        };
        Some(Share { of, so: self.counts.iter().map(so).sum() })
    }

    /// The vocabulary; names of files are relative to `base`.
    ///
    /// # Errors
    /// The file of its ids cannot be read, or has one twice or one of another type.
    pub fn vocabulary(&self, base: &Path) -> Result<Vocabulary, DataError> {
        let TableCounts { spec, rule, counts, inference } = self;
        let (rule, mut inference) = (*rule, *inference);
        let counts = counts.iter().map(|(token, n)| (token, n.histories + n.others));
        let typed = |vocabulary: Vocabulary, inferred: IdTypeInference| match rule {
            TypeRule::Untyped => Ok(vocabulary),
            TypeRule::Declared(id_type) | TypeRule::Known(id_type) => vocabulary.with_id_type(id_type),
            TypeRule::Inferred => vocabulary.with_id_type(inferred.id_type()),
        };
        match spec {
            VocabularySpec::MinCount(least) => Ok(match rule {
                TypeRule::Untyped => Vocabulary::from_counts(counts, *least),
                TypeRule::Declared(id_type) | TypeRule::Known(id_type) => {
                    Vocabulary::from_typed_counts(id_type, counts, *least)
                }
                TypeRule::Inferred => Vocabulary::from_inferred_counts(counts, *least),
            }),
            VocabularySpec::Hash(ids) => {
                let ids = u32::try_from(*ids).expect("a checked schema's ids fit");
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
