//! The vocabularies of a behaviour log.

use std::collections::HashMap;

use dien_serving::encoding::{Vocabularies, Vocabulary};

use crate::behaviours::log::{Log, cell, column};
use crate::error::DataError;
use crate::sample::options::DataOptions;

impl Log {
    /// One vocabulary per embedding table: counts the behaviours of the non-test users.
    ///
    /// Every behaviour counts, whatever its rating. A list in a cell counts each of its values. What the ids
    /// are, integers say, the cells tell that count.
    ///
    /// # Errors
    /// An option names a column that the log's items do not have.
    pub fn vocabularies(&self, options: &DataOptions) -> Result<Vocabularies, DataError> {
        self.vocabularies_like(None, options)
    }

    /// The same, with ids of the types that a model's have, if it is one of after ids had types.
    pub(crate) fn vocabularies_like(
        &self,
        model: Option<&Vocabularies>,
        options: &DataOptions,
    ) -> Result<Vocabularies, DataError> {
        let vocabulary = |name: &str, counts: HashMap<&str, u64>| {
            let before = model.and_then(|model| model.get(name));
            match before.map(Vocabulary::id_type) {
                None => Vocabulary::from_inferred_counts(counts, options.min_count),
                Some(None) => Vocabulary::from_counts(counts, options.min_count),
                Some(Some(id_type)) => Vocabulary::from_typed_counts(id_type, counts, options.min_count),
            }
        };
        let mut occurrences = vec![0_u64; self.items().len()];
        for event in self.users().iter().filter(|u| !u.test).flat_map(|u| &u.events) {
            occurrences[event.item as usize] += 1;
        }
        let mut all = Vec::new();
        for (option, names) in [("behaviours", &options.behaviours), ("pooled", &options.pooled)] {
            for name in names {
                let column = column(self, option, name)?;
                let mut counts: HashMap<&str, u64> = HashMap::new();
                for (item, &n) in self.items().iter().zip(&occurrences) {
                    let text = cell(item, column);
                    let mut count = |token| *counts.entry(token).or_default() += n;
                    if option == "pooled" { self.values(text).for_each(count) } else { count(text) }
                }
                all.push((name.clone(), vocabulary(name, counts)));
            }
        }
        if !options.sparse.is_empty() {
            let training = self.users().iter().filter(|u| !u.test);
            let counts = training.map(|u| (u.id.as_str(), u.events.len() as u64)).collect();
            all.push(("user".into(), vocabulary("user", counts)));
        }
        Ok(Vocabularies::from_parts(all))
    }
}
