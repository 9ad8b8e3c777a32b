//! What a ranker knows of tokens and items.

use super::Ranker;
use crate::encoding::{ItemTable, Vocabularies, Vocabulary};
use crate::error::{Error, ErrorKind, Result};

impl Ranker {
    /// The vocabularies, one per embedding table, in their order.
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
    }

    /// The vocabulary of the embedding table of this name, such as `item`.
    pub fn vocabulary(&self, table: &str) -> Option<&Vocabulary> {
        self.vocabularies.get(table)
    }

    /// What the model reads of each item; `None` where its data had no table of its items.
    pub fn item_table(&self) -> Option<&ItemTable> {
        self.items.as_ref()
    }

    /// The id of a token in the embedding table of this name: its row. [`OOV`](dien_model::OOV) (0) is that
    /// of all tokens which the vocabulary does not know.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownField`] if there is no such table.
    pub fn encode(&self, table: &str, token: &str) -> Result<u32> {
        self.vocabulary(table).map(|vocabulary| vocabulary.id(token)).ok_or_else(|| self.no_table(table))
    }

    /// The embedding of a token, `[width]`; that of out of vocabulary if the vocabulary does not know it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and for a model of your own that does not say its
    /// [tables](dien_model::Model::tables).
    pub fn embedding(&self, table: &str, token: &str) -> Result<&[f32]> {
        let id = self.encode(table, token)?;
        let place = self.features().tables.iter().position(|t| t.name == table);
        let place = place.ok_or_else(|| self.no_table(table))?;
        self.serving.embedding(place, id).ok_or_else(|| self.no_table(table))
    }

    fn no_table(&self, table: &str) -> Error {
        let names: Vec<String> = self.vocabularies.iter().map(|(name, _)| format!("`{name}`")).collect();
        let (field, found) = (table.to_owned(), "an unknown embedding table".to_owned());
        let expected = format!("one of {}", names.join(", "));
        Error::Request { kind: ErrorKind::UnknownField, field, found, expected }
    }
}
