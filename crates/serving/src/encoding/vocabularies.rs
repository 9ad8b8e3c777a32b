//! One vocabulary per embedding table.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::id_type::{IdType, canonical};
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

    /// The types of the ids, by the names of the vocabularies that have one.
    pub fn id_types(&self) -> BTreeMap<String, IdType> {
        self.iter().filter_map(|(name, v)| Some((name.to_owned(), v.id_type()?))).collect()
    }

    /// The one text of what `text` says of this name; if there is no vocabulary of it, of an id whose type
    /// nobody knows. Where ids have no types it is `text`.
    pub fn canonical<'a>(&self, name: &str, text: &'a str) -> Cow<'a, str> {
        match self.get(name).map(Vocabulary::id_type) {
            Some(Some(id_type)) => id_type.canonical(text).unwrap_or(text.into()),
            None if self.iter().any(|(_, v)| v.id_type().is_some()) => canonical(text),
            _ => text.into(),
        }
    }

    /// Writes `NAME.txt` for each into a folder, which is made if need be; those that hash are `NAME.hash`,
    /// which holds their size. `types.json` has the types of the ids, if they have any.
    ///
    /// # Errors
    /// The folder or a file cannot be written, or a column's name is no file name.
    #[cfg(feature = "write")]
    pub fn save(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
        let (types, file) = (self.id_types(), folder.join(TYPES));
        if !types.is_empty() {
            let text = serde_json::to_string_pretty(&types).expect("names") + "\n";
            crate::files::write(&file, text.as_bytes())?;
        }
        self.iter().try_for_each(|(name, vocabulary)| match vocabulary.hashed_ids() {
            Some(ids) => crate::files::write(&path(folder, name, "hash")?, format!("{ids}\n").as_bytes()),
            None => vocabulary.save(&path(folder, name, "txt")?),
        })
    }

    /// Reads the vocabularies of these names.
    ///
    /// # Errors
    /// As [`Vocabulary::load`]; `types.json` is broken, or a token is not of its type.
    pub fn load_names<'a>(folder: &Path, names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let types = load_types(&folder.join(TYPES))?;
        let load = |name: &'a str| {
            let vocabulary = load(folder, name)?;
            let typed = match types.get(name) {
                None => vocabulary,
                Some(&id_type) => vocabulary
                    .with_id_type(id_type)
                    .map_err(|e| e.in_file(folder, |place| format!("vocabulary `{name}`: {place}")))?,
            };
            Ok((name.to_string(), typed))
        };
        names.into_iter().map(load).collect::<Result<_>>().map(Vocabularies)
    }
}

/// The file of the types of ids; a folder of before there were types has none.
const TYPES: &str = "types.json";

fn load_types(path: &Path) -> Result<BTreeMap<String, IdType>> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|e| Error::file(path, e.to_string(), "the types of ids that `dien train` wrote")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(Error::io(path, "read")(e)),
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

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;

    #[test]
    fn types_stand_beside_the_tokens_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let items = Vocabulary::from_typed_counts(IdType::Integer, [("7", 1)], 1);
        let hours = Vocabulary::hashed(24).with_id_type(IdType::Integer).unwrap();
        let parts =
            vec![("item".into(), items), ("hour".into(), hours), ("age".into(), Vocabulary::hashed(3))];
        let all = Vocabularies::from_parts(parts);
        let names = ["item", "hour", "age"];
        all.save(folder.path()).unwrap();
        assert_eq!(Vocabularies::load_names(folder.path(), names).unwrap(), all);
        assert_eq!(all.canonical("item", "7.0"), "7");
        assert_eq!(
            (all.canonical("user", " 7.0"), all.canonical("age", " 7.0")),
            ("7".into(), " 7.0".into())
        );
        fs::write(folder.path().join("item.txt"), "7\nx\n").unwrap();
        let message = Vocabularies::load_names(folder.path(), names).unwrap_err().to_string();
        assert!(message.contains("vocabulary `item`: token 2: `x`; expected an integer"), "{message}");
        fs::write(folder.path().join(TYPES), "{\"item\": \"int\"}").unwrap();
        let message = Vocabularies::load_names(folder.path(), names).unwrap_err().to_string();
        assert!(message.contains("types.json: unknown variant `int`"), "{message}");
        fs::remove_file(folder.path().join(TYPES)).unwrap();
        let before = Vocabularies::load_names(folder.path(), names).unwrap();
        assert!(before.id_types().is_empty());
        assert_eq!(before.canonical("user", " 7.0"), " 7.0");
    }
}
