//! One vocabulary per embedding table.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use dien_model::Features;

use crate::columns::cell;
use crate::error::DataError;
use crate::files;
use crate::log::Log;
use crate::options::DataOptions;
use crate::vocabulary::Vocabulary;

/// The vocabularies of a dataset by name, in the order of its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabularies(Vec<(String, Vocabulary)>);

impl Vocabularies {
    /// Counts the behaviours of the non-test users.
    ///
    /// Every behaviour counts, whatever its rating. A list in a cell counts each of its values.
    ///
    /// # Errors
    /// An option names a column that the log's items do not have.
    pub fn from_log(log: &Log, options: &DataOptions) -> Result<Self, DataError> {
        let mut occurrences = vec![0_u64; log.items().len()];
        for event in log.users().iter().filter(|u| !u.test).flat_map(|u| &u.events) {
            occurrences[event.item as usize] += 1;
        }
        let mut all = Vec::new();
        for (option, names) in [("behaviours", &options.behaviours), ("pooled", &options.pooled)] {
            for name in names {
                let column = column(log, option, name)?;
                let mut counts: HashMap<&str, u64> = HashMap::new();
                for (item, &n) in log.items().iter().zip(&occurrences) {
                    let text = cell(item, column);
                    let mut count = |token| *counts.entry(token).or_default() += n;
                    if option == "pooled" { text.split('|').for_each(count) } else { count(text) }
                }
                all.push((name.clone(), Vocabulary::from_counts(counts, options.min_count)));
            }
        }
        if !options.sparse.is_empty() {
            let training = log.users().iter().filter(|u| !u.test);
            let counts = training.map(|u| (u.id.as_str(), u.events.len() as u64));
            all.push(("user".into(), Vocabulary::from_counts(counts, options.min_count)));
        }
        Ok(Vocabularies(all))
    }

    /// Vocabularies with their names, in the order of a model's tables.
    pub fn from_parts(parts: Vec<(String, Vocabulary)>) -> Self {
        Vocabularies(parts)
    }

    /// Names and vocabularies, in the order of the tables.
    pub fn into_parts(self) -> Vec<(String, Vocabulary)> {
        self.0
    }

    /// Each with the tokens of its namesake in `new` that it does not have yet; see [`Vocabulary::extended`].
    pub fn extended(&self, new: &Vocabularies) -> Self {
        let longer = |(name, old): &(String, Vocabulary)| {
            (name.clone(), new.get(name).map_or_else(|| old.clone(), |new| old.extended(new)))
        };
        Vocabularies(self.0.iter().map(longer).collect())
    }

    /// The names that these options ask for, in order.
    pub fn names(options: &DataOptions) -> impl Iterator<Item = &str> {
        [&options.behaviours, &options.pooled, &options.sparse].into_iter().flatten().map(String::as_str)
    }

    /// The features of a model for data with these vocabularies.
    ///
    /// # Panics
    /// If a vocabulary that the options ask for is not there.
    pub fn features(&self, options: &DataOptions) -> Features {
        crate::dataset::features(self, options)
    }

    /// The vocabulary of this name.
    pub fn get(&self, name: &str) -> Option<&Vocabulary> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Names and vocabularies, in the order of the tables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Vocabulary)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// Writes `NAME.txt` for each into a folder, which is made if need be; those that hash are `NAME.hash`,
    /// which holds their size.
    ///
    /// # Errors
    /// The folder or a file cannot be written, or a column's name is no file name.
    pub fn save(&self, folder: &Path) -> Result<(), DataError> {
        fs::create_dir_all(folder).map_err(DataError::io(folder, "make the folder"))?;
        self.iter().try_for_each(|(name, vocabulary)| match vocabulary.hashed_ids() {
            Some(ids) => files::write_atomic(&path(folder, name, "hash")?, format!("{ids}\n").as_bytes()),
            None => vocabulary.save(&path(folder, name, "txt")?),
        })
    }

    /// Reads the vocabularies that these options ask for.
    ///
    /// # Errors
    /// As [`Vocabulary::load`].
    pub fn load(folder: &Path, options: &DataOptions) -> Result<Self, DataError> {
        Self::load_names(folder, Self::names(options))
    }

    /// Reads the vocabularies of these names.
    ///
    /// # Errors
    /// As [`Vocabulary::load`].
    pub fn load_names<'a>(
        folder: &Path,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, DataError> {
        let load = |name: &'a str| Ok((name.to_string(), load(folder, name)?));
        names.into_iter().map(load).collect::<Result<_, _>>().map(Vocabularies)
    }
}

/// The place of a behaviour or pooled feature's column; none for the item itself.
pub(crate) fn column(log: &Log, option: &'static str, name: &str) -> Result<Option<usize>, DataError> {
    match log.column(name) {
        None if name == "item" => Ok(None),
        Some(column) => Ok(Some(column)),
        None => {
            let known =
                crate::error::quoted(["item"].into_iter().chain(log.columns().iter().map(String::as_str)));
            Err(DataError::option(option, format!("`{name}`"), format!("a column of the items: {known}")))
        }
    }
}

fn load(folder: &Path, name: &str) -> Result<Vocabulary, DataError> {
    let hashed = path(folder, name, "hash")?;
    if !hashed.exists() {
        return Vocabulary::load(&path(folder, name, "txt")?);
    }
    let text = fs::read_to_string(&hashed).map_err(DataError::io(&hashed, "read"))?;
    match text.trim().parse() {
        Ok(ids) if ids > 0 => Ok(Vocabulary::hashed(ids)),
        _ => Err(DataError::file(&hashed, format!("`{}`", text.trim()), "a number of ids, at least 1")),
    }
}

fn path(folder: &Path, name: &str, end: &str) -> Result<PathBuf, DataError> {
    if name.contains(['/', '\\', '\0']) {
        return Err(DataError::log(
            "vocabulary",
            format!("the name `{name}`"),
            "a name without `/` and `\\`",
        ));
    }
    Ok(folder.join(format!("{name}.{end}")))
}
