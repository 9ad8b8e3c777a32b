//! One vocabulary per embedding table.

use std::fs;
use std::path::{Path, PathBuf};

use super::vocabulary::Vocabulary;
use crate::error::{Error, Result};

/// The vocabularies of a dataset by name, in the order of its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabularies(Vec<(String, Vocabulary)>);

impl Vocabularies {
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

    /// The vocabulary of this name.
    pub fn get(&self, name: &str) -> Option<&Vocabulary> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// That of the table of this number; there must be one.
    pub(crate) fn at(&self, table: usize) -> &Vocabulary {
        &self.0[table].1
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
    #[cfg(feature = "write")]
    pub fn save(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
        self.iter().try_for_each(|(name, vocabulary)| match vocabulary.hashed_ids() {
            Some(ids) => crate::files::write(&path(folder, name, "hash")?, format!("{ids}\n").as_bytes()),
            None => vocabulary.save(&path(folder, name, "txt")?),
        })
    }

    /// Reads the vocabularies of these names.
    ///
    /// # Errors
    /// As [`Vocabulary::load`].
    pub fn load_names<'a>(folder: &Path, names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let load = |name: &'a str| Ok((name.to_string(), load(folder, name)?));
        names.into_iter().map(load).collect::<Result<_>>().map(Vocabularies)
    }
}

fn load(folder: &Path, name: &str) -> Result<Vocabulary> {
    let hashed = path(folder, name, "hash")?;
    if !hashed.exists() {
        return Vocabulary::load(&path(folder, name, "txt")?);
    }
    let text = fs::read_to_string(&hashed).map_err(Error::io(&hashed, "read"))?;
    match text.trim().parse() {
        Ok(ids) if ids > 0 => Ok(Vocabulary::hashed(ids)),
        _ => Err(Error::file(&hashed, format!("`{}`", text.trim()), "a number of ids, at least 1")),
    }
}

fn path(folder: &Path, name: &str, end: &str) -> Result<PathBuf> {
    if name.contains(['/', '\\', '\0']) {
        return Err(Error::encoding(
            "vocabulary",
            format!("the name `{name}`"),
            "a name without `/` and `\\`",
        ));
    }
    Ok(folder.join(format!("{name}.{end}")))
}
