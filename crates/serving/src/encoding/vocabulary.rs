//! Tokens and their ids.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use dien_model::OOV;

use super::hash::{hash, hash_integer};
use super::id_type::{IdType, IdTypeInference};
use super::text::utf8;
use super::tokens::Tokens;
use crate::FileError;
use crate::error::{Error, Result};

/// Tokens numbered from 1; [`OOV`] (0) is everything else.
///
/// Frequent tokens come first, ties in the order of the tokens' bytes, so the ids depend on the counts alone.
///
/// With a [type](IdType) of ids, texts that say the same value have the same id: `103` and `103.0` among
/// integers. Without one, as in models of before there were types, only equal texts have.
///
/// ```
/// use dien_serving::encoding::{IdType, Vocabulary};
///
/// let items = Vocabulary::from_typed_counts(IdType::Integer, [("103", 2), ("7", 4), ("103.0", 3)], 1);
/// assert!(items.tokens().eq(["103", "7"]));
/// assert_eq!([" 103", "7.0", "8", "x"].map(|token| items.id(token)), [1, 2, 0, 0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Id n is number n − 1.
    tokens: Tokens,
    /// Ids that hashes share; there are no tokens then.
    hashed: u32,
    id_type: Option<IdType>,
}

impl Vocabulary {
    /// The tokens with a count of at least `min_count` (and at least 1). The empty token means "not known":
    /// it is [`OOV`].
    pub fn from_counts<S: Into<String>>(
        counts: impl IntoIterator<Item = (S, u64)>,
        min_count: usize,
    ) -> Self {
        let least = (min_count as u64).max(1);
        let counts = counts.into_iter().map(|(token, count)| (token.into(), count));
        let mut kept: Vec<(String, u64)> = counts.filter(|(t, n)| *n >= least && !t.is_empty()).collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Vocabulary { tokens: kept.into_iter().map(|(token, _)| token).collect(), ..Vocabulary::default() }
    }

    /// The ids of a type with a count, over all texts that say it, of at least `min_count` (and at least 1).
    /// A text that is not of the type has none.
    pub fn from_typed_counts<S: AsRef<str>>(
        id_type: IdType,
        counts: impl IntoIterator<Item = (S, u64)>,
        min_count: usize,
    ) -> Self {
        let mut all: HashMap<String, u64> = HashMap::new();
        for (text, count) in counts {
            let Some(token) = id_type.canonical(text.as_ref()) else { continue };
            match all.get_mut(&*token) {
                Some(n) => *n += count,
                None => drop(all.insert(token.into_owned(), count)),
            }
        }
        Vocabulary { id_type: Some(id_type), ..Self::from_counts(all, min_count) }
    }

    /// [`from_typed_counts`](Self::from_typed_counts) of the type that the texts with a count are of.
    pub fn from_inferred_counts<S: AsRef<str>>(
        counts: impl IntoIterator<Item = (S, u64)>,
        min_count: usize,
    ) -> Self {
        let (mut inference, mut counted) = (IdTypeInference::default(), vec![]);
        for (text, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            inference.observe(text.as_ref());
            counted.push((text, count));
        }
        Self::from_typed_counts(inference.id_type(), counted, min_count)
    }

    /// These tokens with the ids 1, 2, 3 and so on.
    ///
    /// # Errors
    /// A token is empty, or comes twice.
    pub fn from_tokens<S: AsRef<str>>(tokens: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut all = Tokens::default();
        for (id, token) in (1..).zip(tokens) {
            let token = token.as_ref();
            if token.is_empty() || all.insert(token).is_err() {
                return Err(not_once(id, token));
            }
        }
        Ok(Vocabulary { tokens: all, ..Vocabulary::default() })
    }

    /// [`from_tokens`](Self::from_tokens) of tokens that are known to differ.
    pub(crate) fn from_distinct(tokens: Tokens) -> Result<Self> {
        match tokens.number("") {
            Some(number) => Err(not_once(number as usize + 1, "")),
            None => Ok(Vocabulary { tokens, ..Vocabulary::default() }),
        }
    }

    /// The same with a type of ids: tokens are the texts that the type has for them.
    ///
    /// # Errors
    /// A token is not of the type, or says the id of an earlier one.
    pub fn with_id_type(self, id_type: IdType) -> Result<Self> {
        let is_canonical = |token: &str| id_type.canonical(token).is_some_and(|text| *text == *token);
        if self.tokens.iter().all(is_canonical) {
            return Ok(Vocabulary { id_type: Some(id_type), ..self });
        }
        let mut all = Vocabulary { id_type: Some(id_type), hashed: self.hashed, ..Vocabulary::default() };
        for (id, token) in (1..).zip(self.tokens.iter()) {
            let wrong = |expected: String| {
                Err(Error::encoding(format!("token {id}"), format!("`{token}`"), expected))
            };
            let Some(canonical) = id_type.canonical(token) else {
                return wrong(id_type.expected().into());
            };
            if let Err(first) = all.tokens.insert(&canonical) {
                return wrong(format!("another id than that of token {}, `{canonical}`", first + 1));
            }
        }
        Ok(all)
    }

    /// What its ids are; none in models of before ids had types, whose ids are texts as they are written.
    pub fn id_type(&self) -> Option<IdType> {
        self.id_type
    }

    /// No tokens, but `ids` ids: that of a token is its hash, modulo their number. Different tokens may share
    /// one.
    pub fn hashed(ids: u32) -> Self {
        Vocabulary { hashed: ids, ..Vocabulary::default() }
    }

    /// How many ids hashes share; none if tokens have ids of their own.
    pub fn hashed_ids(&self) -> Option<u32> {
        (self.hashed > 0).then_some(self.hashed)
    }

    /// The tokens, that of id 1 first; none if they are hashed.
    pub fn tokens(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.tokens.iter()
    }

    /// The token's id; [`OOV`] if it has none.
    pub fn id(&self, token: &str) -> u32 {
        match self.id_type {
            None => self.lookup(token),
            Some(id_type) => id_type.canonical(token).map_or(OOV, |token| self.lookup(&token)),
        }
    }

    /// The token's id, and of one that has none the text that tells it from others, else nothing.
    pub fn id_or_text<'a>(&self, token: &'a str) -> (u32, Cow<'a, str>) {
        match (self.id(token), self.id_type) {
            (OOV, Some(id_type)) => (OOV, id_type.canonical(token).unwrap_or(token.trim().into())),
            (OOV, None) => (OOV, token.into()),
            (id, _) => (id, "".into()),
        }
    }

    fn lookup(&self, token: &str) -> u32 {
        if self.hashed > 0 && !token.is_empty() {
            let hash = match self.id_type {
                Some(IdType::Integer) => hash_integer(token.parse().expect("an integer of 38 digits")),
                _ => hash(0, token.as_bytes()),
            };
            return 1 + (hash % u64::from(self.hashed)) as u32;
        }
        self.tokens.number(token).map_or(OOV, |number| number + 1)
    }

    /// The token of an id; none for [`OOV`] and beyond the end.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get((id as usize).checked_sub(1)?)
    }

    /// The same ids for the same tokens, and more for those of `new` that are not among them, if they are of
    /// this one's type; hashes stay as they are.
    pub fn extended(&self, new: &Vocabulary) -> Self {
        let mut all = self.clone();
        if self.hashed == 0 {
            for token in new.tokens.iter() {
                let token = match self.id_type {
                    None => Some(token.into()),
                    Some(id_type) => id_type.canonical(token),
                };
                // One that is there has its id already.
                token.map(|token| all.tokens.insert(&token));
            }
        }
        all
    }

    /// Rows of a table for it: the tokens, or what hashes share, and [`OOV`].
    pub fn rows(&self) -> usize {
        self.tokens.len() + self.hashed as usize + 1
    }

    /// Writes a text file whose line `n` is the token of id `n`; `\\`, `\n`, `\r` stand for those characters.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was before.
    #[cfg(feature = "write")]
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        for token in self.tokens.iter() {
            text.push_str(&token.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r"));
            text.push('\n');
        }
        crate::files::write(path, text.as_bytes())
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// The file cannot be read, is no UTF-8, or holds an empty, malformed or repeated token.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
        let text = utf8(path, &bytes)?;
        let mut vocabulary = Vocabulary::default();
        for (line, raw) in (1..).zip(text.lines()) {
            let wrong = |found: String, expected: &str| {
                Error::from(FileError::field(path, line, "token", found, expected))
            };
            let token = unescape(raw)
                .ok_or_else(|| wrong(format!("`{raw}`"), "`\\` only before `\\`, `n` or `r`"))?;
            if token.is_empty() {
                return Err(wrong("an empty line".into(), "a token"));
            }
            if let Err(first) = vocabulary.tokens.insert(&token) {
                let found = format!("`{raw}`, which is on line {} too", first + 1);
                return Err(wrong(found, "each token once"));
            }
        }
        Ok(vocabulary)
    }
}

/// That a token is empty or came before.
pub(crate) fn not_once(id: usize, token: &str) -> Error {
    let expected = "tokens that are not empty, each once";
    Error::encoding(format!("token {id}"), format!("`{token}`"), expected)
}

fn unescape(raw: &str) -> Option<String> {
    let mut token = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        token.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            c => c,
        });
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_count_then_token_and_drops_the_rare() {
        let vocabulary = Vocabulary::from_counts([("b", 2), ("rare", 1), ("a", 2), ("top", 9), ("", 50)], 2);
        assert_eq!(vocabulary.rows(), 4);
        assert_eq!(["top", "a", "b", "rare", "", "new"].map(|t| vocabulary.id(t)), [1, 2, 3, 0, 0, 0]);
        assert_eq!([0, 1, 3, 4].map(|id| vocabulary.token(id)), [None, Some("top"), Some("b"), None]);
    }

    #[test]
    fn tokens_make_the_vocabulary_again() {
        let vocabulary = Vocabulary::from_counts([("b", 2), ("a", 5)], 1);
        assert_eq!(Vocabulary::from_tokens(vocabulary.tokens()).unwrap(), vocabulary);
        for wrong in [["a", "a"], ["a", ""]] {
            let message = Vocabulary::from_tokens(wrong).unwrap_err().to_string();
            assert!(message.contains("token 2: found"), "{message}");
        }
    }

    #[test]
    fn one_value_is_one_id_whatever_its_text() {
        let counts = [("103", 2), ("7", 4), ("103.0", 3), ("x", 9), ("", 9)];
        let items = Vocabulary::from_typed_counts(IdType::Integer, counts, 3);
        assert!(items.tokens().eq(["103", "7"]), "counts add up");
        assert_eq!(["103", " 103 ", "+1.03e2", "007", "7.0", "x"].map(|t| items.id(t)), [1, 1, 1, 0, 2, 0]);
        let more = Vocabulary::from_typed_counts(IdType::Text, [("8.0", 1), ("7.0", 1), ("y", 1)], 1);
        assert!(items.extended(&more).tokens().eq(["103", "7", "8"]));
        let texts = Vocabulary::from_tokens(["7", "7.0"]).unwrap();
        assert_eq!(["7", "7.0", " 7"].map(|t| texts.id(t)), [1, 2, 0], "without a type, texts as they are");
        let message = texts.with_id_type(IdType::Integer).unwrap_err().to_string();
        assert!(message.contains("token 2: found `7.0`; expected another id than that of token 1, `7`"));
        let message = Vocabulary::from_tokens(["x"]).unwrap().with_id_type(IdType::Date);
        assert!(message.unwrap_err().to_string().contains("found `x`; expected a date"));
    }

    #[test]
    fn integers_are_hashed_as_integers_where_they_have_a_type() {
        let texts = Vocabulary::hashed(1000);
        let integers = Vocabulary::hashed(1000).with_id_type(IdType::Integer).unwrap();
        assert_eq!(texts.id("103"), 1 + (hash(0, b"103") % 1000) as u32);
        assert_eq!(integers.id("103"), 1 + (hash_integer(103) % 1000) as u32);
        assert_ne!(texts.id("103"), texts.id("103.0"));
        assert_eq!(
            ["103.0", " 103", "x", ""].map(|t| integers.id(t)),
            [integers.id("103"), integers.id("103"), 0, 0]
        );
    }

    #[cfg(feature = "write")]
    #[test]
    fn survives_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("item.txt");
        let tokens = ["plain", "two\nlines", "back\\slash", "cr\r", "\\n", "žluť", " space "];
        let vocabulary = Vocabulary::from_counts(tokens.map(|t| (t, 1)), 1);
        vocabulary.save(&path).unwrap();
        assert_eq!(Vocabulary::load(&path).unwrap(), vocabulary);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), tokens.len());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn names_what_is_wrong_with_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("item.txt");
        let message = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            Vocabulary::load(&path).unwrap_err().to_string()
        };
        assert!(
            message(b"a\nb\na\n")
                .ends_with("line 3, `token`: found `a`, which is on line 1 too; expected each token once")
        );
        assert!(message(b"a\n\nb\n").ends_with("line 2, `token`: found an empty line; expected a token"));
        assert!(message(b"a\\x\n").contains("line 1, `token`: found `a\\x`"));
        assert!(message(b"a\nb\xff\n").contains("line 2"));
        fs::remove_file(&path).unwrap();
        assert!(Vocabulary::load(&path).unwrap_err().to_string().contains("item.txt: cannot read"));
    }
}
